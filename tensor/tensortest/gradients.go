package tensortest

import (
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// Gradients are the gradients of one operation, by its operands and its
// parameters; NoBuffer where an input or parameter has no gradient.
type Gradients struct{ In, Params []tensor.BufferID }

// Differentiate appends the gradients of operation i, whose result has the
// gradient dy: those of its parameters and, with operands, those of what it
// reads. A batch norm in train mode gets buffers for the statistics that its
// gradient needs. Probes, the loss and updates have no rule here.
func (b *Builder) Differentiate(i int, dy tensor.BufferID, operands bool) Gradients {
	op := b.Ops[i]
	g := Gradients{In: missing(len(op.In)), Params: missing(len(op.Params))}
	switch op.Kind {
	case tensor.Conv2d, tensor.Linear:
		b.affine(op, dy, operands, g)
	case tensor.BatchNorm2d:
		b.normGradients(i, dy, g)
	case tensor.Add:
		g.In[0], g.In[1] = dy, dy
		if op.Scalar != tensor.NoScalar {
			g.In[0] = b.Scale(dy, op.Scalar)
		}
	default:
		g.In[0] = b.simpleGradient(op, dy)
	}
	return g
}

func missing(n int) []tensor.BufferID { return slices.Repeat([]tensor.BufferID{tensor.NoBuffer}, n) }

// affineKinds are the gradients of operations with a weight and a bias.
var affineKinds = map[tensor.Kind]struct{ weight, bias, input tensor.Kind }{
	tensor.Conv2d: {tensor.Conv2dGradWeight, tensor.Conv2dGradBias, tensor.Conv2dGradInput},
	tensor.Linear: {tensor.LinearGradWeight, tensor.LinearGradBias, tensor.LinearGradInput},
}

// affine adds the gradients of a convolution or a linear layer.
func (b *Builder) affine(op tensor.Op, dy tensor.BufferID, operands bool, g Gradients) {
	x, kinds := op.In[0], affineKinds[op.Kind]
	back := tensor.Op{Pass: tensor.Backward, Window: op.Window, Groups: op.Groups}
	back.Kind = kinds.weight
	g.Params[0] = b.Append(back, []tensor.BufferID{x, dy}, b.Params[op.Params[0]].Shape)[0]
	if len(op.Params) > 1 {
		back.Kind = kinds.bias
		g.Params[1] = b.Append(back, []tensor.BufferID{dy}, b.Params[op.Params[1]].Shape)[0]
	}
	if operands {
		back.Kind, back.Params = kinds.input, op.Params[:1]
		g.In[0] = b.Append(back, []tensor.BufferID{dy}, b.Shape(x))[0]
	}
}

// normGradients adds the gradients of batch norm i.
func (b *Builder) normGradients(i int, dy tensor.BufferID, g Gradients) {
	op := &b.Ops[i]
	x, c := op.In[0], b.Shape(op.In[0])[1]
	back := tensor.Op{Kind: tensor.BatchNorm2dGrad, Pass: tensor.Backward, Train: op.Train, Eps: op.Eps}
	back.Params = op.Params[:1]
	if !op.Train {
		back.Params = []tensor.ParamID{op.Params[0], op.Params[2], op.Params[3]}
	} else if len(op.Out) == 1 {
		op.Out = append(op.Out, b.Buffer(tensor.Scratch, c), b.Buffer(tensor.Scratch, c))
	}
	in := append([]tensor.BufferID{x, dy}, op.Out[1:]...)
	out := b.Append(back, in, b.Shape(x), tensor.Shape{c}, tensor.Shape{c})
	g.In[0] = out[0]
	g.Params[0], g.Params[1] = out[1], out[2]
}

// gradientKinds are the kinds whose gradient needs no parameters.
var gradientKinds = map[tensor.Kind]tensor.Kind{
	tensor.ReLU: tensor.ReLUGrad, tensor.MaxPool2d: tensor.MaxPool2dGrad,
	tensor.AvgPool2d: tensor.AvgPool2dGrad, tensor.AdaptiveAvgPool2d: tensor.AdaptiveAvgPool2dGrad, tensor.Pad: tensor.PadGrad,
	tensor.Flatten: tensor.Unflatten, tensor.Dropout: tensor.DropoutGrad, tensor.Scale: tensor.Scale,
}

// simpleGradient adds the gradient of an operation without parameters. It has
// the operation's own fields, and a dropout's also its path: the mask depends
// on it.
func (b *Builder) simpleGradient(op tensor.Op, dy tensor.BufferID) tensor.BufferID {
	back := op
	back.Kind, back.Pass = gradientKinds[op.Kind], tensor.Backward
	if op.Kind != tensor.Dropout {
		back.Path = ""
	}
	in := []tensor.BufferID{dy}
	switch op.Kind {
	case tensor.ReLU:
		in = []tensor.BufferID{op.Out[0], dy}
	case tensor.MaxPool2d:
		in = []tensor.BufferID{op.In[0], dy}
	}
	return b.Append(back, in, b.Shape(op.In[0]))[0]
}

// smoothing is the label smoothing of Train.
const smoothing = 0.1

// Train appends a whole step to a plan: the loss of the logits against a new
// Target, the gradients of everything that leads to the logits, and an SGD
// step of every parameter, with momentum, decay and, for every other one,
// Nesterov's step. The learning rate is a new scalar, "rate"; the loss is an
// Output, and the parameters' gradients are of the class that is given.
func (b *Builder) Train(logits tensor.BufferID, gradients tensor.Class) (loss tensor.BufferID) {
	t := &tape{Builder: b, grads: map[tensor.BufferID]tensor.BufferID{}, params: map[tensor.ParamID]tensor.BufferID{}}
	rate, forward := b.Scalar("rate"), len(b.Ops)
	target := b.Target(b.Shape(logits)[0])
	loss, p := b.CrossEntropy(logits, target, smoothing)
	b.Output(loss)
	t.grads[logits] = b.CrossEntropyGrad(p, target, smoothing)
	for i := forward - 1; i >= 0; i-- {
		if dy, ok := t.grads[b.Ops[i].Out[0]]; ok {
			t.back(i, dy)
		}
	}
	for _, id := range t.order {
		b.class(gradients, []tensor.BufferID{t.params[id]})
		b.SGD(id, t.params[id], rate, tensor.Op{Momentum: 0.9, Decay: 1e-4, Nesterov: id%2 == 0})
	}
	return loss
}

// tape notes the gradients of buffers and parameters while Train goes back.
type tape struct {
	*Builder
	grads  map[tensor.BufferID]tensor.BufferID
	params map[tensor.ParamID]tensor.BufferID
	order  []tensor.ParamID // of params, as their gradients come
}

// back adds operation i's gradients to those of what it read.
func (t *tape) back(i int, dy tensor.BufferID) {
	op := t.Ops[i]
	g := t.Differentiate(i, dy, t.Buffers[op.In[0]].Class != tensor.Input)
	for j, grad := range g.In {
		if grad != tensor.NoBuffer {
			t.flow(op.In[j], grad)
		}
	}
	for j, grad := range g.Params {
		if grad == tensor.NoBuffer {
			continue
		}
		id := op.Params[j]
		if _, twice := t.params[id]; twice {
			const shared = "tensortest: Train can't add up the gradients of %s, which two operations read"
			panic(fmt.Sprintf(shared, t.Params[id].Name))
		}
		t.params[id] = grad
		t.order = append(t.order, id)
	}
}

// flow adds a gradient to a buffer's.
func (t *tape) flow(to, grad tensor.BufferID) {
	if have, ok := t.grads[to]; ok {
		op := tensor.Op{Kind: tensor.Add, Pass: tensor.Backward, Scalar: tensor.NoScalar}
		grad = t.Append(op, []tensor.BufferID{grad, have}, t.Shape(to))[0]
	}
	t.grads[to] = grad
}
