package nn

import (
	"cmp"
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// Lowered is a Model as the plan of a pass, and the way from one to the other.
// It does not change, so that any number of goroutines may read it.
type Lowered struct {
	Plan          *tensor.Plan
	Pass          Pass // what the plan is of
	Input, Output tensor.BufferID
	// OpLayer is by operation its layer's index: an operation of any pass
	// belongs to the layer that it computes, differentiates or updates, a sum
	// of gradients to the addition that it is the gradient of. A probe and the
	// loss have −1.
	OpLayer []int
	LayerOp []int // by layer: its operation in the forward pass

	// What a backward pass has; without one, and for a parameter without a
	// gradient, tensor.NoBuffer. Only what is Kept can be read after a run.
	Target    tensor.BufferID   // N classes, as float32; without a loss tensor.NoBuffer, as Loss
	Loss      tensor.BufferID   // one value
	Seed      tensor.BufferID   // what a backward pass from a layer begins with, of its output's shape
	ParamGrad []tensor.BufferID // by parameter: its gradient, of the parameter's shape

	Probes [][]Site // by probe of the pass: where it is read

	sites map[Probe]Site // of Probes, by their own names
}

// dropoutSeed names the scalar input that keys the masks of dropout.
const dropoutSeed = "dropout seed"

// statsMomentum is the share of the running statistics that a pass in train
// mode replaces by the batch's: PyTorch's default.
const statsMomentum = 0.1

// Lower makes the plan of a pass. It is an error if the pass contradicts
// itself, if a probe names what the net doesn't have or what can't be taken
// there, and, as in PyTorch, if a batch norm in train mode gets a single value
// per channel.
func (m *Model) Lower(p Pass) (*Lowered, error) { return m.LowerVisible(p, upTo(len(m.Layers))) }

// LowerVisible is Lower for a device that runs several layers as one kernel:
// EveryLayer stands for the layers of those indices, whose outputs the device
// has in memory anyway (see Lowered.Visible).
func (m *Model) LowerVisible(p Pass, visible []int) (*Lowered, error) {
	f, err := m.newLowering(p, visible)
	if err != nil {
		return nil, err
	}
	f.forward()
	if p.Backward != nil {
		f.backward()
	}
	return f.finish()
}

// Visible are the layers whose outputs are the results of kernels of the forward
// pass. Every other output lives inside a kernel: to probe it, a device has to
// compile the plan to other kernels.
func (l *Lowered) Visible(kernels []tensor.KernelInfo) []int {
	var layers []int
	for i := range kernels {
		op := kernels[i].Last()
		if layer := l.OpLayer[op]; layer >= 0 && l.Plan.Ops[op].Pass == tensor.Forward {
			layers = append(layers, layer)
		}
	}
	return layers
}

// checkTrain reports a batch norm that can't normalise by its batch.
func (m *Model) checkTrain(p Pass) error {
	for _, l := range m.Layers {
		if s := l.In; p.Mode == Train && !l.Frozen && l.Kind == tensor.BatchNorm2d && s[0]*s[2]*s[3] < 2 {
			return fmt.Errorf("%s: train mode needs more than one value per channel to normalise, "+
				"and the input there is %v: use a larger batch or image", l.Path, s)
		}
	}
	return nil
}

// lowering is a plan under construction.
type lowering struct {
	*Lowered
	model       *Model
	from        int // the layer at whose output the backward pass begins
	pass        Pass
	probes      *probes
	momentum    float64             // of the running statistics
	results     []tensor.BufferID   // by layer
	saved       [][]tensor.BufferID // by layer: what a batch norm keeps for its gradient
	blockProbes []BlockProbe        // by block, if a probe looks at blocks
}

// newLowering checks a pass and begins its plan.
func (m *Model) newLowering(p Pass, visible []int) (*lowering, error) {
	if err := cmp.Or(m.checkTrain(p), p.check()); err != nil {
		return nil, err
	}
	for _, i := range visible {
		if i < 0 || i >= len(m.Layers) {
			return nil, fmt.Errorf("there is no layer %d: %s has %d", i, m.Name, len(m.Layers))
		}
	}
	probes, err := m.findProbes(p, visible)
	if err != nil {
		return nil, err
	}
	l := &Lowered{
		Plan: &tensor.Plan{Params: m.Params}, Pass: p, Target: tensor.NoBuffer, Loss: tensor.NoBuffer, Seed: tensor.NoBuffer,
		ParamGrad: slices.Repeat([]tensor.BufferID{tensor.NoBuffer}, len(m.Params)), sites: map[Probe]Site{},
	}
	f := &lowering{Lowered: l, model: m, pass: p, probes: probes, momentum: statsMomentum}
	if p.FreezeStats {
		f.momentum = 0
	}
	if f.from, err = m.backwardFrom(p); err != nil {
		return nil, err
	}
	f.makeRoom()
	return f, nil
}

// makeRoom makes room for about as many operations and buffers as the plan will
// have: otherwise most of the time goes into growing them. Backward, a convolution
// or linear layer takes two or three operations, any other layer one.
func (f *lowering) makeRoom() {
	layers, learnable := len(f.model.Layers), len(f.model.learnable())
	ops, buffers := layers, layers+1
	if f.pass.Backward != nil {
		ops += layers + layers/2
		buffers += 2*layers + learnable
	}
	if f.pass.Update != nil {
		ops += learnable
	}
	f.Plan.Ops = make([]tensor.Op, 0, ops)
	f.Plan.Buffers = make([]tensor.Buffer, 0, buffers)
	f.OpLayer = make([]int, 0, ops)
	f.LayerOp = make([]int, 0, layers)
	f.results = make([]tensor.BufferID, 0, layers)
	f.saved = make([][]tensor.BufferID, 0, layers)
}

// forward appends the forward pass.
func (f *lowering) forward() {
	f.Input = f.buffer("input", f.model.Input, tensor.Input)
	for _, l := range f.model.Layers {
		f.layer(l)
		f.probeLayer(l, f.results[l.Index])
		f.probeStats(l)
	}
	f.Output = f.results[len(f.results)-1]
	f.Plan.Buffers[f.Output].Class = tensor.Output
}

// finish is the plan with the places of its probes.
func (f *lowering) finish() (*Lowered, error) {
	var err error
	if f.Probes, err = f.findSites(); err != nil {
		return nil, err
	}
	for _, sites := range f.Probes {
		for _, s := range sites {
			f.sites[s.Probe] = s
		}
	}
	return f.Lowered, nil
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
	if op.Train && op.Kind == tensor.BatchNorm2d && f.pass.Backward != nil {
		c := tensor.Shape{l.Out[1]}
		saved = []tensor.BufferID{
			f.buffer(l.Path+".mean", c, tensor.Scratch),
			f.buffer(l.Path+".rstd", c, tensor.Scratch),
		}
		op.Out = append(op.Out, saved...)
	}
	f.saved = append(f.saved, saved)
	f.LayerOp = append(f.LayerOp, f.add(op, l.Index))
}

// result is a layer's result, or the net's input for −1.
func (f *lowering) result(layer int) tensor.BufferID {
	if layer < 0 {
		return f.Input
	}
	return f.results[layer]
}

// op is a layer's operation in the mode, without its buffers.
func (f *lowering) op(l *Layer) tensor.Op {
	op, train := l.Op, f.pass.Mode == Train
	op.Scalar = tensor.NoScalar
	switch {
	case l.Kind == tensor.BatchNorm2d:
		op.Train, op.Momentum = train && !l.Frozen, f.momentum
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

// probeLayer takes of a layer's result what probes want of it.
func (f *lowering) probeLayer(l *Layer, result tensor.BufferID) {
	if f.probes.wants(Keep, atLayer, l.Index) {
		f.Plan.Buffers[result].Class = tensor.Kept // the last layer's becomes Output, which is readable too
		f.probes.found(Keep, atLayer, l.Index, result)
	}
	if !f.probes.wants(Moments, atLayer, l.Index) {
		return
	}
	out := f.buffer(l.Path, tensor.Shape{2}, tensor.Kept)
	f.probes.found(Moments, atLayer, l.Index, out)
	f.add(tensor.Op{
		Kind: tensor.Moments, Path: l.Path, Call: l.Call, Scalar: tensor.NoScalar,
		In: []tensor.BufferID{result}, Out: []tensor.BufferID{out},
	}, -1)
}
