package tensortest

import (
	"fmt"

	"resnet-tui/tensor"
)

// Builder makes small plans, one operation per call. Its zero value is an empty
// plan. A result's shape follows from the operands; names are b0, b1, … for
// buffers, p0, p1, … for parameters and op0, op1, … for paths, so that two
// plans built by the same calls share parameters on one State. Nothing is
// checked here: Plan.Validate finds what doesn't fit.
type Builder struct{ tensor.Plan }

// Buffer adds a buffer.
func (b *Builder) Buffer(c tensor.Class, shape ...int) tensor.BufferID {
	id := tensor.BufferID(len(b.Buffers))
	b.Buffers = append(b.Buffers, tensor.Buffer{Name: fmt.Sprintf("b%d", id), Shape: shape, Class: c})
	return id
}

// Input adds a buffer that is written before a run.
func (b *Builder) Input(shape ...int) tensor.BufferID { return b.Buffer(tensor.Input, shape...) }

// Like adds an Input of another buffer's shape.
func (b *Builder) Like(x tensor.BufferID) tensor.BufferID { return b.Input(b.Shape(x)...) }

// targetName is the name by which InputValues recognises a target.
const targetName = "target"

// Target adds an Input for the classes of n images.
func (b *Builder) Target(n int) tensor.BufferID {
	id := b.Input(n)
	b.Buffers[id].Name = targetName
	return id
}

// Param adds a parameter.
func (b *Builder) Param(r tensor.Role, shape ...int) tensor.ParamID {
	id := tensor.ParamID(len(b.Params))
	b.Params = append(b.Params, tensor.Param{Name: fmt.Sprintf("p%d", id), Shape: shape, Role: r})
	return id
}

// Scalar adds a scalar input and returns its index.
func (b *Builder) Scalar(name string) int {
	b.Scalars = append(b.Scalars, name)
	return len(b.Scalars) - 1
}

// Shape is a buffer's shape.
func (b *Builder) Shape(x tensor.BufferID) tensor.Shape { return b.Buffers[x].Shape }

// Output makes buffers outputs: they can be read after a run.
func (b *Builder) Output(ids ...tensor.BufferID) { b.class(tensor.Output, ids) }

// Keep makes buffers Kept: they can be read after a run.
func (b *Builder) Keep(ids ...tensor.BufferID) { b.class(tensor.Kept, ids) }

func (b *Builder) class(c tensor.Class, ids []tensor.BufferID) {
	for _, id := range ids {
		b.Buffers[id].Class = c
	}
}

// Append adds any operation, with operands in and one new Scratch buffer for
// each of the shapes. The path is the operation's own if it has one. Kinds that
// never take a scalar input get NoScalar.
func (b *Builder) Append(op tensor.Op, in []tensor.BufferID, shapes ...tensor.Shape) []tensor.BufferID {
	op.In, op.Out = in, nil
	for _, s := range shapes {
		op.Out = append(op.Out, b.Buffer(tensor.Scratch, s...))
	}
	if op.Path == "" {
		op.Path = fmt.Sprintf("op%d", len(b.Ops))
	}
	if !takesScalar(op.Kind) {
		op.Scalar = tensor.NoScalar
	}
	b.Ops = append(b.Ops, op)
	return op.Out
}

// takesScalar reports whether operations of a kind may read a scalar input.
func takesScalar(k tensor.Kind) bool {
	switch k {
	case tensor.Add, tensor.Dropout, tensor.DropoutGrad, tensor.Scale, tensor.SGD:
		return true
	}
	return false
}

// one adds an operation with one operand and one result.
func (b *Builder) one(op tensor.Op, x tensor.BufferID, shape ...int) tensor.BufferID {
	return b.Append(op, []tensor.BufferID{x}, shape)[0]
}

// Conv adds a convolution of x[N,C,H,W] with k output channels.
func (b *Builder) Conv(x tensor.BufferID, k int, w tensor.Window, groups int, bias bool) tensor.BufferID {
	s := b.Shape(x)
	oh, ow := w.Out(s[2], s[3])
	params := []tensor.ParamID{b.Param(tensor.Weight, k, s[1]/groups, w.KH, w.KW)}
	if bias {
		params = append(params, b.Param(tensor.Bias, k))
	}
	op := tensor.Op{Kind: tensor.Conv2d, Window: w, Groups: groups, Params: params}
	return b.one(op, x, s[0], k, oh, ow)
}

// Linear adds a linear layer of x[N,C] with k features.
func (b *Builder) Linear(x tensor.BufferID, k int, bias bool) tensor.BufferID {
	s := b.Shape(x)
	params := []tensor.ParamID{b.Param(tensor.Weight, k, s[1])}
	if bias {
		params = append(params, b.Param(tensor.Bias, k))
	}
	return b.one(tensor.Op{Kind: tensor.Linear, Params: params}, x, s[0], k)
}

// Norm adds a batch normalisation by running statistics or, with train, by the
// batch's.
func (b *Builder) Norm(x tensor.BufferID, train bool) tensor.BufferID {
	c := b.Shape(x)[1]
	params := []tensor.ParamID{
		b.Param(tensor.Gamma, c), b.Param(tensor.Beta, c),
		b.Param(tensor.RunningMean, c), b.Param(tensor.RunningVar, c),
	}
	op := tensor.Op{Kind: tensor.BatchNorm2d, Params: params, Eps: 1e-5, Momentum: 0.1, Train: train}
	return b.one(op, x, b.Shape(x)...)
}

// ReLU adds max(x, 0).
func (b *Builder) ReLU(x tensor.BufferID) tensor.BufferID {
	return b.one(tensor.Op{Kind: tensor.ReLU}, x, b.Shape(x)...)
}

// Add adds α·branch + skip, with α a scalar's index or NoScalar for 1.
func (b *Builder) Add(branch, skip tensor.BufferID, scalar int) tensor.BufferID {
	op := tensor.Op{Kind: tensor.Add, Scalar: scalar}
	return b.Append(op, []tensor.BufferID{branch, skip}, b.Shape(branch))[0]
}

// MaxPool adds a max pool, over −∞ or, with zeros, over padding of 0.
func (b *Builder) MaxPool(x tensor.BufferID, w tensor.Window, zeros bool) tensor.BufferID {
	s := b.Shape(x)
	oh, ow := w.Out(s[2], s[3])
	return b.one(tensor.Op{Kind: tensor.MaxPool2d, Window: w, PadZero: zeros}, x, s[0], s[1], oh, ow)
}

// WindowPool adds an average pool of windows.
func (b *Builder) WindowPool(x tensor.BufferID, w tensor.Window) tensor.BufferID {
	s := b.Shape(x)
	oh, ow := w.Out(s[2], s[3])
	return b.one(tensor.Op{Kind: tensor.AvgPool2d, Window: w}, x, s[0], s[1], oh, ow)
}

// AvgPool adds an adaptive average pool to planes of h×w.
func (b *Builder) AvgPool(x tensor.BufferID, h, w int) tensor.BufferID {
	s := b.Shape(x)
	return b.one(tensor.Op{Kind: tensor.AdaptiveAvgPool2d}, x, s[0], s[1], h, w)
}

// Pad adds the shortcut of option A: a stride, and zero channels before and
// after.
func (b *Builder) Pad(x tensor.BufferID, stride, before, after int) tensor.BufferID {
	s := b.Shape(x)
	op := tensor.Op{Kind: tensor.Pad, Window: tensor.Window{SH: stride, SW: stride}, PadBefore: before, PadAfter: after}
	return b.one(op, x, s[0], before+s[1]+after, ceilDiv(s[2], stride), ceilDiv(s[3], stride))
}

// ceilDiv is ⌈a/b⌉ for a ≥ 0 and b > 0.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// Flatten adds x[N,C,H,W] → y[N,C·H·W].
func (b *Builder) Flatten(x tensor.BufferID) tensor.BufferID {
	s := b.Shape(x)
	return b.one(tensor.Op{Kind: tensor.Flatten}, x, s[0], s.Elems()/s[0])
}

// Dropout adds a dropout with probability p; scalar is its seed's index, or
// NoScalar where train is false.
func (b *Builder) Dropout(x tensor.BufferID, p float64, train bool, scalar int) tensor.BufferID {
	return b.one(tensor.Op{Kind: tensor.Dropout, Eps: p, Train: train, Scalar: scalar}, x, b.Shape(x)...)
}

// Moments adds a probe of mean and deviation, and keeps it.
func (b *Builder) Moments(x tensor.BufferID) tensor.BufferID {
	id := b.one(tensor.Op{Kind: tensor.Moments}, x, 2)
	b.Keep(id)
	return id
}

// L2 adds a probe of the L2 norm, in the backward pass, and keeps it.
func (b *Builder) L2(x tensor.BufferID) tensor.BufferID {
	id := b.one(tensor.Op{Kind: tensor.Norm, Pass: tensor.Backward}, x, 1)
	b.Keep(id)
	return id
}

// Histogram adds a probe of counts, figures and channels along an axis, and keeps them.
func (b *Builder) Histogram(x tensor.BufferID, axis int) []tensor.BufferID {
	return b.histogram(tensor.Op{Axis: axis}, []tensor.BufferID{x}, b.Shape(x))
}

// ParamHistogram adds the same probe of a parameter's values.
func (b *Builder) ParamHistogram(p tensor.ParamID, axis int) []tensor.BufferID {
	return b.histogram(tensor.Op{Axis: axis, Params: []tensor.ParamID{p}}, nil, b.Params[p].Shape)
}

func (b *Builder) histogram(op tensor.Op, in []tensor.BufferID, of tensor.Shape) []tensor.BufferID {
	op.Kind = tensor.Histogram
	out := b.Append(op, in, tensor.Shape{2, tensor.HistogramCounts}, tensor.Shape{tensor.HistogramFigures},
		tensor.Shape{tensor.HistogramRows, of[op.Axis]})
	b.Keep(out...)
	return out
}

// Scale adds α·x in the backward pass, with α a scalar's index.
func (b *Builder) Scale(x tensor.BufferID, scalar int) tensor.BufferID {
	return b.one(tensor.Op{Kind: tensor.Scale, Pass: tensor.Backward, Scalar: scalar}, x, b.Shape(x)...)
}

// Join adds the sum of two parts of a gradient and its probe of four norms,
// which is kept.
func (b *Builder) Join(branch, skip tensor.BufferID) (sum, probe tensor.BufferID) {
	op := tensor.Op{Kind: tensor.Join, Pass: tensor.Backward}
	out := b.Append(op, []tensor.BufferID{branch, skip}, b.Shape(branch), tensor.Shape{4})
	b.Keep(out[1])
	return out[0], out[1]
}

// CrossEntropy adds the loss of logits[N,K] for a target[N], with label
// smoothing, and the probabilities p[N,K].
func (b *Builder) CrossEntropy(logits, target tensor.BufferID, smoothing float64) (loss, p tensor.BufferID) {
	op := tensor.Op{Kind: tensor.CrossEntropy, Eps: smoothing}
	out := b.Append(op, []tensor.BufferID{logits, target}, tensor.Shape{1}, b.Shape(logits))
	return out[0], out[1]
}

// CrossEntropyGrad adds the gradient of the loss with respect to the logits,
// from the probabilities p.
func (b *Builder) CrossEntropyGrad(p, target tensor.BufferID, smoothing float64) tensor.BufferID {
	op := tensor.Op{Kind: tensor.CrossEntropyGrad, Pass: tensor.Backward, Eps: smoothing}
	return b.Append(op, []tensor.BufferID{p, target}, b.Shape(p))[0]
}

// SGD adds the update of a parameter by its gradient, with op's Momentum, Decay
// and Nesterov, and a new slot if there is momentum. scalar is the learning
// rate's index.
func (b *Builder) SGD(p tensor.ParamID, grad tensor.BufferID, scalar int, op tensor.Op) {
	op.Kind = tensor.SGD
	op.Pass = tensor.Update
	op.Scalar = scalar
	op.Params = []tensor.ParamID{p}
	if op.Momentum != 0 {
		op.Params = append(op.Params, b.Param(tensor.Slot, b.Params[p].Shape...))
	}
	b.Append(op, []tensor.BufferID{grad})
}
