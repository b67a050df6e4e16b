package nettest

import (
	"context"
	"math"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Check runs a plan on a device and compares all that can be read with the reference:
// each buffer may be off by bar, relative to its norm. Where rounding decides between two
// sides of a ReLU or a max pool, the reference takes the device's.
func Check(t *testing.T, dev tensor.Device, l *nn.Lowered, o tensor.Options, bar float64) {
	t.Helper()
	kept := append(l.Plan.Find(tensor.Output), l.Plan.Find(tensor.Kept)...)
	oracle.KeepChoices(l.Plan)
	r := run(t, dev, l, o)
	exact := &oracle.Step{Reference: reference(t, l)}
	if l.Pass.Backward != nil {
		choices, err := exact.Adopt(l.Plan, r.read, scalars(l.Plan))
		if err != nil {
			t.Fatal(err)
		}
		if err := choices.Err(); err != nil {
			t.Error(err)
		}
		t.Log(choices)
	}
	worst := 0.0
	for _, id := range kept {
		e := relative(r.read(id), exact.Buffer(id))
		worst = max(worst, e)
		if !(e <= bar) {
			t.Errorf("%s: relative error %g, at most %g allowed", l.Plan.Buffers[id].Name, e, bar)
		}
	}
	t.Logf("%d buffers, largest relative error %.2g, %.2g allowed", len(kept), worst, bar)
}

// CheckPaths splits a net's gradient by path length on a device, with k exact parts, and
// compares the norms with the reference's, relative to the gradient's. On the device the
// parts make the gradient.
func CheckPaths(t *testing.T, dev tensor.Device, n Net, k int, o tensor.Options, bar float64) {
	t.Helper()
	l, probes, err := n.Build(t).LowerPaths(nn.Pass{}, k)
	if err != nil {
		t.Fatal(err)
	}
	oracle.KeepChoices(l.Plan)
	r := run(t, dev, l, o)
	exact := &oracle.Step{Reference: reference(t, l)}
	choices, err := exact.Adopt(l.Plan, r.read, scalars(l.Plan))
	if err != nil {
		t.Fatal(err)
	}
	if err := choices.Err(); err != nil {
		t.Error(err)
	}
	worst := 0.0
	for _, p := range probes {
		whole := exact.Buffer(p.Gradient.Buffer)[p.Gradient.At]
		for i, part := range append(p.Branches, p.Rest, p.Gradient, p.Error) {
			if part == nn.NoReading {
				continue
			}
			e := math.Abs(r.read(part.Buffer)[part.At]-exact.Buffer(part.Buffer)[part.At]) / whole
			worst = max(worst, e)
			if !(e <= bar) {
				t.Errorf("%s, part %d of %d: off by %g of the gradient, at most %g allowed", p.Block, i, len(p.Branches)+3, e, bar)
			}
		}
	}
	t.Logf("%d spectra, largest error %.2g of a gradient, %.2g allowed", len(probes), worst, bar)
}

// Steps trains a net from the same beginning, and returns its parameters.
func Steps(t *testing.T, dev tensor.Device, n Net, steps int, o tensor.Options) map[string][]float32 {
	t.Helper()
	l := n.Lower(t, nn.TrainingStep(0.1, nn.SGD{Momentum: 0.9, Decay: 1e-4}))
	r := run(t, dev, l, o)
	for range steps - 1 {
		r.again()
	}
	params := map[string][]float32{}
	for _, p := range l.Plan.Params {
		x := tensor.New(p.Shape...)
		if err := r.state.Read(p.Name, x); err != nil {
			t.Fatal(err)
		}
		params[p.Name] = x.Data
	}
	return params
}

// runner is a program that has run once.
type runner struct {
	t       *testing.T
	plan    *tensor.Plan
	state   tensor.State
	program tensor.Program
}

// run compiles a plan for the test's duration, and runs it.
func run(t *testing.T, dev tensor.Device, l *nn.Lowered, o tensor.Options) runner {
	t.Helper()
	r := runner{t: t, plan: l.Plan}
	var err error
	if r.state, err = dev.NewState(l.Plan.Params, Initial{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.state.Close() })
	if r.program, err = dev.Compile(l.Plan, r.state, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.program.Close() })
	for id, x := range inputs(l) {
		if err := r.program.Write(id, x); err != nil {
			t.Fatal(err)
		}
	}
	r.again()
	return r
}

func (r runner) again() {
	r.t.Helper()
	if err := r.program.Run(context.Background(), tensor.RunOptions{Scalars: scalars(r.plan)}); err != nil {
		r.t.Fatal(err)
	}
}

func (r runner) read(id tensor.BufferID) []float64 {
	x := tensor.New(r.plan.Buffers[id].Shape...)
	if err := r.program.Read(id, x); err != nil {
		r.t.Fatal(err)
	}
	y := make([]float64, len(x.Data))
	for i, v := range x.Data {
		y[i] = float64(v)
	}
	return y
}

// reference runs a plan in float64.
func reference(t *testing.T, l *nn.Lowered) *tensor.Reference[float64] {
	t.Helper()
	r, err := tensor.NewReference[float64](l.Plan, Initial{})
	if err != nil {
		t.Fatal(err)
	}
	for id, x := range inputs(l) {
		if err := r.Set(id, x.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Run(scalars(l.Plan)); err != nil {
		t.Fatal(err)
	}
	return r
}

// relative is ‖got − want‖ / ‖want‖, where ‖want‖ is at least 1e-3: some gradients are
// zero but for rounding, such as that of a bias before a batch norm.
func relative(got, want []float64) float64 {
	var diff, norm float64
	for i, w := range want {
		diff += math.Pow(got[i]-w, 2)
		norm += w * w
	}
	return math.Sqrt(diff) / max(math.Sqrt(norm), 1e-3)
}
