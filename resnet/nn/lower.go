package nn

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// LowerOptions say what pass a Model is lowered to.
type LowerOptions struct {
	Train    bool    // batch statistics and dropout
	Momentum float64 // of the running statistics, 0 means PyTorch's 0.1
	Hold     bool    // leave the running statistics as they are
	Moments  []int   // layers whose outputs' mean and deviation are probed, by index

	Backward  bool    // the loss and the gradients behind the forward pass
	Smoothing float64 // of the loss's labels, in [0, 1]
	Blocks    bool    // probe the gradients at blocks, see Lowered.Blocks
	Norms     bool    // probe the norms of parameters' gradients
	KeepGrads bool    // make parameters' gradients readable
	InputGrad bool    // carry the gradient to the image, readable
	Update    *SGD    // the optimiser's step behind the backward pass, or nil
}

// Lowered is a Model as a plan, and the way from one to the other. Where
// something was not asked for, a buffer is tensor.NoBuffer.
type Lowered struct {
	Plan          *tensor.Plan
	Input, Output tensor.BufferID
	// OpLayer is by operation its layer's index: an operation of any pass
	// belongs to the layer that it computes, differentiates or updates, a sum
	// of gradients to the addition that it is the gradient of. A probe and the
	// loss have −1.
	OpLayer []int
	LayerOp []int             // by layer: its operation in the forward pass
	Moments []tensor.BufferID // by layer: the probe's result

	Target    tensor.BufferID   // N classes, as float32
	Loss      tensor.BufferID   // one value
	InputGrad tensor.BufferID   // ∂loss/∂image
	ParamGrad []tensor.BufferID // by parameter: its gradient, of the parameter's shape
	ParamNorm []tensor.BufferID // by parameter: the probe of its gradient's L2 norm
	Blocks    []BlockProbe      // by block, in execution order
}

// dropoutSeed names the scalar input that keys the masks of dropout.
const dropoutSeed = "dropout seed"

// Lower makes the plan of a pass: forward; with Backward or Update, a step of
// training. Batch statistics of a single value a channel are an error, as in
// PyTorch.
func (m *Model) Lower(o LowerOptions) (*Lowered, error) {
	return m.lowerWith(o, func(f *lowering) {
		if o.Backward || o.Update != nil {
			f.backward()
		}
	})
}

// lowerWith makes a plan of the forward pass and what rest adds to it.
func (m *Model) lowerWith(o LowerOptions, rest func(f *lowering)) (*Lowered, error) {
	if err := cmp.Or(m.checkTrain(o), o.check()); err != nil {
		return nil, err
	}
	probe := make([]bool, len(m.Layers))
	for _, i := range o.Moments {
		if i < 0 || i >= len(probe) {
			return nil, fmt.Errorf("no layer %d to probe: %s has %d", i, m.Name, len(probe))
		}
		probe[i] = true
	}
	return m.lower(o, probe, rest), nil
}

// Ends are the layers whose results are those of kernels of the forward pass.
// Probes there keep a device that runs l by these kernels from nothing, for
// every other result lives inside a kernel.
func (l *Lowered) Ends(kernels []tensor.KernelInfo) []int {
	var layers []int
	for i := range kernels {
		op := kernels[i].Last()
		if layer := l.OpLayer[op]; layer >= 0 && l.Plan.Ops[op].Pass == tensor.Forward {
			layers = append(layers, layer)
		}
	}
	return layers
}

// EveryLayer are the indices of all layers.
func (m *Model) EveryLayer() []int {
	layers := make([]int, len(m.Layers))
	for i := range layers {
		layers[i] = i
	}
	return layers
}

func (o *LowerOptions) check() error {
	if !(o.Smoothing >= 0 && o.Smoothing <= 1) {
		return fmt.Errorf("label smoothing %v: it must be from 0 to 1", o.Smoothing)
	}
	if o.Update == nil && (o.Blocks || o.Norms || o.KeepGrads || o.InputGrad) && !o.Backward {
		return errors.New("gradients are asked for, but no backward pass")
	}
	return o.Update.check()
}

func (m *Model) checkTrain(o LowerOptions) error {
	for _, l := range m.Layers {
		if s := l.In; o.Train && !l.Frozen && l.Kind == tensor.BatchNorm2d && s[0]*s[2]*s[3] < 2 {
			return fmt.Errorf("%s: train mode needs more than one value a channel to normalise, and the input there is %v: "+
				"a larger batch or image", l.Path, s)
		}
	}
	return nil
}

// lowering is a plan under construction.
type lowering struct {
	*Lowered
	model   *Model
	options LowerOptions
	results []tensor.BufferID   // by layer
	saved   [][]tensor.BufferID // by layer: what a batch norm keeps for its gradient
}

// lower makes a plan with probes after some layers, and what rest adds.
func (m *Model) lower(o LowerOptions, probe []bool, rest func(f *lowering)) *Lowered {
	l := &Lowered{
		Plan: &tensor.Plan{Params: m.Params}, Target: tensor.NoBuffer, Loss: tensor.NoBuffer, InputGrad: tensor.NoBuffer,
		ParamGrad: slices.Repeat([]tensor.BufferID{tensor.NoBuffer}, len(m.Params)),
		ParamNorm: slices.Repeat([]tensor.BufferID{tensor.NoBuffer}, len(m.Params)),
		Moments:   slices.Repeat([]tensor.BufferID{tensor.NoBuffer}, len(m.Layers)),
	}
	f := &lowering{Lowered: l, model: m, options: o}
	l.Input = l.buffer("input", m.Input, tensor.Input)
	for i, layer := range m.Layers {
		f.layer(layer)
		if probe[i] {
			l.probe(layer, f.results[i])
		}
	}
	l.Output = f.results[len(f.results)-1]
	l.Plan.Buffers[l.Output].Class = tensor.Output
	rest(f)
	return l
}

// layer appends a layer's operation.
func (f *lowering) layer(l *Layer) {
	op := f.op(l)
	for _, in := range l.Inputs {
		op.In = append(op.In, f.result(in))
	}
	op.Out = []tensor.BufferID{f.buffer(l.Path, l.Out, tensor.Scratch)}
	f.results = append(f.results, op.Out[0])
	var saved []tensor.BufferID
	if op.Train && op.Kind == tensor.BatchNorm2d && f.keepsStatistics() {
		c := tensor.Shape{l.Out[1]}
		saved = []tensor.BufferID{f.buffer(l.Path+".mean", c, tensor.Scratch), f.buffer(l.Path+".rstd", c, tensor.Scratch)}
		op.Out = append(op.Out, saved...)
	}
	f.saved = append(f.saved, saved)
	f.LayerOp = append(f.LayerOp, f.add(op, l.Index))
}

// keepsStatistics reports whether a backward pass follows.
func (f *lowering) keepsStatistics() bool { return f.options.Backward || f.options.Update != nil }

// result is a layer's result, or the image for −1.
func (f *lowering) result(layer int) tensor.BufferID {
	if layer < 0 {
		return f.Input
	}
	return f.results[layer]
}

// op is a layer's operation in the mode, without its buffers.
func (f *lowering) op(l *Layer) tensor.Op {
	op, train := l.Op, f.options.Train
	op.Scalar = tensor.NoScalar
	switch {
	case l.Kind == tensor.BatchNorm2d:
		op.Train, op.Momentum = train && !l.Frozen, cmp.Or(f.options.Momentum, 0.1)
		if f.options.Hold {
			op.Momentum = 0
		}
	case l.Kind == tensor.Dropout && train:
		op.Train, op.Scalar = true, f.scalar(dropoutSeed)
	case l.Scaled != "":
		op.Scalar = f.scalar(l.Scaled)
	}
	return op
}

// scalar is the index of a scalar input by its name.
func (f *lowering) scalar(name string) int {
	at := slices.Index(f.Plan.Scalars, name)
	if at < 0 {
		at = len(f.Plan.Scalars)
		f.Plan.Scalars = append(f.Plan.Scalars, name)
	}
	return at
}

func (l *Lowered) buffer(name string, s tensor.Shape, c tensor.Class) tensor.BufferID {
	l.Plan.Buffers = append(l.Plan.Buffers, tensor.Buffer{Name: name, Shape: s, Class: c, DType: activationType})
	return tensor.BufferID(len(l.Plan.Buffers) - 1)
}

// add appends an operation of a layer, −1 if it has none.
func (l *Lowered) add(op tensor.Op, layer int) int {
	l.Plan.Ops = append(l.Plan.Ops, op)
	l.OpLayer = append(l.OpLayer, layer)
	return len(l.Plan.Ops) - 1
}

// probe takes the moments of a layer's result.
func (l *Lowered) probe(layer *Layer, of tensor.BufferID) {
	l.Moments[layer.Index] = l.buffer(layer.Path, tensor.Shape{2}, tensor.Kept)
	l.add(tensor.Op{
		Kind: tensor.Moments, Path: layer.Path, Call: layer.Call, Scalar: tensor.NoScalar,
		In: []tensor.BufferID{of}, Out: []tensor.BufferID{l.Moments[layer.Index]},
	}, -1)
}
