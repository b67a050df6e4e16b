package report

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Stats is what the tensors of a pass hold.
type Stats struct {
	Schema string         `json:"schema"`
	Model  profile.Model  `json:"model"`
	Device profile.Device `json:"device"`
	Input  RunInput       `json:"input"`
	Mode   string         `json:"mode"`

	Layers    []TensorStats `json:"layers"` // outputs, over the whole batch
	Params    []TensorStats `json:"params"` // learnable ones
	Gradients []TensorStats `json:"gradients,omitempty"`
}

// TensorStats describes the values of a tensor. Figures and Histogram are of the finite
// values, and left out where there are none.
type TensorStats struct {
	Path     string       `json:"path,omitempty"` // of a layer
	Call     *int         `json:"call,omitempty"` // of the layer's module, from 0
	Name     string       `json:"name,omitempty"` // of a parameter
	Shape    tensor.Shape `json:"shape"`
	Elements int64        `json:"elements"`

	Mean  *Number `json:"mean,omitempty"`
	Std   *Number `json:"std,omitempty"` // population
	Min   *Number `json:"min,omitempty"`
	Max   *Number `json:"max,omitempty"`
	L2    *Number `json:"l2,omitempty"`
	Zeros int64   `json:"zeros"`
	NaN   int64   `json:"nan"`
	Inf   int64   `json:"inf"`

	Histogram *StatsHistogram `json:"histogram,omitempty"`
	Channels  *StatsChannels  `json:"channels,omitempty"`

	label string // for people
}

// StatsHistogram counts values by sign and power of two: element i of each list counts
// 2^(First+i) ≤ |x| < 2^(First+i+1). The lists are equally long, and end with the
// smallest and the largest exponent that occurs.
type StatsHistogram struct {
	First    int     `json:"first"`
	Negative []int64 `json:"negative"`
	Positive []int64 `json:"positive"`
	Zero     int64   `json:"zero"`
}

// StatsChannels has an element for each channel; one without a finite value has null.
type StatsChannels struct {
	Mean  []*Number `json:"mean"`
	Std   []*Number `json:"std"` // population
	Max   []*Number `json:"max"`
	Zeros []int64   `json:"zeros"`
}

// NewStats is a report without tensors. The caller fills in the rest.
func NewStats() *Stats {
	return &Stats{Schema: StatsSchema, Layers: []TensorStats{}, Params: []TensorStats{}}
}

// LayerStats reports the output of a layer.
func LayerStats(l *nn.Layer, s *nn.Statistics) TensorStats {
	t := tensorStats(l.Out, s)
	t.Path, t.Call, t.label = l.Path, known(l.Call), string(l.At())
	return t
}

// ParamStats reports a parameter, or its gradient.
func ParamStats(p *tensor.Param, s *nn.Statistics) TensorStats {
	t := tensorStats(p.Shape, s)
	t.Name, t.label = p.Name, p.Name
	return t
}

func tensorStats(shape tensor.Shape, s *nn.Statistics) TensorStats {
	t := TensorStats{Shape: shape, Elements: s.Elements, Zeros: s.Zeros, NaN: s.NaN, Inf: s.Inf}
	figure := func(v float64) *Number { return known(Number(v)) }
	if s.Finite() > 0 {
		t.Mean, t.Std, t.L2 = figure(s.Mean), figure(s.Std), figure(s.L2)
		t.Min, t.Max = figure(s.Min), figure(s.Max)
		t.Histogram = statsHistogram(&s.Histogram)
	}
	if s.PerChannel == nil {
		return t
	}
	t.Channels = &StatsChannels{}
	for _, c := range s.PerChannel {
		var mean, std, most *Number
		if c.Finite > 0 {
			mean, std, most = figure(c.Mean), figure(c.Std), figure(c.Max)
		}
		all := t.Channels
		all.Mean, all.Std, all.Max = append(all.Mean, mean), append(all.Std, std), append(all.Max, most)
		all.Zeros = append(all.Zeros, c.Zeros)
	}
	return t
}

// statsHistogram leaves out the exponents below the smallest and above the largest.
func statsHistogram(h *nn.Histogram) *StatsHistogram {
	out := &StatsHistogram{Zero: h.Zero, Negative: []int64{}, Positive: []int64{}}
	if first, last, ok := h.Span(); ok {
		from, to := first-nn.MinExponent, last-nn.MinExponent+1
		out.First, out.Negative, out.Positive = first, h.Negative[from:to], h.Positive[from:to]
	}
	return out
}

// statsRow is a tensor with the list that it is in.
type statsRow struct {
	*TensorStats
	what string
}

// rows are all tensors.
func (s *Stats) rows() (rows []statsRow) {
	for _, part := range []struct {
		what string
		list []TensorStats
	}{{"output", s.Layers}, {"parameter", s.Params}, {"gradient", s.Gradients}} {
		for i := range part.list {
			rows = append(rows, statsRow{&part.list[i], part.what})
		}
	}
	return rows
}

// Table has a row a tensor.
func (s *Stats) Table() Tabular {
	return Table[statsRow]{Rows: s.rows(), Columns: []Column[statsRow]{
		{"what", "of", left, func(r statsRow) Cell { return plain(r.what) }},
		{"name", "name", left, func(r statsRow) Cell { return plain(r.label) }},
		{"shape", "shape", left, func(r statsRow) Cell { return shape(r.Shape) }},
		{"mean", "average", right, func(r statsRow) Cell { return number(r.Mean) }},
		{"std", "deviation", right, func(r statsRow) Cell { return number(r.Std) }},
		{"min", "min", right, func(r statsRow) Cell { return number(r.Min) }},
		{"max", "max", right, func(r statsRow) Cell { return number(r.Max) }},
		{"l2", "‖x‖", right, func(r statsRow) Cell { return number(r.L2) }},
		{"zeros", "zeros", right, func(r statsRow) Cell { return r.share(r.Zeros) }},
		{"nan", "NaN", right, func(r statsRow) Cell { return statsCount(r.NaN) }},
		{"inf", "Inf", right, func(r statsRow) Cell { return statsCount(r.Inf) }},
		{"exponents", "powers of 2", right, func(r statsRow) Cell { return r.span() }},
	}}
}

// share is a number of a tensor's elements, as a share for people.
func (r statsRow) share(n int64) Cell {
	return Cell{profile.FormatShare(float64(n) / math.Max(1, float64(r.Elements))), strconv.FormatInt(n, 10)}
}

// statsCount is a number, and a dash for 0 for people.
func statsCount(n int64) Cell {
	if n == 0 {
		return Cell{profile.Dash, "0"}
	}
	return Cell{figure(n), strconv.FormatInt(n, 10)}
}

// span is the smallest and the largest exponent that occurs.
func (r statsRow) span() Cell {
	h := r.Histogram
	if h == nil || len(h.Positive) == 0 {
		return missing
	}
	last := h.First + len(h.Positive) - 1
	return Cell{fmt.Sprintf("%d … %d", h.First, last), fmt.Sprintf("%d..%d", h.First, last)}
}

// Text writes the table, and what it is of.
func (s *Stats) Text(w io.Writer) error {
	if err := s.Table().Text(w); err != nil {
		return err
	}
	var f facts
	f.add("net", s.Model.Line())
	f.addf("input", "%v, %s", s.Input.Shape, s.Input.Source)
	f.add("mode", s.Mode)
	return f.write(w)
}
