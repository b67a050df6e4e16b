package tensortest

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"resnet-tui/tensor"
)

// memory: what Fusions and Estimate say is what Compile makes, blocks that live at the
// same time don't overlap, and what can't fit is refused.
func (s *suite) memory(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for i := range 18 {
		plan := RandomNet(r)
		if takes(i) {
			s.estimate(t, plan, tensor.Options{Threads: 1 + i%3, Fuse: i%2 == 0})
		}
	}
	for i, n := range nets {
		if takes(i + 2) {
			s.estimate(t, n.trainingPlan(true, 4), tensor.Options{Threads: 2, Fuse: true})
		}
	}
	s.tooLarge(t)
}

func (s *suite) estimate(t *testing.T, plan *tensor.Plan, o tensor.Options) {
	t.Helper()
	if s.refused(t, plan, 1) {
		return
	}
	s.cases++
	o.Precision = s.precision
	want, err := s.dev.Estimate(plan, o)
	if err != nil {
		t.Fatal(err)
	}
	fusions, err := s.dev.Fusions(plan, o)
	if err != nil {
		t.Fatal(err)
	}
	if bare := bare(want.Kernels); !reflect.DeepEqual(fusions, bare) {
		t.Errorf("fusions %+v, estimated %+v", fusions, bare)
	}
	c := s.compile(t, plan, 1, o)
	if got := (tensor.Estimate{Kernels: c.Kernels(), Memory: c.Memory()}); !reflect.DeepEqual(got, want) {
		t.Errorf("estimated %+v, compiled %+v", want, got)
	}
	m := want.Memory
	if m.Total() <= 0 || m.PeakOp < 0 || m.PeakOp >= len(plan.Ops) {
		t.Errorf("%d bytes, most of them at operation %d of %d", m.Total(), m.PeakOp, len(plan.Ops))
	}
	checkBlocks(t, m, len(plan.Ops))
}

// bare are kernels without what Device.Fusions leaves out.
func bare(kernels []tensor.KernelInfo) []tensor.KernelInfo {
	list := make([]tensor.KernelInfo, len(kernels))
	for i, k := range kernels {
		list[i] = tensor.KernelInfo{Op: k.Op, Absorbed: k.Absorbed}
	}
	return list
}

// checkBlocks looks at all pairs of buffers that live at once.
func checkBlocks(t *testing.T, m tensor.MemoryPlan, ops int) {
	t.Helper()
	for i, a := range m.Blocks {
		for _, b := range m.Blocks[:i] {
			// In place, one buffer begins at the operation where the other ends.
			together := a.First < b.Last && b.First < a.Last
			if together && a.Offset < b.Offset+b.Bytes && b.Offset < a.Offset+a.Bytes {
				t.Errorf("%+v and %+v overlap", a, b)
			}
		}
		if a.Offset < 0 || a.Offset+a.Bytes > m.ArenaBytes || a.First > a.Last || a.Last >= ops {
			t.Errorf("%+v lies outside the arena of %d bytes, or the plan of %d operations", a, m.ArenaBytes, ops)
		}
	}
}

// tooLarge asks for 8 TB. A device that knows how much memory is free must
// refuse it with a *tensor.MemoryError, and others with any error.
func (s *suite) tooLarge(t *testing.T) {
	var b Builder
	b.Output(b.ReLU(b.Input(1<<12, 64, 1<<12, 1<<10)))
	if s.refused(t, &b.Plan, 1) {
		return
	}
	s.cases++
	if s.dev.Info().Free == 0 {
		t.Log("the device doesn't know how much memory is free: it isn't asked for too much")
		return
	}
	state := s.newState(t, nil, nil)
	var m *tensor.MemoryError
	err := s.refusedProgram(&b.Plan, state, tensor.Options{})()
	if !errors.As(err, &m) || m.Need <= m.Have || m.Have <= 0 {
		t.Errorf("error %v", err)
	}
}
