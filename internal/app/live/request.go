package live

import (
	"slices"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Request asks the engine for something. The requests are Run, Pause, StepLayer,
// SetBatch, SetFuse, SetBackward, SetTwin, SetLesions, TracePaths, InspectParam,
// InspectParams, SetHistograms, MeasureCeilings, Diagnose, MeasureSimilarity,
// See and Occlude.
type Request interface {
	apply(d *desired)
}

// Run asks for one pass after the other.
type Run struct{}

// Pause asks for no more passes. The one that runs is cut short.
type Pause struct{}

// StepLayer asks for one layer's kernels, with the moments of its output, and pauses.
// Fusion, the backward pass and the twin are left out until the net runs again.
type StepLayer struct{}

// SetBatch asks for that many images in a pass, at least 1.
type SetBatch struct{ Images int }

// SetFuse asks that the device may fuse layers, or may not.
type SetFuse struct{ On bool }

// SetBackward asks for backward passes, or for none.
type SetBackward struct{ On bool }

// SetTwin asks for the twin beside the net, or for none.
type SetTwin struct{ On bool }

// SetLesions asks for exactly these lesions, in this order.
type SetLesions struct{ Lesions []nn.Lesion }

// SetHistograms asks that passes count the values of outputs and gradients, see
// State.Values, or don't.
type SetHistograms struct{ On bool }

// TracePaths asks for the gradient by path length, once, which needs backward
// passes. Every other request but SetTwin, SetHistograms and those of parameters calls it off; the
// former have it begin anew.
type TracePaths struct{}

// InspectParam asks what a parameter's initial values are like, see State.Params.
// Reading them disturbs no pass.
type InspectParam struct{ Param tensor.Param }

// InspectParams asks the same of all parameters that can be learned, one after the other.
type InspectParams struct{}

// MeasureCeilings asks for the machine's ceilings anew, see State.Ceilings. Passes wait
// for a second or two meanwhile, and then go on.
type MeasureCeilings struct{}

// Diagnose asks what is wrong with the net, see State.Findings. Passes wait meanwhile.
type Diagnose struct{}

// MeasureSimilarity asks how alike what leaves the net's blocks is, of each to each, and the
// same of the twin if it is on, see State.Similarity. Passes wait meanwhile.
type MeasureSimilarity struct{}

// After is what the settings amount to once r is answered, unless it is rejected.
// Requests of single steps and of path lengths change them too.
func (s Settings) After(r Request) Settings {
	d := desired{Settings: s}
	r.apply(&d)
	return d.Settings
}

// maxBatch bounds what SetBatch can ask for; memory bounds it further.
const maxBatch = 1 << 20

func (Run) apply(d *desired)   { d.drop(); d.Running = true }
func (Pause) apply(d *desired) { d.drop(); d.Running = false }

func (StepLayer) apply(d *desired) {
	d.tracing, d.Running = false, false
	d.steps++
}

func (r SetBatch) apply(d *desired)    { d.tracing, d.Batch = false, min(max(r.Images, 1), maxBatch) }
func (r SetFuse) apply(d *desired)     { d.tracing, d.Fused = false, r.On }
func (r SetBackward) apply(d *desired) { d.tracing, d.Backward = false, r.On }
func (r SetTwin) apply(d *desired)     { d.Twin = r.On } // the net whose paths are traced stays as it is
func (r SetLesions) apply(d *desired)  { d.tracing, d.Lesions = false, slices.Clone(r.Lesions) }

func (r SetHistograms) apply(d *desired) { d.Histograms = r.On }

func (TracePaths) apply(d *desired) {
	d.drop()
	d.Backward, d.tracing = true, true
}

func (MeasureCeilings) apply(d *desired) { d.measuring = true }

func (Diagnose) apply(d *desired)          { d.diagnosing = true }
func (MeasureSimilarity) apply(d *desired) { d.resembling = true }

func (InspectParam) apply(*desired)  {} // the loop starts a reader, see inspect
func (InspectParams) apply(*desired) {}
