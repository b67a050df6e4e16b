package nn

import "resnet-tui/tensor"

// gradientRules say, by kind of operation, how the gradient goes back through it:
// from dy, the gradient of its result, to those of its operands and, on the way,
// of its parameters. A rule emits only what is wanted. It returns one buffer per
// operand, tensor.NoBuffer where the gradient isn't wanted.
var gradientRules = map[tensor.Kind]func(b *backward, l *Layer, dy tensor.BufferID) []tensor.BufferID{
	tensor.Conv2d: func(b *backward, l *Layer, dy tensor.BufferID) []tensor.BufferID {
		b.param(l, 0, tensor.Conv2dGradWeight, b.operand(l), dy)
		b.param(l, 1, tensor.Conv2dGradBias, dy)
		return b.input(l, tensor.Conv2dGradInput, l.Params[:1], dy)
	},
	tensor.Linear: func(b *backward, l *Layer, dy tensor.BufferID) []tensor.BufferID {
		b.param(l, 0, tensor.LinearGradWeight, b.operand(l), dy)
		b.param(l, 1, tensor.LinearGradBias, dy)
		return b.input(l, tensor.LinearGradInput, l.Params[:1], dy)
	},
	tensor.BatchNorm2d: batchNormGradient,
	tensor.ReLU: func(b *backward, l *Layer, dy tensor.BufferID) []tensor.BufferID {
		return b.input(l, tensor.ReLUGrad, nil, b.results[l.Index], dy)
	},
	tensor.MaxPool2d: func(b *backward, l *Layer, dy tensor.BufferID) []tensor.BufferID {
		return b.input(l, tensor.MaxPool2dGrad, nil, b.operand(l), dy)
	},
	tensor.AvgPool2d:         linearMap(tensor.AvgPool2dGrad),
	tensor.AdaptiveAvgPool2d: linearMap(tensor.AdaptiveAvgPool2dGrad),
	tensor.Pad:               linearMap(tensor.PadGrad),
	tensor.Flatten:           linearMap(tensor.Unflatten),
	tensor.Dropout:           linearMap(tensor.DropoutGrad),
	tensor.Scale:             linearMap(tensor.Scale),
	tensor.Add: func(b *backward, l *Layer, dy tensor.BufferID) []tensor.BufferID {
		branch := dy // α·branch + skip
		if l.Scaled != "" {
			branch = b.input(l, tensor.Scale, nil, dy)[0]
		}
		return []tensor.BufferID{branch, dy}
	},
}

// linearMap is the rule of an operation whose gradient needs dy alone.
func linearMap(k tensor.Kind) func(b *backward, l *Layer, dy tensor.BufferID) []tensor.BufferID {
	return func(b *backward, l *Layer, dy tensor.BufferID) []tensor.BufferID { return b.input(l, k, nil, dy) }
}

// batchNormGradient has the gradients of γ and β in one operation with that of
// its operand: in train mode all three are made of the same two sums over the
// batch.
func batchNormGradient(b *backward, l *Layer, dy tensor.BufferID) []tensor.BufferID {
	params := l.Params[:1]
	if saved := b.saved[l.Index]; saved == nil {
		params = []tensor.ParamID{l.Params[0], l.Params[2], l.Params[3]} // normalised by the running statistics
	}
	in := append([]tensor.BufferID{b.operand(l), dy}, b.saved[l.Index]...)
	op := b.gradient(l, tensor.BatchNorm2dGrad, params, in)
	op.Out = []tensor.BufferID{b.buffer(l.Path+".grad_input", l.In, tensor.Scratch)}
	if b.learns(l) {
		op.Out = append(op.Out, b.paramBuffer(l, 0), b.paramBuffer(l, 1))
	}
	b.add(op, l.Index)
	return op.Out[:1]
}

// operand is a layer's first operand in the forward pass.
func (b *backward) operand(l *Layer) tensor.BufferID { return b.result(l.Inputs[0]) }

// gradient is an operation of a layer's backward pass: another kind, with the
// geometry of the forward operation.
func (b *backward) gradient(l *Layer, k tensor.Kind, params []tensor.ParamID, in []tensor.BufferID) tensor.Op {
	op := b.op(l)
	op.Kind, op.Pass = k, tensor.Backward
	op.Params, op.In = params, in
	return op
}

// input emits the gradient of a layer's first operand, if it is wanted.
func (b *backward) input(l *Layer, k tensor.Kind, params []tensor.ParamID, in ...tensor.BufferID) []tensor.BufferID {
	if !b.wanted(l.Inputs[0]) {
		return []tensor.BufferID{tensor.NoBuffer}
	}
	op := b.gradient(l, k, params, in)
	op.Out = []tensor.BufferID{b.buffer(l.Path+".grad_input", l.In, tensor.Scratch)}
	b.add(op, l.Index)
	return op.Out
}

// param emits the gradient of a layer's i-th parameter, if there is one and the
// layer learns.
func (b *backward) param(l *Layer, i int, k tensor.Kind, in ...tensor.BufferID) {
	if i >= len(l.Params) || !b.learns(l) {
		return
	}
	op := b.gradient(l, k, nil, in)
	op.Out = []tensor.BufferID{b.paramBuffer(l, i)}
	b.add(op, l.Index)
}

// paramBuffer makes a buffer for a part of the gradient of a layer's i-th
// parameter.
func (b *backward) paramBuffer(l *Layer, i int) tensor.BufferID {
	id := l.Params[i]
	buffer := b.buffer(b.model.Params[id].Name+".grad", b.model.Params[id].Shape, tensor.Scratch)
	b.parts[id] = append(b.parts[id], buffer)
	return buffer
}
