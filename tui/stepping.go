package tui

import (
	"fmt"
	"maps"
	"math"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// step runs the next kernel alone, and the probes that look at what it made.
func (e *engine) step() {
	e.steps--
	kernels, opLayer := e.state.program.kernels, e.state.program.lowered.OpLayer
	if e.next >= len(kernels) {
		e.next, e.state.step = 0, nil
	}
	layer := opLayer[kernels[e.next].Op]
	for first := true; e.next < len(kernels) && (first || opLayer[kernels[e.next].Op] < 0); first = false {
		if err := e.session.Step(e.ctx, e.next, e.state.program.recorder); err != nil {
			e.fail(err)
			return
		}
		e.next++
	}
	e.state.step = e.stepped(layer)
	if e.next >= len(kernels) {
		e.look()
	}
	e.rest()
}

// stepped is the step after layer ran.
func (e *engine) stepped(layer int) *step {
	s := step{layer: layer, ordinal: 1, count: len(e.state.program.model.Layers), moments: map[int]moments{}}
	if old := e.state.step; old != nil {
		s.ordinal = old.ordinal + 1
		maps.Copy(s.moments, old.moments)
	}
	if layer >= 0 {
		if mean, std, ok := e.session.Stats(layer); ok {
			s.moments[layer] = moments{mean, std}
		}
	}
	return &s
}

// look publishes what the net takes the first image for, what lesions have
// changed in that, and the gradients.
func (e *engine) look() {
	logits, err := e.session.Logits()
	if err != nil || len(logits.Shape) == 0 || logits.Shape[0] == 0 {
		return // the figures don't depend on it
	}
	row := logits.Data[:len(logits.Data)/logits.Shape[0]]
	e.state.top = guesses(row, e.opts.Labels, 5)
	e.state.effect = e.judge(logits)
	if e.have.back {
		e.state.grads = e.gather(e.session)
	}
	if e.have.back && e.twin != nil {
		twin := *e.state.twin
		twin.grads = e.gather(e.twin.session)
		e.state.twin = &twin
	}
	e.publish()
}

// guesses are the n classes of largest probability for one row of logits. None
// if the row is not finite.
func guesses(logits []float32, labels []string, n int) []guess {
	p := train.Softmax(logits)
	if len(p) == 0 || math.IsNaN(p[0]) { // one value that is not finite spoils all
		return nil
	}
	var top []guess
	for _, i := range train.Top(logits, n) {
		label := fmt.Sprintf("class %d", i)
		if len(labels) == len(logits) {
			label = labels[i]
		}
		top = append(top, guess{label, p[i]})
	}
	return top
}

// settled is the half-width of the 95 % interval of a mean, as a part of it; 0
// with too few passes to say.
func settled(s *profile.Series) float64 {
	if s.N < 3 {
		return 0
	}
	return 1.96 * s.CV / math.Sqrt(float64(s.N))
}
