package diagnose

import (
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Evidence is what is known of a net. What is nil or empty was not measured, and the rules
// that need it find nothing.
type Evidence struct {
	Net     *nn.Model
	Trained bool     // the weights are from a file, not the initialisation
	Missing []string // parameters that the file lacked, which stay at their initialisation

	Input  Input
	Params []Param // by index in Net.Params
	Eval   *Pass   // forward, normalised by the running statistics
	Train  *Pass   // forward, normalised by the batch's; nil without batch norm
	Step   *Step   // nil without a backward pass
	Stem   *Stem   // nil if the first convolution has no batch norm right behind it
	Other  *Fit    // how the net fits with the zero channels of its skips elsewhere

	Times  []LayerTime // by row, none if the net was not profiled
	Memory *Memory
}

// Pass is what a forward pass gave.
type Pass struct {
	Layers []*nn.Statistics // of outputs, with channels; by index in Net.Layers
	Logits *tensor.Tensor   // N×classes
}

// Step is what a backward pass gave, and the settings of the training it stands for.
type Step struct {
	Mode      nn.Mode
	Loss      float64            // mean cross-entropy, in nats
	ParamGrad []float64          // L2 norms by index in Net.Params; NaN where no gradient is computed
	Reached   []bool             // by index in Net.Params: it has a gradient
	Blocks    []nn.BlockGradient // in execution order

	Rate     float64 // the learning rate; 0 if it isn't known, and with it the two below
	Momentum float64
	Decay    float64
}

// LayerTime is the time of a layer's kernel in a pass.
type LayerTime struct {
	Path  string
	MS    float64
	Share float64 // of the pass
	Roof  float64 // the share of its roof that it reaches, 0 if that isn't known
	Bound string  // "compute", "memory" or "overhead"
}

// Memory is what a pass's arena holds at its fullest.
type Memory struct {
	Path    string // of the layer that runs then
	Bytes   int64
	Largest string // the layer whose output takes most of it
	Most    int64  // bytes of that
}

// Fit is how far batches are from the running statistics: of the net as it is, and of
// its twin.
type Fit struct {
	Name         string  // of the twin: "A-end"
	Path         string  // the first batch norm behind a padded skip
	Drift, Twins float64 // mean divergence, see drift
}

// param is the layer's parameter in a role, nil if it has none.
func (e *Evidence) param(l *nn.Layer, role tensor.Role) *Param {
	for _, id := range l.Params {
		if e.Net.Params[id].Role == role {
			return &e.Params[id]
		}
	}
	return nil
}

// output is the layer's output in the eval pass; nil for the net's input.
func (e *Evidence) output(layer int) *nn.Statistics {
	if layer < 0 || e.Eval == nil {
		return nil
	}
	return e.Eval.Layers[layer]
}

// ofKind calls f with each layer of a kind, in execution order.
func (e *Evidence) ofKind(kind tensor.Kind, f func(l *nn.Layer)) {
	for _, l := range e.Net.Layers {
		if l.Kind == kind {
			f(l)
		}
	}
}

// fitting reports whether the input is of the kind that the running statistics are of:
// images for trained weights, noise for a fresh net that was calibrated on noise.
func (e *Evidence) fitting() bool { return e.Trained == e.Input.Real }

// classes are the likeliest ones of each image in a pass.
func (p *Pass) classes() []int {
	classes := make([]int, p.Logits.Shape[0])
	for i := range classes {
		row := rowOf(p.Logits, i)
		for c, v := range row {
			if v > row[classes[i]] {
				classes[i] = c
			}
		}
	}
	return classes
}

// rowOf is the i-th slice of a tensor along its first dimension.
func rowOf(t *tensor.Tensor, i int) []float32 {
	n := len(t.Data) / t.Shape[0]
	return t.Data[i*n : (i+1)*n]
}

// rms is the root of the mean square of a tensor's finite values.
func rms(s *nn.Statistics) float64 {
	if s == nil || s.Finite() == 0 {
		return 0
	}
	return s.L2 / math.Sqrt(float64(s.Finite()))
}

// isFinite reports whether all values of a tensor are finite.
func isFinite(s *nn.Statistics) bool { return s.NaN+s.Inf == 0 }

// images is the number of images in the batch.
func (e *Evidence) images() float64 { return float64(e.Net.Batch()) }
