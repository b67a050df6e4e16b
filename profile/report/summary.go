package report

import (
	"fmt"
	"io"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Summary is what a net costs, computed from its shapes without running it.
type Summary struct {
	Schema string         `json:"schema"`
	Model  profile.Model  `json:"model"`
	Input  tensor.Shape   `json:"input_shape"`
	Device profile.Device `json:"device"` // whose memory is planned
	Total  SummaryTotal   `json:"total"`
	Layers []SummaryLayer `json:"layers"` // one per call, in execution order

	model *resnet.Model
	ops   Convention
	all   bool
}

// SummaryTotal holds the sums over the net. Operations are per image, bytes of
// activations are of the whole batch.
//
// FLOPs are 2·MACs, the arithmetic of convolutions and linear layers; Operations
// also have additions, pooling and ReLUs; Counts holds both and more by the names
// of the conventions. WeightsBytes are parameters and running statistics at 4
// bytes each. ActivationBytes are the results of all layers, which are never all
// live; the peaks are what the device's program holds at once, left out if
// unknown.
type SummaryTotal struct {
	Params          int64            `json:"params"`
	Buffers         int64            `json:"buffers"`
	MACs            int64            `json:"macs"`
	FLOPs           int64            `json:"flops"`
	Operations      int64            `json:"operations"`
	Counts          map[string]int64 `json:"counts"`
	WeightsBytes    int64            `json:"weights_bytes"`
	ActivationBytes int64            `json:"activation_bytes"`
	PeakBytesEval   int64            `json:"peak_bytes_eval,omitempty"`
	PeakBytesTrain  int64            `json:"peak_bytes_train,omitempty"`
}

// SummaryLayer is one call of a layer. Operations are per image, bytes of the
// whole batch: ReadBytes are inputs and weights, WriteBytes results, each moved
// once. Receptive field and stride are cumulative up to this layer, in pixels of
// the image.
type SummaryLayer struct {
	Path            string       `json:"path"`
	Call            int          `json:"call"`
	Kind            string       `json:"kind"`
	Part            string       `json:"part"` // within its block: "branch", "skip", "join"; "trunk" outside
	Geometry        string       `json:"geometry,omitempty"`
	InShape         tensor.Shape `json:"in_shape"`
	OutShape        tensor.Shape `json:"out_shape"`
	Params          int64        `json:"params"`
	Buffers         int64        `json:"buffers"`
	MACs            int64        `json:"macs"`
	FLOPs           int64        `json:"flops"`
	Operations      int64        `json:"operations"`
	ReadBytes       int64        `json:"read_bytes"`
	WriteBytes      int64        `json:"write_bytes"`
	ActivationBytes int64        `json:"activation_bytes"`
	ReceptiveField  int          `json:"receptive_field"`
	Stride          int          `json:"stride"`
}

// SummaryOptions holds what NewSummary can't compute from the net, and how to
// print it.
type SummaryOptions struct {
	Count     string // name of the convention for printed numbers of operations
	All       bool   // in text, show every block instead of folding runs of alike ones
	Device    profile.Device
	PeakEval  int64 // bytes that the device holds at once in evaluation, 0 if unknown
	PeakTrain int64 // the same in training
}

// NewSummary returns the summary of m. It returns an error for an unknown
// convention in o.Count.
func NewSummary(m *resnet.Model, o SummaryOptions) (*Summary, error) {
	ops, err := FindConvention(m, o.Count)
	if err != nil {
		return nil, err
	}
	t := m.Total
	s := &Summary{
		Schema: SummarySchema, Model: profile.Describe(m, ""), Input: m.Root.In, Device: o.Device,
		Total: SummaryTotal{
			Params:          t.Params,
			Buffers:         t.Buffers,
			MACs:            t.MACs,
			FLOPs:           t.FLOPs(),
			Operations:      t.Operations,
			Counts:          map[string]int64{},
			WeightsBytes:    4 * (t.Params + t.Buffers),
			ActivationBytes: t.ActivationBytes,
			PeakBytesEval:   o.PeakEval,
			PeakBytesTrain:  o.PeakTrain,
		},
		model: m, ops: ops, all: o.All,
	}
	for _, c := range m.Counts() {
		s.Total.Counts[c.Name] = c.Value
	}
	for _, l := range m.Layers {
		s.Layers = append(s.Layers, summaryLayer(l))
	}
	return s, nil
}

// summaryLayer returns the row of a layer.
func summaryLayer(l *nn.Layer) SummaryLayer {
	c := l.Cost
	return SummaryLayer{
		Path:            l.Path,
		Call:            l.Call,
		Kind:            l.Kind.String(),
		Part:            l.Part.String(),
		Geometry:        l.Desc,
		InShape:         l.In,
		OutShape:        l.Out,
		Params:          c.Params,
		Buffers:         c.Buffers,
		MACs:            c.MACs,
		FLOPs:           c.FLOPs(),
		Operations:      c.Operations,
		ReadBytes:       c.ReadBytes,
		WriteBytes:      c.WriteBytes,
		ActivationBytes: c.ActivationBytes,
		ReceptiveField:  l.RF,
		Stride:          l.Jump,
	}
}

// Table has one row per call.
func (s *Summary) Table() Tabular {
	return Table[SummaryLayer]{Rows: s.Layers, Columns: []Column[SummaryLayer]{
		{"path", "layer", left, func(l SummaryLayer) Cell { return plain(l.Path) }},
		{"call", "", right, func(l SummaryLayer) Cell { return whole(l.Call) }},
		{"kind", "kind", left, func(l SummaryLayer) Cell { return plain(l.Kind) }},
		{"part", "", left, func(l SummaryLayer) Cell { return plain(l.Part) }},
		{"geometry", "geometry", left, func(l SummaryLayer) Cell { return plain(l.Geometry) }},
		{"in_shape", "", left, func(l SummaryLayer) Cell { return shape(l.InShape) }},
		{"out_shape", "output", left, func(l SummaryLayer) Cell { return shape(l.OutShape) }},
		{"params", "params", right, func(l SummaryLayer) Cell { return count(l.Params) }},
		{"buffers", "", right, func(l SummaryLayer) Cell { return count(l.Buffers) }},
		{"macs", s.ops.title(), right, func(l SummaryLayer) Cell { return s.ops.cell(l.MACs) }},
		{"flops", "", right, func(l SummaryLayer) Cell { return count(l.FLOPs) }},
		{"operations", "", right, func(l SummaryLayer) Cell { return count(l.Operations) }},
		{"read_bytes", "", right, func(l SummaryLayer) Cell { return size(l.ReadBytes) }},
		{"write_bytes", "", right, func(l SummaryLayer) Cell { return size(l.WriteBytes) }},
		{"activation_bytes", "activations", right, func(l SummaryLayer) Cell { return size(l.ActivationBytes) }},
		{"receptive_field", "field", right, func(l SummaryLayer) Cell { return whole(l.ReceptiveField) }},
		{"stride", "stride", right, func(l SummaryLayer) Cell { return whole(l.Stride) }},
	}}
}

// moduleRow is a line of the tree that text prints: a module, or a run of alike
// blocks.
type moduleRow struct {
	name     string // indented by depth, after the line of its block's skip
	kind     string
	geometry string       // of a leaf, or the skip of a block
	out      tensor.Shape // of the last layer
	cost     nn.Cost      // of everything below
	field    int          // receptive field after the last layer, in pixels of the image
	stride   int          // cumulative stride after the last layer, in pixels of the image
}

// moduleTable prints lines of the tree.
func (s *Summary) moduleTable(rows []moduleRow) Table[moduleRow] {
	return Table[moduleRow]{Rows: rows, Columns: []Column[moduleRow]{
		{"", "module", left, func(r moduleRow) Cell { return plain(r.name) }},
		{"", "kind", left, func(r moduleRow) Cell { return plain(r.kind) }},
		{"", "geometry", left, func(r moduleRow) Cell { return plain(r.geometry) }},
		{"", "output", left, func(r moduleRow) Cell { return outputPerImage(r.out) }},
		{"", "params", right, func(r moduleRow) Cell { return count(r.cost.Params) }},
		{"", s.ops.title(), right, func(r moduleRow) Cell { return s.ops.cell(r.cost.MACs) }},
		{"", "activations", right, func(r moduleRow) Cell { return size(r.cost.ActivationBytes) }},
		{"", "field", right, func(r moduleRow) Cell { return whole(r.field) }},
		{"", "stride", right, func(r moduleRow) Cell { return whole(r.stride) }},
	}}
}

// Text writes the tree, then the totals.
func (s *Summary) Text(w io.Writer) error {
	if err := s.tree().Text(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return s.facts().write(w)
}

// facts returns the totals.
func (s *Summary) facts() (f facts) {
	t := s.Total
	f.add("input", s.Input.String()+", float32")
	f.addf("parameters", "%s   %s and %s running statistics",
		profile.FormatCount(t.Params), profile.Grouped(t.Params, ","), profile.Grouped(t.Buffers, ","))
	f = append(f, s.ops.facts()...)
	f.add("weights", profile.FormatBytes(t.WeightsBytes))
	f.addf("activations", "%s   results of all layers, batch of %d",
		profile.FormatBytes(t.ActivationBytes), s.Input[0])
	if t.PeakBytesEval > 0 {
		f.addf("peak, eval", "%s   what the fused program holds at once%s: activations, packed weights, scratch",
			profile.FormatBytes(t.PeakBytesEval), s.where())
	}
	if t.PeakBytesTrain > 0 {
		f.addf("peak, train", "%s   what a fused step of training holds at once%s: "+
			"those, gradients, momentum, and what backward needs", profile.FormatBytes(t.PeakBytesTrain), s.where())
	}
	return f
}

// where says on which device memory is planned, and in which precision, unless it is the
// CPU and fp32.
func (s *Summary) where() (text string) {
	if p := s.Device.Precision; p != "" && p != tensor.FP32.String() {
		text = " in " + p
	}
	if !s.Device.OnCPU() {
		text += " on " + s.Device.Processor()
	}
	return text
}
