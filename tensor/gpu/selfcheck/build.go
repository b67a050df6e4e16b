package selfcheck

import (
	"fmt"

	"resnet-tui/tensor"
)

// builder makes the plan. Every operand is an input of its own, and every result can be
// read, unless a test fuses operations.
type builder struct{ tensor.Plan }

// The scalar inputs of the plan, and their values.
const (
	factor = iota // of additions and scalings
	rate          // of updates
	seed          // of dropouts
)

var scalars = []float32{factor: 0.75, rate: 0.125, seed: 3}

func newBuilder() *builder {
	return &builder{tensor.Plan{Scalars: []string{factor: "factor", rate: "rate", seed: "seed"}}}
}

func (b *builder) buffer(c tensor.Class, name string, shape ...int) tensor.BufferID {
	b.Buffers = append(b.Buffers, tensor.Buffer{Name: name, Shape: shape, Class: c})
	return tensor.BufferID(len(b.Buffers) - 1)
}

// What an input holds follows from its name.
const (
	operand  = "operand"
	positive = "positive" // such as 1/σ
	stepped  = "stepped"  // with many equal values
	classes  = "classes"  // 0, 1 and 2
)

func (b *builder) input(shape ...int) tensor.BufferID {
	return b.buffer(tensor.Input, operand, shape...)
}

func (b *builder) param(r tensor.Role, shape ...int) tensor.ParamID {
	id := tensor.ParamID(len(b.Params))
	b.Params = append(b.Params, tensor.Param{Name: fmt.Sprint(r, " ", id), Shape: shape, Role: r})
	return id
}

// add adds an operation with results of those shapes.
func (b *builder) add(op tensor.Op, in []tensor.BufferID, shapes ...tensor.Shape) []tensor.BufferID {
	op.In, op.Path = in, fmt.Sprint("check", len(b.Ops))
	for i, s := range shapes {
		class := tensor.Output
		if op.Kind == tensor.Histogram || op.Kind == tensor.Norm || op.Kind == tensor.Moments || op.Kind == tensor.Join && i == 1 {
			class = tensor.Kept
		}
		op.Out = append(op.Out, b.buffer(class, op.Path, s...))
	}
	b.Ops = append(b.Ops, op)
	return op.Out
}

// unary adds an operation on an operand.
func (b *builder) unary(op tensor.Op, x tensor.BufferID, out ...int) tensor.BufferID {
	return b.add(op, []tensor.BufferID{x}, out)[0]
}

// follow adds what a group may absorb behind x: nobody reads x itself any more.
func (b *builder) follow(x tensor.BufferID, op tensor.Op, more ...tensor.BufferID) tensor.BufferID {
	b.Buffers[x].Class = tensor.Scratch
	return b.add(op, append([]tensor.BufferID{x}, more...), b.Buffers[x].Shape)[0]
}

func (b *builder) shape(x tensor.BufferID) tensor.Shape { return b.Buffers[x].Shape }

// norm is a batch norm of c channels.
func (b *builder) norm(c int, train bool) tensor.Op {
	return tensor.Op{
		Kind: tensor.BatchNorm2d, Train: train, Eps: 1e-3, Momentum: 0.25, Scalar: tensor.NoScalar,
		Params: []tensor.ParamID{
			b.param(tensor.Gamma, c), b.param(tensor.Beta, c), b.param(tensor.RunningMean, c), b.param(tensor.RunningVar, c),
		},
	}
}

// tail adds a skip and a ReLU behind x, to be fused with it.
func (b *builder) tail(x tensor.BufferID) {
	x = b.follow(x, plain(tensor.Add), b.input(b.shape(x)...))
	b.follow(x, plain(tensor.ReLU))
}

// plain is an operation without fields.
func plain(k tensor.Kind) tensor.Op { return tensor.Op{Kind: k, Scalar: tensor.NoScalar} }

// back is one of the backward pass.
func back(k tensor.Kind) tensor.Op {
	return tensor.Op{Kind: k, Pass: tensor.Backward, Scalar: tensor.NoScalar}
}

// values fills an input.
func values(buf *tensor.Buffer, id tensor.BufferID) *tensor.Tensor {
	t := tensor.New(buf.Shape...)
	low := -1.0
	if buf.Name == positive {
		low = 0.5
	}
	tensor.NewStream(uint64(id), "self-check").Uniforms(t.Data, 0, low, 1.5)
	for i := range t.Data {
		switch buf.Name {
		case stepped:
			t.Data[i] = float32(int(4*t.Data[i])) / 4
		case classes:
			t.Data[i] = float32(i % 3)
		}
	}
	return t
}

// source gives parameters their values.
type source struct{ precision tensor.Precision }

// Load fills t.
func (s source) Load(p tensor.Param, t *tensor.Tensor) error {
	low := -1.0
	if p.Role == tensor.RunningVar {
		low = 0.5
	}
	tensor.NewStream(1, p.Name).Uniforms(t.Data, 0, low, 1.5)
	round(t.Data, s.precision)
	return nil
}
