package live

import (
	"image"
	"slices"

	"resnet-tui/resnet/nn"
)

// desired is what the requests amount to.
type desired struct {
	Settings
	steps     int  // single steps that have not begun
	tracing   bool // path lengths are asked for
	measuring bool // ceilings are asked for
	// diagnosing says that a diagnosis is asked for, resembling that similarity is.
	diagnosing, resembling bool
	sight                  Sight
	patch                  image.Rectangle // of the image that is covered
}

// drop forgets what was asked for once.
func (d *desired) drop() { d.steps, d.tracing = 0, false }

// target is what a program is compiled for.
type target struct {
	batch    int
	fused    bool
	stepping bool // not fused, with moments of the outputs
	backward bool
	twin     bool
	lesions  []nn.Lesion
	// histograms are those of values, see Settings.Histograms.
	histograms bool
}

func (t target) equal(o target) bool {
	return t.net().sameNet(o.net()) && t.twin == o.twin && slices.Equal(t.lesions, o.lesions)
}

// net is the target without what concerns the net's lesions and the twin.
func (t target) net() target {
	t.twin, t.lesions = false, nil
	return t
}

func (t target) sameNet(o target) bool {
	return t.batch == o.batch && t.fused == o.fused && t.stepping == o.stepping && t.backward == o.backward &&
		t.histograms == o.histograms
}

// settings are the target as clients see it.
func (t target) settings() Settings {
	return Settings{
		Batch: t.batch, Fused: t.fused, Backward: t.backward, Twin: t.twin, Lesions: t.lesions, Histograms: t.histograms,
	}
}

// actual is where the engine is when no task runs.
type actual struct {
	prepared bool // there is a program
	failed   bool
	recorded bool // there is nothing to run
	passed   bool // the program has made a pass
	// twinStale says that the twin has not followed the net to the target yet.
	twinStale bool
	sight     Sight           // that Results.Seen answers
	patch     image.Rectangle // that Results.Occlusion is about
	behind    bool            // its changes are about an earlier one
	target
}

// action is what a task does.
type action uint8

const (
	rest     action = iota // wait for a request
	prepare                // make weights ready and compile the first program
	compile                // compile the program for a target
	pass                   // run passes
	step                   // run one layer
	trace                  // split the gradient by path length
	measure                // the machine's ceilings
	see                    // look at a place inside, or no more
	explain                // say why a class is likely
	occlude                // look without a part of the image
	compare                // what that has changed
	examine                // say what is wrong
	resemble               // say how alike blocks are
)

// dispensable reports whether the net runs on after a task that has failed.
func (a action) dispensable() bool {
	return a == trace || a == measure || a == examine || a == resemble
}

// yields reports whether a task ends early for another one that is wanted now.
func (t task) yields(next task) bool {
	switch t.action {
	case compile, pass, trace, examine, resemble:
		return !t.equal(next)
	case see:
		return !t.equal(next)
	case explain: // other classes come as fast as a key repeats, and each is worth showing
		return next.action != explain || t.sight.Method != next.sight.Method
	case occlude: // so do patches
		return next.action != occlude && next.action != rest && next.action != pass
	}
	return false
}

// task is a piece of work that leads from what is to what is desired.
type task struct {
	action action
	to     target          // of compile
	sight  Sight           // of see and explain
	patch  image.Rectangle // of occlude
}

// looks reports whether a task looks inside the net.
func (t task) looks() bool { return t.action >= see && t.action <= compare }

func (t task) equal(o task) bool {
	return t.action == o.action && t.to.equal(o.to) && t.sight == o.sight && t.patch == o.patch
}

// reconcile is the next task that leads from what is to what is desired. It alone
// decides what the engine does.
func reconcile(d desired, a actual) task {
	switch to := d.target(a); {
	case a.failed:
		return task{}
	case !a.prepared:
		return task{action: prepare}
	case a.recorded:
		return task{}
	case d.measuring:
		return task{action: measure}
	case !to.equal(a.target), to.twin && a.twinStale:
		return task{action: compile, to: to}
	case d.sight.At != a.sight.At:
		return task{action: see, sight: Sight{At: d.sight.At}}
	case d.patch != a.patch:
		return task{action: occlude, patch: d.patch}
	case a.behind:
		return task{action: compare}
	case d.sight != a.sight: // which may take long, and whoever drags a patch does not wait
		return task{action: explain, sight: d.sight}
	case d.diagnosing:
		return task{action: examine}
	case d.resembling:
		return task{action: resemble}
	case d.tracing && !a.passed:
		return task{action: pass} // clients show its gradients too
	case a.histograms && !a.passed:
		return task{action: pass} // values are wanted of a net that is paused, too
	case d.tracing:
		return task{action: trace}
	case d.Running:
		return task{action: pass}
	case d.steps > 0:
		return task{action: step}
	}
	return task{}
}

// target is the program for what is desired. One for single steps stays until the
// net runs again.
func (d desired) target(a actual) target {
	t := target{
		batch: d.Batch, fused: d.Fused, backward: d.Backward, twin: d.Twin, lesions: d.Lesions, histograms: d.Histograms,
	}
	if d.steps > 0 || a.stepping && !d.Running && !d.tracing {
		t.stepping, t.fused, t.backward, t.twin, t.histograms = true, false, false, false, false
	}
	return t
}

// revert takes back what was desired and could not be had, unless it has changed
// since: tried is what was asked for, last what was there before. Steps that it
// was for are dropped.
func (d *desired) revert(tried task, asked, last Settings) {
	if d.Batch == asked.Batch {
		d.Batch = last.Batch
	}
	if d.Fused == asked.Fused {
		d.Fused = last.Fused
	}
	if d.Backward == asked.Backward {
		d.Backward = last.Backward
	}
	if d.Twin == asked.Twin {
		d.Twin = last.Twin
	}
	if d.Histograms == asked.Histograms {
		d.Histograms = last.Histograms
	}
	if slices.Equal(d.Lesions, asked.Lesions) {
		d.Lesions = last.Lesions
	}
	if tried.to.stepping {
		d.steps = 0
	}
	d.tracing = d.tracing && d.Backward
}
