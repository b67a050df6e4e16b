package cpu

import (
	"context"
	"math"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
	"resnet-tui/tensor/tensortest"
)

// open opens a device for the test's duration.
func open(t testing.TB, kernels string) tensor.Device {
	t.Helper()
	d, err := New(Config{Kernels: kernels})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// eachSet runs a test for each set of kernels that this processor can run.
func eachSet(t *testing.T, f func(t *testing.T, d tensor.Device)) {
	for _, name := range asm.Names() {
		t.Run(name, func(t *testing.T) { f(t, open(t, name)) })
	}
}

// compile compiles a plan on a fresh state for the test's duration, and poisons
// the program.
func compile(t testing.TB, d tensor.Device, p *tensor.Plan, seed uint64, o tensor.Options) (*program, tensor.State) {
	t.Helper()
	s, err := d.NewState(p.Params, tensortest.Values{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	prog, err := d.Compile(p, s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prog.Close(); s.Close() })
	poison(prog.(*program))
	return prog.(*program), s
}

// poison fills a program's memory with NaN: whatever is read before it is
// written shows.
func poison(p *program) {
	for _, r := range []*region{p.arena, p.scratch} {
		for i := range r.data {
			r.data[i] = float32(math.NaN())
		}
	}
}

// runOnce runs a program on seeded inputs.
func runOnce(t testing.TB, p tensor.Program, plan *tensor.Plan, seed uint64) {
	t.Helper()
	for _, id := range plan.Find(tensor.Input) {
		if err := p.Write(id, tensortest.InputValues(plan, id, seed)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Run(context.Background(), tensor.RunOptions{Scalars: tensortest.ScalarValues(plan)}); err != nil {
		t.Fatal(err)
	}
}

// compare runs a plan and compares what can be read with the reference.
func compare(t testing.TB, d tensor.Device, plan *tensor.Plan, seed uint64, o tensor.Options, bar float64) {
	t.Helper()
	p, _ := compile(t, d, plan, seed, o)
	runOnce(t, p, plan, seed)
	r, err := tensor.NewReference[float64](plan, tensortest.Values{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range plan.Find(tensor.Input) {
		if err := r.Set(id, tensortest.InputValues(plan, id, seed).Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Run(tensortest.ScalarValues(plan)); err != nil {
		t.Fatal(err)
	}
	for _, id := range append(plan.Find(tensor.Output), plan.Find(tensor.Kept)...) {
		got := tensor.New(plan.Buffers[id].Shape...)
		if err := p.Read(id, got); err != nil {
			t.Fatal(err)
		}
		if e := tensortest.Distance(got.Data, r.Buffer(id)); !(e <= bar) {
			t.Errorf("buffer %d %v: relative error %g, at most %g allowed; kernels %v", id, got.Shape, e, bar, p.Kernels())
		}
	}
}
