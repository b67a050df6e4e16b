package oracle_test

import (
	"context"
	"math"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// checkFields compares what units see: in theory, and by number of branches.
func (x inspection) checkFields(t *testing.T) {
	if len(x.want.Fields) == 0 {
		t.Skip("no golden")
	}
	s := x.open(t, nn.Pass{})
	for _, f := range x.want.Fields {
		place, err := inspect.Find(x.model.Model, f.At)
		if err != nil {
			t.Fatal(err)
		}
		if box := inspect.Field(x.model.Model, place.Layer, f.Unit[1], f.Unit[2]); oracle.Box(box) != f.Box {
			t.Errorf("%s, unit %v: the field is %v, PyTorch's %v", f.At, f.Unit, box, f.Box)
		}
		if f.Branches != nil {
			x.checkBranches(t, s, place, f)
		}
	}
}

// checkBranches compares the parts of a unit's gradient, relative to the whole.
func (x inspection) checkBranches(t *testing.T, s *nn.Session, place inspect.Place, f oracle.Field) {
	t.Helper()
	shape := place.Layer.Out
	seed := tensor.New(shape...)
	seed.Data[((x.want.Explain.Image*shape[1]+f.Unit[0])*shape[2]+f.Unit[1])*shape[3]+f.Unit[2]] = 1
	parts, err := s.PathsFrom(context.Background(), place.At(), seed)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts.Branches) != len(f.Branches) || !(parts.SumError <= 1e-5) {
		t.Fatalf("%s: %d parts of %d, off by %g", f.At, len(parts.Branches), len(f.Branches), parts.SumError)
	}
	bar := x.bar(1e-6, x.want.Explain.Float32.Gradient) * f.Norm
	for k, want := range f.Branches {
		got := 0.0
		if p := parts.Branches[k]; p != nil {
			got = size(doubles(p.Data), nil)
		}
		if !(math.Abs(got-want) <= bar) {
			t.Errorf("%s, unit %v: %d branches bring %v, in PyTorch %v", f.At, f.Unit, k, got, want)
		}
	}
	if got := size(doubles(parts.Whole.Data), nil); !(math.Abs(got-f.Norm) <= bar) {
		t.Errorf("%s, unit %v: the gradient is %v long, PyTorch's %v", f.At, f.Unit, got, f.Norm)
	}
}
