package resnet

import (
	"cmp"
	"fmt"

	"resnet-tui/tensor"
)

// LowerOptions say what pass a Model is lowered to.
type LowerOptions struct {
	Train    bool    // batch statistics and dropout
	Momentum float64 // of the running statistics, 0 means PyTorch's 0.1
	Moments  bool    // probe the mean and deviation of outputs
	Fuse     bool    // probe only where a fused group ends, so that probes stop no fusion
}

// Lowered is a Model as a plan, and the way from one to the other.
type Lowered struct {
	Plan          *tensor.Plan
	Input, Output tensor.BufferID
	OpLayer       []int             // by operation: its layer's index, −1 for a probe
	LayerOp       []int             // by layer: its operation
	Moments       []tensor.BufferID // by layer: the probe's result, tensor.NoBuffer where there is none
	Groups        []tensor.Group    // Plan.Groups(Fuse)
}

// dropoutSeed names the scalar input that keys the masks of dropout.
const dropoutSeed = "dropout seed"

// Lower makes the plan of a forward pass. Batch statistics of a single value a
// channel are an error, as in PyTorch.
func (m *Model) Lower(o LowerOptions) (*Lowered, error) {
	if err := m.checkTrain(o); err != nil {
		return nil, err
	}
	probe := make([]bool, len(m.Layers))
	if o.Moments {
		for _, g := range m.lower(o, probe).Plan.Groups(o.Fuse) {
			probe[g.Last()] = true // without probes, operations are layers
		}
	}
	l := m.lower(o, probe)
	l.Groups = l.Plan.Groups(o.Fuse)
	return l, nil
}

func (m *Model) checkTrain(o LowerOptions) error {
	for _, l := range m.Layers {
		if s := l.In; o.Train && l.Kind == tensor.BatchNorm2d && s[0]*s[2]*s[3] < 2 {
			return fmt.Errorf("%s: train mode needs more than one value a channel to normalise, and the input there is %v: "+
				"a larger batch or image", l.Path, s)
		}
	}
	return nil
}

// lower makes a plan with probes after some layers.
func (m *Model) lower(o LowerOptions, probe []bool) *Lowered {
	l := &Lowered{Plan: &tensor.Plan{Params: m.Params}}
	if o.Train {
		l.Plan.Scalars = m.scalars()
	}
	l.Input = l.buffer("input", m.Config.input(), tensor.Input)
	results := make([]tensor.BufferID, len(m.Layers))
	for i, layer := range m.Layers {
		class := tensor.Scratch
		if i == len(m.Layers)-1 {
			class = tensor.Output
		}
		op := m.op(layer, o)
		for _, in := range layer.Inputs {
			if in < 0 {
				op.In = append(op.In, l.Input)
			} else {
				op.In = append(op.In, results[in])
			}
		}
		results[i] = l.buffer(layer.Path, layer.Out, class)
		l.LayerOp = append(l.LayerOp, l.op(op, results[i], i))
		l.Moments = append(l.Moments, tensor.NoBuffer)
		if probe[i] {
			l.probe(layer, results[i])
		}
	}
	l.Output = results[len(results)-1]
	return l
}

// scalars are the scalar inputs of train mode.
func (m *Model) scalars() []string {
	for _, l := range m.Layers {
		if l.Kind == tensor.Dropout {
			return []string{dropoutSeed}
		}
	}
	return nil
}

// op is a layer's operation in some mode, without its buffers.
func (m *Model) op(l *Layer, o LowerOptions) tensor.Op {
	op := l.op
	op.Scalar = tensor.NoScalar
	switch {
	case l.Kind == tensor.BatchNorm2d:
		op.Train, op.Momentum = o.Train, cmp.Or(o.Momentum, 0.1)
	case l.Kind == tensor.Dropout && o.Train:
		op.Train, op.Scalar = true, 0
	}
	return op
}

func (l *Lowered) buffer(name string, s tensor.Shape, c tensor.Class) tensor.BufferID {
	l.Plan.Buffers = append(l.Plan.Buffers, tensor.Buffer{Name: name, Shape: s, Class: c})
	return tensor.BufferID(len(l.Plan.Buffers) - 1)
}

// op appends an operation of a layer, or a probe of layer −1.
func (l *Lowered) op(op tensor.Op, out tensor.BufferID, layer int) int {
	op.Out = []tensor.BufferID{out}
	l.Plan.Ops = append(l.Plan.Ops, op)
	l.OpLayer = append(l.OpLayer, layer)
	return len(l.Plan.Ops) - 1
}

// probe takes the moments of a layer's result.
func (l *Lowered) probe(layer *Layer, of tensor.BufferID) {
	out := l.buffer(layer.Path, tensor.Shape{2}, tensor.Kept)
	l.Moments[layer.Index] = out
	l.op(tensor.Op{
		Kind: tensor.Moments, Path: layer.Path, Call: layer.Call, In: []tensor.BufferID{of}, Scalar: tensor.NoScalar,
	}, out, -1)
}
