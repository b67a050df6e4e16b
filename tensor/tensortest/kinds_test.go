package tensortest

import (
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// TestEveryKindIsHeld: each kind of operation has a tolerance with a reason, and
// a case of its own or a net that has it.
func TestEveryKindIsHeld(t *testing.T) {
	covered := map[tensor.Kind]bool{}
	note := func(p *tensor.Plan) {
		for _, op := range p.Ops {
			covered[op.Kind] = true
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, op := range operations {
		var b Builder
		op.add(&b, r, oddImages(&b, r))
		note(&b.Plan)
	}
	for _, g := range gradientCases {
		var b Builder
		g.add(&b, r, oddImages(&b, r))
		note(&b.Plan)
	}
	for _, n := range nets {
		note(n.trainingPlan(true, 2))
	}
	note(RandomConvolution(r).Gradients())
	note((&Builder{}).probed())
	kind := tensor.Kind(1)
	for ; kind.String() != tensor.Kind(0).String(); kind++ {
		if !covered[kind] || tolerances[kind].why == "" {
			t.Errorf("%v has a case: %v; tolerance: %+v", kind, covered[kind], tolerances[kind])
		}
	}
	if int(kind) != len(tolerances)+1 {
		t.Errorf("%d tolerances for %d kinds", len(tolerances), kind-1)
	}
}

// probed is a plan with the probes of the parts operations and histograms.
func (b *Builder) probed() *tensor.Plan {
	b.Moments(b.Input(2, 3))
	b.Histogram(b.Input(2, 3), 1)
	return &b.Plan
}

// TestBarsAddUp: a buffer may be off by what leads to it, up to the plan's bar.
func TestBarsAddUp(t *testing.T) {
	var b Builder
	x := b.Input(1, 3, 5, 5)
	y := b.ReLU(x)
	sum := b.Add(y, x, tensor.NoScalar)
	z := b.Conv(b.Conv(sum, 4, three, 1, false), 4, three, 1, false)
	bars := bars(&b.Plan, 3e-6, tensor.FP32)
	if bars[x] != 0 || bars[y] != 0 || bars[sum] != tolerances[tensor.Add].bar || bars[z] != 3e-6 {
		t.Errorf("bars %v", bars)
	}
}
