package nn

import (
	"slices"

	"resnet-tui/tensor"
)

// backward is a backward pass under construction. It visits the layers in
// reverse and holds, for each, the gradients that have reached its result: one
// per layer that reads the result.
type backward struct {
	*lowering
	learn   bool                                 // parameters get gradients
	toInput bool                                 // so does the net's input
	split   map[*Module]bool                     // the blocks whose two paths go back apart where they share layers
	want    []bool                               // by layer: the gradient of its result is wanted
	flows   [][]flow                             // by layer, and after them that of the input
	parts   map[tensor.ParamID][]tensor.BufferID // parts of a parameter's gradient, to be added
	edges   blockEdges                           // of the blocks that probes look at
}

// flow is one part of the gradient of a layer's result: what one reader of that
// result contributes. Several readers' parts are added up by settle.
type flow struct {
	id   tensor.BufferID
	part Part // Branch or Skip of the block that read the result
}

// backward appends the loss, the backward pass and the update.
func (f *lowering) backward() {
	dy := f.origin()
	b := f.newBackward()
	b.start(dy)
	for i := f.from; i >= 0; i-- {
		b.layer(f.model.Layers[i])
	}
	b.probeInput()
	if f.pass.Update != nil {
		f.update()
	}
}

// newBackward is the backward pass of a step, with what its probes want.
func (f *lowering) newBackward() *backward {
	blocks := f.model.Blocks()
	edges := newBlockEdges(blocks, func(i int) bool { return f.probes.wants(Flow, atBlock, i) })
	if edges.any() {
		f.blockProbes = noBlockProbes(blocks)
	}
	b := &backward{lowering: f, learn: !f.pass.Backward.NoParams, split: edges.chosen, edges: edges}
	b.toInput = f.probes.wantsInput() || edges.has(-1)
	return b.begin()
}

// begin finds out which gradients are wanted.
func (b *backward) begin() *backward {
	layers := b.model.Layers
	b.want = make([]bool, len(layers))
	b.flows = make([][]flow, len(layers)+1)
	b.parts = map[tensor.ParamID][]tensor.BufferID{}
	for i, l := range layers {
		b.want[i] = b.learns(l) || slices.ContainsFunc(l.Inputs, b.wanted) || b.edges.has(i) ||
			b.probes.wants(Gradient, atLayer, i)
	}
	return b
}

// probeInput adds the gradients of the net's input, and probes them.
func (b *backward) probeInput() {
	flows := b.flows[len(b.model.Layers)]
	if !b.toInput || len(flows) == 0 {
		return
	}
	grad := b.settle(-1, flows)
	if b.probes.wants(Keep, atInput, 0) {
		b.Plan.Buffers[grad].Name, b.Plan.Buffers[grad].Class = "input.grad", tensor.Kept
		b.probes.found(Keep, atInput, 0, grad)
	}
	if b.probes.wants(Norm, atInput, 0) {
		b.probes.found(Norm, atInput, 0, b.norm("input", grad))
	}
	b.gradientStats(atInput, 0, "input", grad)
}

// loss appends the loss and its gradient by the logits, N×classes, which it
// returns. The gradient keeps no more of the forward pass than the
// probabilities.
func (f *lowering) loss() tensor.BufferID {
	shape := f.Plan.Buffers[f.Output].Shape
	f.Target = f.buffer("target", shape[:1], tensor.Input)
	f.Loss = f.buffer("loss", tensor.Shape{1}, tensor.Kept)
	p := f.buffer("probabilities", shape, tensor.Scratch)
	op := tensor.Op{Kind: tensor.CrossEntropy, Path: "loss", Eps: f.pass.smoothing(), Scalar: tensor.NoScalar}
	op.In, op.Out = []tensor.BufferID{f.Output, f.Target}, []tensor.BufferID{f.Loss, p}
	f.add(op, -1)
	dy := f.buffer("loss.grad_input", shape, tensor.Scratch)
	op.Kind, op.Pass = tensor.CrossEntropyGrad, tensor.Backward
	op.In, op.Out = []tensor.BufferID{p, f.Target}, []tensor.BufferID{dy}
	f.add(op, -1)
	return dy
}

// start gives the result at which the backward pass begins its gradient.
func (b *backward) start(dy tensor.BufferID) { b.flows[b.from] = []flow{{dy, Trunk}} }

// learns reports whether a layer's parameters get gradients.
func (b *backward) learns(l *Layer) bool { return b.learn && len(l.Params) > 0 && !l.Frozen }

// wanted reports whether the gradient of a layer's result is wanted, or that of
// the net's input for −1.
func (b *backward) wanted(layer int) bool {
	if layer < 0 {
		return b.toInput
	}
	return b.want[layer]
}

// layer takes the gradient back through a layer: it adds up what has reached the
// layer's result, applies the rule of its kind, and hands the results on to the
// layer's operands.
func (b *backward) layer(l *Layer) {
	flows := b.flows[l.Index]
	if !b.want[l.Index] || len(flows) == 0 {
		return
	}
	if !b.apart(l) {
		part := flows[0].part
		flows = []flow{{b.settle(l.Index, flows), part}}
	}
	b.probeGradient(l, flows)
	for _, f := range flows {
		for i, dx := range gradientRules[l.Kind](b, l, f.id) {
			if to := l.Inputs[i]; b.wanted(to) {
				at := (to + len(b.flows)) % len(b.flows)
				b.flows[at] = append(b.flows[at], flow{dx, partOf(l, i, f.part)})
			}
		}
	}
	b.settleParams(l)
}

// apart reports whether the gradients of a block's two paths go back through a
// layer separately: through the normalisation and ReLU that the branch and the
// projection of a pre-activation block share, if a probe looks at the parts.
// Otherwise they are added first, which takes fewer operations.
func (b *backward) apart(l *Layer) bool {
	return l.Part == Trunk && b.split[l.blockOf()]
}

// blockOf is the block that a layer lies in, or nil.
func (l *Layer) blockOf() *Module {
	m := l.Module
	for m != nil && m.Block == nil {
		m = m.Parent
	}
	return m
}

// partOf is the path that the gradient of a layer's operand i came back through.
func partOf(l *Layer, i int, came Part) Part {
	switch {
	case l.Part == Trunk:
		return came
	case l.Part == Skip || l.Part == Join && !(l.Kind == tensor.Add && i == 0):
		return Skip
	}
	return Branch
}

// settle adds up the gradients of a layer's result, branch before skip so that
// the order of additions is fixed, and probes them where a block begins or ends.
func (b *backward) settle(layer int, flows []flow) tensor.BufferID {
	slices.SortStableFunc(flows, func(x, y flow) int { return int(x.part) - int(y.part) })
	if b.edges.has(layer) {
		return b.probeBoundary(layer, flows)
	}
	sum := flows[0].id
	for _, f := range flows[1:] {
		sum = b.sum(layer, sum, f.id)
	}
	return sum
}

// probeGradient keeps the gradient at a layer's output, if a probe wants it. One that
// went back in parts is added up for it.
func (b *backward) probeGradient(l *Layer, flows []flow) {
	if !b.probes.wants(Gradient, atLayer, l.Index) {
		return
	}
	sum := flows[0].id
	for _, f := range flows[1:] {
		sum = b.sum(l.Index, sum, f.id)
	}
	if sum == b.Seed {
		return // it can't be read, and whoever set it has it
	}
	b.Plan.Buffers[sum].Class = tensor.Kept
	b.probes.found(Gradient, atLayer, l.Index, sum)
}

// sum appends the addition of two gradients of a layer's result.
func (b *backward) sum(layer int, x, y tensor.BufferID) tensor.BufferID {
	op, at := b.fork(layer, tensor.Add, x, y)
	b.add(op, at)
	return op.Out[0]
}

// fork is an operation that adds the two gradients of a value that two layers
// read. It belongs to the addition that joins these two paths again.
func (b *backward) fork(layer int, k tensor.Kind, x, y tensor.BufferID) (tensor.Op, int) {
	at := max(layer, 0)
	for _, l := range b.model.Layers[at+1:] {
		if l.Kind == tensor.Add {
			at = l.Index
			break
		}
	}
	joint := b.model.Layers[at]
	op := tensor.Op{
		Kind: k, Pass: tensor.Backward, Path: joint.Path, Call: joint.Call,
		In: []tensor.BufferID{x, y}, Scalar: tensor.NoScalar,
	}
	op.Out = []tensor.BufferID{b.buffer(joint.Path+".grad_input", b.Plan.Buffers[x].Shape, tensor.Scratch)}
	return op, at
}

// settleParams adds the parts of the gradients of a layer's parameters, and
// probes the sums. A parameter has several parts where its layer's gradient went
// back in parts, see apart.
func (b *backward) settleParams(l *Layer) {
	for _, id := range l.Params {
		parts := b.parts[id]
		if len(parts) == 0 {
			continue
		}
		grad := parts[0]
		for _, p := range parts[1:] {
			sum := b.buffer(b.model.Params[id].Name+".grad", b.model.Params[id].Shape, tensor.Scratch)
			b.add(tensor.Op{
				Kind: tensor.Add, Pass: tensor.Backward, Path: l.Path, Call: l.Call, Scalar: tensor.NoScalar,
				In: []tensor.BufferID{grad, p}, Out: []tensor.BufferID{sum},
			}, l.Index)
			grad = sum
		}
		b.ParamGrad[id] = grad
		b.probeParam(int(id), grad)
	}
}

// probeParam takes of a parameter's gradient what probes want of it.
func (b *backward) probeParam(id int, grad tensor.BufferID) {
	if b.probes.wants(Keep, atParameter, id) {
		b.Plan.Buffers[grad].Class = tensor.Kept
		b.probes.found(Keep, atParameter, id, grad)
	}
	if b.probes.wants(Norm, atParameter, id) {
		b.probes.found(Norm, atParameter, id, b.norm(b.model.Params[id].Name, grad))
	}
	b.gradientStats(atParameter, id, b.model.Params[id].Name, grad)
}

// norm appends a probe of the L2 norm of a gradient.
func (f *lowering) norm(path string, of tensor.BufferID) tensor.BufferID {
	out := f.buffer(path+".norm", tensor.Shape{1}, tensor.Kept)
	f.add(tensor.Op{
		Kind: tensor.Norm, Pass: tensor.Backward, Path: path, Scalar: tensor.NoScalar,
		In: []tensor.BufferID{of}, Out: []tensor.BufferID{out},
	}, -1)
	return out
}
