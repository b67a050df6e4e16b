package oracle_test

import (
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/tensor"
)

// checkReference compares the reference in float64 with PyTorch in float64.
func (p pass) checkReference(t *testing.T) {
	l := p.lower(t)
	r, err := tensor.NewReference[float64](l.Plan, p.source)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Set(l.Input, p.input().Data); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(scalars(l.Plan)); err != nil {
		t.Fatal(err)
	}
	p.check(t, l, result{
		logits: r.Buffer(l.Output),
		buffer: func(id tensor.BufferID) (mean, std float64) { return r.Buffer(id)[0], r.Buffer(id)[1] },
		param:  func(p tensor.Param) []float64 { return r.Param(p.Name) },
	}, oracle.Errors{Logits: 1e-9, Layers: 1e-9, Running: 1e-9}, 0)
}
