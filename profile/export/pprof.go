package export

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/google/pprof/profile"

	own "resnet-tui/profile"
)

// PProf writes a gzip'd profile for go tool pprof. Values are per pass: time in
// nanoseconds, multiply-adds of the batch, bytes moved; runs counts the passes.
// Comparing two of them by -diff_base compares passes.
func PProf(w io.Writer, p *own.Profile) error {
	b := newBuilder(p)
	for _, s := range stacks(p) {
		b.add(s)
	}
	if err := b.CheckValid(); err != nil {
		return err
	}
	record, err := json.Marshal(withoutSamples(p))
	if err != nil {
		return err
	}
	z := gzip.NewWriter(w)
	if err := b.WriteUncompressed(z); err != nil {
		return err
	}
	if _, err := z.Write(recordField(record)); err != nil {
		return err
	}
	return z.Close()
}

// builder adds samples, and keeps frames that were seen before.
type builder struct {
	*profile.Profile
	of     *own.Profile
	frames map[string]*profile.Location // by what leads to them
}

func newBuilder(p *own.Profile) *builder {
	b := &builder{of: p, frames: map[string]*profile.Location{}, Profile: &profile.Profile{
		SampleType: []*profile.ValueType{
			{Type: "time", Unit: "nanoseconds"}, {Type: "macs", Unit: "count"},
			{Type: "bytes", Unit: "bytes"}, {Type: "runs", Unit: "count"},
		},
		DefaultSampleType: "time",
		PeriodType:        &profile.ValueType{Type: "pass", Unit: "count"},
		Period:            1,
		DurationNanos:     int64(math.Round(p.Total.MeanMS * 1e6)),
		Mapping:           []*profile.Mapping{{ID: 1, File: p.Model.Arch, HasFunctions: true}},
		Comments: []string{fmt.Sprintf("means of a pass, %v on %s (%s), %d threads, resnet-tui %s",
			p.Input.Shape, p.Device.ID, p.Device.Name, p.Device.Threads, p.Version)},
	}}
	if !p.Recorded.IsZero() {
		b.TimeNanos = p.Recorded.UnixNano()
	}
	return b
}

// add appends a sample. pprof lists the leaf's frame first.
func (b *builder) add(s stack) {
	sample := &profile.Sample{
		Value: []int64{s.ns, 0, 0, int64(b.of.Runs)},
		Label: map[string][]string{"device": {b.of.Device.ID}},
	}
	if s.row != nil {
		sample.Value[1], sample.Value[2] = s.row.MACs*int64(b.of.Batch()), s.row.Bytes
	}
	for key, value := range labels(s) {
		sample.Label[key] = []string{value}
	}
	for i := len(s.frames) - 1; i >= 0; i-- {
		sample.Location = append(sample.Location, b.location(s.frames[i]))
	}
	b.Sample = append(b.Sample, sample)
}

// labels are what -tagfocus and -tags see of a row, besides the device.
func labels(s stack) map[string]string {
	r := s.row
	if r == nil {
		return map[string]string{"kind": s.frames[len(s.frames)-1]}
	}
	l := map[string]string{"pass": r.Pass, "kind": r.Kind, "path": r.Path}
	if s.block != "" {
		l["block"] = s.block
	}
	if r.Part == "skip" || r.Part == "branch" {
		l["path_in_block"] = r.Part
	}
	return l
}

// location is a frame's, made if need be: pprof tells frames apart by name.
func (b *builder) location(name string) *profile.Location {
	if l := b.frames[name]; l != nil {
		return l
	}
	f := &profile.Function{ID: uint64(len(b.Function) + 1), Name: name, SystemName: name}
	l := &profile.Location{ID: f.ID, Mapping: b.Mapping[0], Line: []profile.Line{{Function: f}}}
	b.Function, b.Location = append(b.Function, f), append(b.Location, l)
	b.frames[name] = l
	return l
}

// withoutSamples is a copy that leaves out what makes a profile large.
func withoutSamples(p *own.Profile) *own.Profile {
	c := *p
	c.Total.SamplesMS, c.Trace = nil, nil
	c.Layers = make([]own.LayerRow, len(p.Layers))
	for i, r := range p.Layers {
		r.SamplesMS = nil
		c.Layers[i] = r
	}
	return &c
}
