package cpu

import (
	"context"
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// randomNet is a small net that a seed draws.
func randomNet(seed uint64) *tensor.Plan {
	return tensortest.RandomNet(rand.New(rand.NewPCG(seed, seed+1)))
}

// TestArenaIsAsLargeAsEstimated: the program takes what the estimate says.
func TestArenaIsAsLargeAsEstimated(t *testing.T) {
	d := open(t, "")
	r := rand.New(rand.NewPCG(11, 12))
	for i := range 10 {
		plan := tensortest.RandomNet(r)
		o := tensor.Options{Threads: 1 + i%3, Fuse: i%2 == 0}
		e, err := d.Estimate(plan, o)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := compile(t, d, plan, 1, o)
		if n := int64(len(p.arena.data)) * floatBytes; n != e.Memory.ArenaBytes {
			t.Errorf("the arena has %d bytes, not %d", n, e.Memory.ArenaBytes)
		}
	}
}

// TestProgressIsAtTheSpan: spans of workers come while their kernel runs.
func TestProgressIsAtTheSpan(t *testing.T) {
	p, _ := compile(t, open(t, ""), randomNet(17), 1, tensor.Options{Threads: 2, Fuse: true})
	spans := 0
	err := p.Run(context.Background(), tensor.RunOptions{Workers: true, Observe: func(s tensor.Span) {
		if spans++; p.Progress() != s.Op {
			t.Errorf("progress is at %d during %d", p.Progress(), s.Op)
		}
	}})
	if err != nil || spans < len(p.Kernels()) {
		t.Errorf("%d spans of %d kernels, error %v", spans, len(p.Kernels()), err)
	}
}

func TestRunAllocatesLittle(t *testing.T) {
	d := open(t, "")
	if d.Info().Kernels == "generic" {
		t.Skip("the kernels in plain Go allocate")
	}
	p, _ := compile(t, d, randomNet(21), 1, tensor.Options{Threads: 2, Fuse: true})
	pass := func() {
		if err := p.Run(context.Background(), tensor.RunOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	pass()
	if n := testing.AllocsPerRun(10, pass); n > 8 {
		t.Errorf("%v allocations per run", n)
	}
}

func TestUnknownKernels(t *testing.T) {
	if _, err := New(Config{Kernels: "abacus"}); err == nil {
		t.Error("unknown kernels were accepted")
	}
}

// TestFreeMemoryIsKnown: where the system reports it, plans that don't fit are
// refused (the conformance suite asks for one).
func TestFreeMemoryIsKnown(t *testing.T) {
	if free := open(t, "").Info().Free; (free > 0) != (availableMemory() > 0) {
		t.Errorf("%d bytes are free, and the system reports %d", free, availableMemory())
	}
}
