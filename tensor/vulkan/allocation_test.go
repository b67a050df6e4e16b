//go:build !nogpu

package vulkan

import (
	"context"
	"maps"
	"slices"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// TestRunsTakeNothing: once a training step has run, unobserved and observed, later ones ask the
// driver for nothing but to run what was recorded, also where scalars change.
func TestRunsTakeNothing(t *testing.T) {
	s := newSpy(t)
	d, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	b, logits := tensortest.SmallNet(true, 2)
	b.Train(logits, tensor.Scratch)
	state, err := d.NewState(b.Params, tensortest.Values{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Compile(&b.Plan, state, tensor.Options{Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range b.Find(tensor.Input) {
		if err := p.Write(id, tensortest.InputValues(&b.Plan, id, 1)); err != nil {
			t.Fatal(err)
		}
	}
	run := func(scale float32, observe func(tensor.Span)) {
		scalars := tensortest.ScalarValues(&b.Plan)
		for i := range scalars {
			scalars[i] *= scale
		}
		if err := p.Run(context.Background(), tensor.RunOptions{Scalars: scalars, Observe: observe}); err != nil {
			t.Fatal(err)
		}
	}
	spans := 0
	count := func(tensor.Span) { spans++ }
	run(1, nil)
	run(1, count)
	before := maps.Clone(s.calls)
	run(0.5, nil)
	run(0.25, count)
	allowed := []string{"QueueSubmit", "WaitForFences", "ResetFences", "GetQueryPoolResults"}
	for name, n := range s.calls {
		if n != before[name] && !slices.Contains(allowed, name) {
			t.Errorf("a later run calls %s", name)
		}
	}
	if spans != 2*len(p.Kernels()) || s.calls["QueueSubmit"] == before["QueueSubmit"] {
		t.Errorf("%d spans of %d kernels, %d submissions before and %d after",
			spans, len(p.Kernels()), before["QueueSubmit"], s.calls["QueueSubmit"])
	}
}
