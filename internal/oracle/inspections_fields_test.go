package oracle_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet/inspect"
)

// checkFields compares what units see.
func (x inspection) checkFields(t *testing.T) {
	if len(x.want.Fields) == 0 {
		t.Skip("no golden")
	}
	sample := x.sample(t)
	for _, want := range x.want.Fields {
		place, err := inspect.Find(x.model.Model, want.At)
		if err != nil {
			t.Fatal(err)
		}
		unit := inspect.Unit{C: want.Unit[0], Y: want.Unit[1], X: want.Unit[2]}
		got, err := inspect.MeasureField(context.Background(), sample, place, unit)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprint(want.At, want.Unit), func(t *testing.T) { x.checkField(t, got, want) })
	}
}

// checkField compares a unit's boxes, its gradient, and the parts of that relative to the
// whole.
func (x inspection) checkField(t *testing.T, got *inspect.UnitField, want oracle.Field) {
	if oracle.Box(got.Box) != want.Box {
		t.Errorf("the field is %v, PyTorch's %v", got.Box, want.Box)
	}
	none := got.Support == nil
	if none != (want.Support == nil) || !none && oracle.Box(*got.Support) != *want.Support {
		t.Errorf("the support is %v, PyTorch's %v", got.Support, want.Support)
	}
	if len(got.Mass) != len(want.Mass) {
		t.Fatalf("%d shares, PyTorch has %d", len(got.Mass), len(want.Mass))
	}
	for i, m := range got.Mass {
		if m.Share != want.Mass[i].Share || oracle.Box(m.Box) != want.Mass[i].Box {
			t.Errorf("a share of %g is in %v, in PyTorch %v", m.Share, m.Box, want.Mass[i].Box)
		}
	}
	bar := x.bar(1e-6, x.want.Explain.Float32.Gradient) * want.Norm
	gradient := doubles(got.Gradient.Data)
	sum := 0.0
	for _, v := range gradient {
		sum += v
	}
	if norm := size(gradient, nil); !(math.Abs(norm-want.Norm) <= bar) || !(math.Abs(sum-want.Sum) <= 10*bar) {
		t.Errorf("the gradient is %v long, its sum %v; PyTorch's %v and %v", norm, sum, want.Norm, want.Sum)
	}
	if len(got.Branches) != len(want.Branches) || !(got.SumError <= 1e-5) {
		t.Fatalf("%d parts of %d, off by %g", len(got.Branches), len(want.Branches), got.SumError)
	}
	for k, norm := range want.Branches {
		if b := got.Branches[k]; b.Branches != k || !(math.Abs(b.Norm-norm) <= bar) {
			t.Errorf("%d branches bring %v, in PyTorch %v", k, b.Norm, norm)
		}
	}
}
