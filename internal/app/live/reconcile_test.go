package live

import (
	"image"
	"testing"

	"resnet-tui/resnet/nn"
)

// TestReconcile: what is done next for what is desired, from a paused net of batch 1.
func TestReconcile(t *testing.T) {
	is := actual{prepared: true, target: target{batch: 1, fused: true}}
	wants := desired{Settings: Settings{Batch: 1, Fused: true}}
	stepping, back := target{batch: 1, stepping: true}, target{batch: 1, fused: true, backward: true}
	cut := []nn.Lesion{{Path: "layer1.0", Kind: nn.CutSkip}}
	for name, c := range map[string]struct {
		change func(d *desired, a *actual)
		want   task
	}{
		"nothing": {func(d *desired, a *actual) {}, task{}},
		"not prepared": {
			func(d *desired, a *actual) { a.prepared, d.Running = false, true },
			task{action: prepare},
		},
		"failed":   {func(d *desired, a *actual) { a.failed, d.Running = true, true }, task{}},
		"recorded": {func(d *desired, a *actual) { a.recorded, d.Running = true, true }, task{}},
		"run":      {func(d *desired, a *actual) { d.Running = true }, task{action: pass}},
		"batch": {
			func(d *desired, a *actual) { d.Batch, d.Running = 2, true },
			task{action: compile, to: target{batch: 2, fused: true}},
		},
		"lesions": {
			func(d *desired, a *actual) { d.Lesions = cut },
			task{action: compile, to: target{batch: 1, fused: true, lesions: cut}},
		},
		"step":            {func(d *desired, a *actual) { d.steps = 1 }, task{action: compile, to: stepping}},
		"step, compiled":  {func(d *desired, a *actual) { d.steps, a.target = 1, stepping }, task{action: step}},
		"after steps":     {func(d *desired, a *actual) { a.target = stepping }, task{}},
		"run after steps": {func(d *desired, a *actual) { a.target, d.Running = stepping, true }, task{action: compile, to: is.target}},
		"backward and the twin wait while stepping": {
			func(d *desired, a *actual) { a.target, d.Backward, d.Twin = stepping, true, true },
			task{},
		},
		"paths": {func(d *desired, a *actual) { TracePaths{}.apply(d) }, task{action: compile, to: back}},
		"paths before a pass": {
			func(d *desired, a *actual) { TracePaths{}.apply(d); a.backward = true },
			task{action: pass},
		},
		"paths after a pass": {
			func(d *desired, a *actual) { TracePaths{}.apply(d); a.backward, a.passed = true, true },
			task{action: trace},
		},
		"paths after steps": {
			func(d *desired, a *actual) { a.target = stepping; TracePaths{}.apply(d) },
			task{action: compile, to: back},
		},
		"see before passes": {
			func(d *desired, a *actual) { See{cam("layer1.0")}.apply(d); d.Running = true },
			task{action: see, sight: Sight{At: "layer1.0"}},
		},
		"explain what is seen": {
			func(d *desired, a *actual) { See{cam("layer1.0")}.apply(d); a.sight.At = "layer1.0" },
			task{action: explain, sight: cam("layer1.0")},
		},
		"occlude before that is explained": {
			func(d *desired, a *actual) {
				See{cam("layer1.0")}.apply(d)
				Occlude{image.Rect(1, 1, 5, 5)}.apply(d)
				a.sight.At = "layer1.0"
			},
			task{action: occlude, patch: image.Rect(1, 1, 5, 5)},
		},
		"compare what is behind": {
			func(d *desired, a *actual) { a.behind, d.Running = true, true },
			task{action: compare},
		},
		"see no more": {
			func(d *desired, a *actual) {
				a.sight, a.patch = cam("layer1.0"), image.Rect(1, 1, 5, 5)
				See{}.apply(d)
			},
			task{action: see},
		},
		"occlude without a sight": {func(d *desired, a *actual) { Occlude{image.Rect(1, 1, 5, 5)}.apply(d) }, task{}},
		"ceilings": {
			func(d *desired, a *actual) { MeasureCeilings{}.apply(d); d.Running, d.Batch = true, 2 },
			task{action: measure},
		},
		"ceilings of a net that is not prepared": {
			func(d *desired, a *actual) { MeasureCeilings{}.apply(d); a.prepared = false },
			task{action: prepare},
		},
		"twin that has not followed": {
			func(d *desired, a *actual) { a.twin, a.twinStale, d.Twin = true, true, true },
			task{action: compile, to: target{batch: 1, fused: true, twin: true}},
		},
		"twin that has not followed and need not": {
			func(d *desired, a *actual) { a.twin, a.twinStale = true, true },
			task{action: compile, to: is.target},
		},
	} {
		d, a := wants, is
		c.change(&d, &a)
		if got := reconcile(d, a); !got.equal(c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestRevert: a rejection takes back what was tried, but not what came since.
func TestRevert(t *testing.T) {
	last := Settings{Batch: 1, Fused: true}
	asked := Settings{Batch: 512, Fused: true, Backward: true, Twin: true}
	d := desired{Settings: asked, steps: 1, tracing: true}
	d.Twin, d.Lesions = false, []nn.Lesion{{Path: "layer1.0", Kind: nn.CutSkip}}
	d.revert(task{action: compile}, asked, last)
	if d.Batch != 1 || d.Backward || d.Twin || len(d.Lesions) != 1 || d.steps != 1 || d.tracing {
		t.Errorf("what is left is %+v", d)
	}
	if d.revert(task{action: compile, to: target{stepping: true}}, asked, last); d.steps != 0 {
		t.Errorf("%d steps are left that can't be", d.steps)
	}
}
