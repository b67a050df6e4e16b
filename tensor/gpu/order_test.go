package gpu_test

import (
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
)

// conflict reports whether two kernels can't run at once: one writes memory that the other
// reads or writes.
func conflict(bp *gpu.Blueprint, a, b *gpu.Kernel) bool {
	for i, x := range a.Buffers {
		for j, y := range b.Buffers {
			if x.Kind != y.Kind || x.Kind != gpu.Arena && x.Kind != gpu.Param || (a.Writes>>i|b.Writes>>j)&1 == 0 {
				continue
			}
			if x.ID == y.ID || x.Kind == gpu.Arena && regionOf(bp, x.ID).meets(regionOf(bp, y.ID)) {
				return true
			}
		}
	}
	return false
}

// TestOrder looks at all pairs of kernels between which nobody waits: they may run at once.
// And each wait has a reason.
func TestOrder(t *testing.T) {
	eachBlueprint(t, func(t *testing.T, bp *gpu.Blueprint) {
		list := kernels(bp)
		from := 0 // the kernels since the last wait
		for i, k := range list {
			against := func(o *gpu.Kernel) bool { return conflict(bp, o, k) }
			if k.Wait {
				if !slices.ContainsFunc(list[from:i], against) {
					t.Errorf("%s, kernel %d, waits for kernels %d to %d, and conflicts with none", k.Name, i, from, i-1)
				}
				from = i
			} else if j := slices.IndexFunc(list[from:i], against); j >= 0 {
				t.Errorf("%s, kernel %d, does not wait for kernel %d, %s", k.Name, i, from+j, list[from+j].Name)
			}
		}
	})
}

// TestWritesAreDeclared: every result of an operation is written by a kernel of its step,
// every parameter that the step changes, and nothing else that lasts.
func TestWritesAreDeclared(t *testing.T) {
	eachBlueprint(t, func(t *testing.T, bp *gpu.Blueprint) {
		for _, st := range bp.Steps {
			wrote := map[gpu.Ref]bool{}
			for _, k := range st.Kernels {
				for i, r := range k.Buffers {
					if k.Writes>>i&1 != 0 {
						wrote[r] = true
					}
				}
			}
			want := map[gpu.Ref]bool{}
			for _, id := range bp.Plan.Ops[st.Group.Last()].Out {
				want[gpu.Ref{Kind: gpu.Arena, ID: int(id)}] = true
			}
			for _, id := range st.Changes {
				want[gpu.Ref{Kind: gpu.Param, ID: int(id)}] = true
			}
			for r := range want {
				if !wrote[r] {
					t.Errorf("%s: nobody writes %+v", bp.Plan.Ops[st.Group.Head].Path, r)
				}
			}
			for r := range wrote {
				last := r.Kind == gpu.Param || r.ID < len(bp.Plan.Buffers)
				if last && !want[r] && !isResult(bp.Plan, st, r) {
					t.Errorf("%s: %+v is written, and is no result", bp.Plan.Ops[st.Group.Head].Path, r)
				}
			}
		}
	})
}

// isResult reports whether a buffer is a result of one of a step's operations.
func isResult(p *tensor.Plan, st *gpu.Step, r gpu.Ref) bool {
	if r.Kind != gpu.Arena {
		return false
	}
	for _, op := range append([]int{st.Group.Head}, st.Group.Absorbed...) {
		if slices.Contains(p.Ops[op].Out, tensor.BufferID(r.ID)) {
			return true
		}
	}
	return false
}

// TestProjectionsRunBesideBranches: of ResNet-50's forward pass, the four projections begin
// while their branches run.
func TestProjectionsRunBesideBranches(t *testing.T) {
	bp := blueprint(t, netPlan(t, "resnet50", 8, 224, nn.Pass{}), true, traits)
	beside := 0
	for _, st := range bp.Steps {
		if path := bp.Plan.Ops[st.Group.Head].Path; strings.HasSuffix(path, ".downsample.0") && !st.Kernels[0].Wait {
			beside++
		}
	}
	waiting := report(t, bp)
	if n := len(bp.Steps); beside != 4 || waiting > n-4 {
		t.Errorf("%d projections of 4 wait for nobody, and %d of all %d steps wait", beside, waiting, n)
	}
}

// TestUpdatesRunAtOnce: no update of a training step waits for another.
func TestUpdatesRunAtOnce(t *testing.T) {
	bp := blueprint(t, netPlan(t, "resnet50", 8, 224, training), true, traits)
	updates, waited := 0, 0
	for _, k := range kernels(bp) {
		if k.Name != "map_update" {
			continue
		}
		if updates++; k.Wait {
			waited++
		}
	}
	waiting := report(t, bp)
	if n := len(bp.Steps); updates != 161 || waited > 1 || waiting > n-160-4 {
		t.Errorf("%d of %d updates wait, and %d of all %d steps", waited, updates, waiting, n)
	}
}

// report logs how much a blueprint waits, and returns the number of steps whose first
// kernel does. A step's own kernels wait for each other.
func report(t *testing.T, bp *gpu.Blueprint) (waiting int) {
	t.Helper()
	all, waits := kernels(bp), 0
	for _, k := range all {
		if k.Wait {
			waits++
		}
	}
	for _, st := range bp.Steps {
		if st.Kernels[0].Wait {
			waiting++
		}
	}
	t.Logf("%d of %d steps wait before they begin; %d waits of %d kernels", waiting, len(bp.Steps), waits, len(all))
	return waiting
}
