package cpu

import (
	"errors"
	"fmt"
	"slices"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// blueprint is a program before it takes memory: kernels, layouts, algorithms
// and places. Estimate stops here; Compile binds it to a state and an arena.
type blueprint struct {
	plan    *tensor.Plan
	kern    *asm.Kernels
	threads int

	fusions  []fusion
	views    []*view      // by buffer; nil for one that lives inside a kernel
	winograd map[int]bool // heads of fusions that run as Winograd
	steps    []*step      // one per fusion
	weights  map[string]*weight
	env      *env

	shared, private int // bytes of scratch memory: of all workers, of each
	offsets         []int64
	memory          tensor.MemoryPlan
}

// draw makes the blueprint of a plan.
func draw(p *tensor.Plan, o tensor.Options, threads int, k *asm.Kernels) (*blueprint, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if o.Precision != tensor.FP32 {
		return nil, fmt.Errorf("the CPU computes in fp32, not %v", o.Precision)
	}
	bp := &blueprint{
		plan: p, kern: k, threads: threads, fusions: fusions(p, o.Fuse), env: &env{},
		views: make([]*view, len(p.Buffers)), winograd: make(map[int]bool), weights: make(map[string]*weight),
	}
	bp.layOut(o.Exact)
	for _, g := range bp.fusions {
		st := &step{fusion: g}
		err := bp.planStep(st)
		for _, ph := range st.phases {
			if err == nil && ph.pieces > maxPieces {
				err = errors.New("it has too many channels")
			}
		}
		if err != nil {
			op := &p.Ops[g.head]
			return nil, fmt.Errorf("%v %s: %w", op.Kind, op.Path, err)
		}
		bp.steps = append(bp.steps, st)
	}
	bp.planRepacking()
	bp.place()
	return bp, nil
}

// layOut chooses Winograd or direct convolution, then every buffer's layout:
// its halo is the largest that a reader wants.
func (bp *blueprint) layOut(exact bool) {
	halos := make([]halo, len(bp.plan.Buffers))
	stems := bp.stems()
	bp.flatten()
	for _, g := range bp.fusions {
		op := &bp.plan.Ops[g.head]
		in, out := bp.plan.InShape(g.head), bp.plan.OutShape(g.head)
		var h halo
		switch {
		case op.Kind == tensor.Conv2d && !exact && !stems[op.In[0]] && bp.repays(op, out) && chooseWinograd(op, in, out, bp.kern):
			bp.winograd[g.head] = true
			h = winogradHalo(op, in, out)
		case op.Kind == tensor.Conv2d, op.Kind == tensor.MaxPool2d && op.PadZero:
			h = windowHalo(op, in, out)
		case op.Kind == tensor.Conv2dGradInput:
			h = bp.gradInputHalo(g.head, exact)
		case op.Kind == tensor.Conv2dGradWeight:
			h = windowHalo(op, in, bp.plan.Buffers[op.In[1]].Shape)
		}
		halos[op.In[0]] = halos[op.In[0]].max(h)
	}
	for _, g := range bp.fusions {
		for _, id := range bp.operands(g) {
			bp.view(id, halos[id], stems[id])
		}
		for _, id := range bp.results(g) {
			bp.view(id, halos[id], false)
		}
	}
}

// view lays out a buffer, once.
func (bp *blueprint) view(id tensor.BufferID, h halo, interleaved bool) {
	if bp.views[id] == nil { // not flat, nor known already
		bp.views[id] = &view{layout: newLayout(bp.plan.Buffers[id].Shape, h, interleaved)}
	}
}

// windowHalo is what the windows of a convolution or pool reach beyond the
// plane. Padding that no window reaches is not there.
func windowHalo(op *tensor.Op, in, out tensor.Shape) halo {
	reach := func(out, stride, kernel, before, size int) int {
		return max(0, (out-1)*stride+kernel-before-size)
	}
	return halo{
		top: op.Top, left: op.Left,
		bottom: reach(out[2], op.SH, op.KH, op.Top, in[2]), right: reach(out[3], op.SW, op.KW, op.Left, in[3]),
	}
}

// stems are the inputs of few channels that only dense convolutions read: they
// are better interleaved, for a row of taps is then one run without padding.
func (bp *blueprint) stems() map[tensor.BufferID]bool {
	stems := make(map[tensor.BufferID]bool)
	for i, b := range bp.plan.Buffers {
		if b.Class == tensor.Input && len(b.Shape) == 4 && b.Shape[1] < asm.Block {
			stems[tensor.BufferID(i)] = true
		}
	}
	for _, g := range bp.fusions {
		op := &bp.plan.Ops[g.head]
		for i, id := range bp.operands(g) {
			if i > 0 || op.Kind != tensor.Conv2d && op.Kind != tensor.Conv2dGradWeight || op.Groups != 1 {
				delete(stems, id)
			}
		}
	}
	return stems
}

// flatten lays out vectors and the gradients of weights, and what is computed
// of these element by element, in the order of the host.
func (bp *blueprint) flatten() {
	for id, b := range bp.plan.Buffers {
		if len(b.Shape) == 1 {
			bp.views[id] = &view{layout: flatLayout(b.Shape)}
		}
	}
	for i := range bp.plan.Ops {
		op := &bp.plan.Ops[i]
		weight := op.Kind == tensor.Conv2dGradWeight || op.Kind == tensor.LinearGradWeight
		if weight || pixelwise(op) && bp.views[op.In[0]] != nil {
			id := op.Out[0]
			bp.views[id] = &view{layout: flatLayout(bp.plan.Buffers[id].Shape)}
		}
	}
}

// operands are the buffers that a fusion reads, the head's first.
func (bp *blueprint) operands(g fusion) []tensor.BufferID {
	in := slices.Clone(bp.plan.Ops[g.head].In)
	inside := bp.plan.Ops[g.head].Out[:min(1, len(bp.plan.Ops[g.head].Out))]
	for _, i := range g.absorbed {
		op := &bp.plan.Ops[i]
		for _, id := range op.In {
			if id != inside[0] {
				in = append(in, id)
			}
		}
		inside = op.Out
	}
	return in
}

// results are the buffers that a fusion writes: its last operation's result
// first, then what its operations give besides, such as saved statistics.
func (bp *blueprint) results(g fusion) []tensor.BufferID {
	out := bp.plan.Ops[g.last()].Out
	if len(out) > 0 {
		out = out[:1:1]
	}
	for _, i := range append([]int{g.head}, g.absorbed...) {
		if more := bp.plan.Ops[i].Out; len(more) > 1 {
			out = append(out, more[1:]...)
		}
	}
	return out
}

// head is the operation that a step is about.
func (bp *blueprint) head(st *step) *tensor.Op { return &bp.plan.Ops[st.fusion.head] }

// result is the view that a step writes.
func (bp *blueprint) result(st *step) *view { return bp.views[bp.plan.Ops[st.fusion.last()].Out[0]] }

// residual is the view that a step adds, or nil.
func (bp *blueprint) residual(st *step) *view {
	if st.fusion.residual == tensor.NoBuffer {
		return nil
	}
	return bp.views[st.fusion.residual]
}

// absorbed is the step's absorbed operation of a kind, or nil.
func (bp *blueprint) absorbed(st *step, k tensor.Kind) *tensor.Op {
	for _, i := range st.fusion.absorbed {
		if op := &bp.plan.Ops[i]; op.Kind == k {
			return op
		}
	}
	return nil
}

func (bp *blueprint) absorbedReLU(st *step) bool { return bp.absorbed(st, tensor.ReLU) != nil }

// params are an operation's parameters.
func (bp *blueprint) params(op *tensor.Op) []tensor.Param {
	list := make([]tensor.Param, len(op.Params))
	for i, id := range op.Params {
		list[i] = bp.plan.Params[id]
	}
	return list
}

// weightOf adds a packed copy, or finds the one of that key.
func (bp *blueprint) weightOf(w *weight) *weight {
	if have := bp.weights[w.key]; have != nil {
		return have
	}
	bp.weights[w.key] = w
	return w
}

// needShared and needPrivate ask for scratch memory: of all workers, of each.
func (bp *blueprint) needShared(bytes int) { bp.shared = max(bp.shared, roundUp(bytes, lineBytes)) }

func (bp *blueprint) needPrivate(bytes int) { bp.private = max(bp.private, roundUp(bytes, lineBytes)) }

// planStep chooses the kernel of a fusion.
func (bp *blueprint) planStep(st *step) error {
	op := bp.head(st)
	switch op.Kind {
	case tensor.Conv2d, tensor.Linear:
		return bp.planConv(st)
	case tensor.BatchNorm2d:
		if op.Train {
			return bp.planTrainNorm(st)
		}
		return bp.planElementwise(st)
	case tensor.ReLU, tensor.Add, tensor.Scale:
		return bp.planElementwise(st)
	case tensor.MaxPool2d:
		return bp.planMaxPool(st)
	case tensor.AdaptiveAvgPool2d:
		return bp.planAvgPool(st)
	case tensor.Pad:
		return bp.planPad(st)
	case tensor.Flatten:
		return bp.planFlatten(st)
	case tensor.Dropout, tensor.DropoutGrad:
		return bp.planDropout(st)
	case tensor.Moments:
		return bp.planMoments(st)
	}
	return bp.planTraining(st)
}

// planTraining chooses the kernel of a fusion of a loss, backward or update.
func (bp *blueprint) planTraining(st *step) error {
	op := bp.head(st)
	switch op.Kind {
	case tensor.CrossEntropy:
		return bp.planCrossEntropy(st)
	case tensor.CrossEntropyGrad:
		return bp.planCrossEntropyGrad(st)
	case tensor.Conv2dGradInput, tensor.LinearGradInput:
		return bp.planGradInput(st)
	case tensor.Conv2dGradWeight, tensor.LinearGradWeight:
		return bp.planGradWeight(st)
	case tensor.Conv2dGradBias, tensor.LinearGradBias:
		return bp.planGradBias(st)
	case tensor.BatchNorm2dGrad:
		return bp.planNormGrad(st, op, bp.views[op.In[1]], nil)
	case tensor.ReLUGrad:
		return bp.planReLUGrad(st)
	case tensor.MaxPool2dGrad:
		return bp.planMaxPoolGrad(st)
	case tensor.AdaptiveAvgPool2dGrad:
		return bp.planAvgPoolGrad(st)
	case tensor.PadGrad:
		return bp.planPadGrad(st)
	case tensor.Unflatten:
		return bp.planUnflatten(st)
	case tensor.Join:
		return bp.planJoin(st)
	case tensor.Norm:
		return bp.planNorm(st)
	case tensor.SGD:
		return bp.planSGD(st)
	}
	return fmt.Errorf("the CPU has no kernel for it")
}
