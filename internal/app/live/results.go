package live

import (
	"context"
	"maps"
	"math"
	"time"

	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// guesses are how many classes Results.Top has.
const guesses = 5

// look reads what the net makes of the first image, what lesions have changed in
// that, and the gradients.
func (r *runner) look() {
	r.looked = time.Now()
	r.results.Machine = r.load.Read()
	r.results.Device = r.readDevice()
	logits, err := r.session.Logits()
	if err != nil || len(logits.Shape) == 0 || logits.Shape[0] == 0 {
		return // the figures don't depend on it
	}
	r.results.Top = likeliest(train.Image(logits, 0), guesses)
	r.results.Effect = r.effect(logits)
	if r.actual.histograms {
		r.results.Values = valuesOf(r.session)
	}
	if !r.actual.backward {
		return
	}
	r.results.Gradients = r.options.gradients(r.session)
	if r.twin != nil {
		known := *r.results.Twin
		known.Gradients = r.options.gradients(r.twin.session)
		r.results.Twin = &known
	}
}

// deviceEvery is how often the device is asked for its free memory and its sensors.
const deviceEvery = time.Second

// readDevice is the device as it is now, or was a moment ago.
func (r *runner) readDevice() *tensor.Info {
	if now := time.Now(); r.results.Device == nil || now.Sub(r.asked) >= deviceEvery {
		r.asked = now
		i := r.device.Info()
		return &i
	}
	return r.results.Device
}

// likeliest are the n classes of largest probability, best first; nil if a logit is
// not finite.
func likeliest(logits []float32, n int) []Guess {
	p := train.Softmax(logits)
	if len(p) == 0 || math.IsNaN(p[0]) { // one value that is not finite spoils all
		return nil
	}
	var top []Guess
	for _, class := range train.Top(logits, n) {
		top = append(top, Guess{class, p[class]})
	}
	return top
}

// step runs the next layer's kernel alone, and the probes that look at its output.
// After the last one a new pass begins.
func (r *runner) step(ctx context.Context) error {
	kernels, layers := r.results.Program.Kernels, r.results.Program.Lowered.OpLayer
	if r.kernel >= len(kernels) {
		r.kernel, r.results.Step = 0, nil
	}
	layer := layers[kernels[r.kernel].Op]
	for first := true; r.kernel < len(kernels) && (first || layers[kernels[r.kernel].Op] < 0); first = false {
		if err := r.session.Step(ctx, r.kernel, r.results.Program.Recorder); err != nil {
			return err
		}
		r.kernel++
	}
	r.results.Step = r.stepped(layer)
	if r.kernel >= len(kernels) {
		r.look()
	}
	return nil
}

// stepped is the step after a layer has run.
func (r *runner) stepped(layer int) *Step {
	s := Step{Layer: layer, Ordinal: 1, Count: len(r.results.Program.Model.Layers), Moments: map[int]Moments{}}
	if last := r.results.Step; last != nil {
		s.Ordinal = last.Ordinal + 1
		maps.Copy(s.Moments, last.Moments)
	}
	if mean, std, ok := r.session.Stats(layer); ok {
		s.Moments[layer] = Moments{mean, std}
	}
	return &s
}

// exactPaths is how many lengths are kept apart unless the options say.
const exactPaths = 16

// trace splits the gradient by path length.
func (r *runner) trace(ctx context.Context) error {
	k := r.options.Paths
	if k == 0 {
		k = exactPaths
	}
	paths, err := r.session.PathLengths(ctx, k, func(done, total int64) { r.report("path lengths", done, total) })
	if err == nil {
		r.results.Paths = paths
	}
	return err
}
