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

// PProf writes a profile for go tool pprof, a gzip'd protocol buffer as
// https://github.com/google/pprof/blob/main/proto/profile.proto defines it.
//
// Each kernel is a sample, and so is the overhead. A sample has four values:
//
//	time   mean time per pass, in nanoseconds
//	macs   multiply-adds per pass, of the whole batch
//	bytes  bytes that the kernel moves at least, per pass
//	runs   number of measured passes
//
// As the first three are per pass, -diff_base compares passes whatever the number
// of runs. Labels for -tagfocus are device, pass, kind, path, block and
// path_in_block ("skip" or "branch").
//
// The file also holds the profile's own JSON, see recordField, from which Read
// restores it.
func PProf(w io.Writer, p *own.Profile) error {
	b := newBuilder(p)
	for _, s := range meanStacks(p) {
		b.add(s)
	}
	if err := b.CheckValid(); err != nil {
		return err
	}
	record, err := json.Marshal(p.MeansOnly())
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

// builder is a pprof profile under construction.
type builder struct {
	*profile.Profile
	of     *own.Profile
	frames map[string]*profile.Location // by name
}

// newBuilder returns a profile without samples. It has no addresses: the one
// mapping, which HasFunctions declares as symbolized, keeps pprof from looking
// for binaries.
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
		Comments: []string{fmt.Sprintf("means of a pass, %v on %s, resnet-tui %s",
			p.Input.Shape, p.Device.Line(), p.Version)},
	}}
	if !p.Recorded.IsZero() {
		b.TimeNanos = p.Recorded.UnixNano()
	}
	return b
}

// add appends a sample. The format has the leaf's frame first, stacks the root's.
func (b *builder) add(s stack) {
	sample := &profile.Sample{
		Value: []int64{s.ns, 0, 0, int64(b.of.Runs)},
		Label: map[string][]string{"device": {b.of.Device.ID}},
	}
	if s.row != nil {
		sample.Value[1] = s.row.MACs * int64(b.of.Batch())
		sample.Value[2] = s.row.Bytes
	}
	for key, value := range labels(s) {
		sample.Label[key] = []string{value}
	}
	for i := len(s.frames) - 1; i >= 0; i-- {
		sample.Location = append(sample.Location, b.location(s.frames[i]))
	}
	b.Sample = append(b.Sample, sample)
}

// labels returns the labels of a stack besides the device. The overhead has only
// a kind.
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

// location returns the location of a frame, and adds it if there is none. pprof
// merges frames by name wherever they are in a stack, so one location per name is
// enough. IDs must be unique and not 0.
func (b *builder) location(name string) *profile.Location {
	if l := b.frames[name]; l != nil {
		return l
	}
	f := &profile.Function{ID: uint64(len(b.Function) + 1), Name: name, SystemName: name}
	l := &profile.Location{ID: f.ID, Mapping: b.Mapping[0], Line: []profile.Line{{Function: f}}}
	b.Function = append(b.Function, f)
	b.Location = append(b.Location, l)
	b.frames[name] = l
	return l
}
