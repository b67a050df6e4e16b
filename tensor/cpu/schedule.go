package cpu

import (
	"errors"
	"fmt"
	"slices"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
	"resnet-tui/tensor/fusion"
)

// schedule is a program before it takes memory: what runs in which order, with
// which algorithms, layouts and offsets. Estimate stops here; Compile binds it to a
// state and an arena.
type schedule struct {
	plan    *tensor.Plan
	kern    *asm.Kernels
	threads int

	precision tensor.Precision // FP32 or BF16

	fusions  []fusion.Group
	views    []*view      // by buffer; nil for one that lives inside a kernel
	winograd map[int]bool // heads of fusions that run as Winograd
	trained  []bool       // by parameter: the plan updates it
	launches []*launch    // one per fusion
	weights  map[string]*weight
	env      *env
	counters []*counter // of histograms, by worker; nil without any

	shared, private int     // bytes of scratch memory: of all workers, of each
	offsets         []int64 // of the views in the arena, in bytes
	memory          tensor.MemoryPlan
}

// newSchedule compiles a plan, but takes no memory for it.
func newSchedule(p *tensor.Plan, o tensor.Options, threads int, k *asm.Kernels) (*schedule, error) {
	if err := check(p, o); err != nil {
		return nil, err
	}
	sc := &schedule{
		plan: p, kern: k, threads: threads, precision: o.Precision, fusions: fusion.Split(p, o.Fuse), trained: trainedParams(p), env: &env{},
		views: make([]*view, len(p.Buffers)), winograd: make(map[int]bool), weights: make(map[string]*weight),
	}
	sc.assignLayouts(o.Exact)
	for _, f := range sc.fusions {
		ln, err := sc.newLaunch(f)
		if err != nil {
			op := &p.Ops[f.Head]
			return nil, fmt.Errorf("%v %s: %w", op.Kind, op.Path, err)
		}
		sc.launches = append(sc.launches, ln)
	}
	sc.planRepacking()
	if len(sc.fusions) < len(p.Ops) { // else one may be run at a time
		sc.planRides()
	}
	sc.assignMemory()
	return sc, nil
}

// check refuses an invalid plan, and a precision that the CPU doesn't have.
func check(p *tensor.Plan, o tensor.Options) error {
	if o.Precision != tensor.FP32 && o.Precision != tensor.BF16 {
		return fmt.Errorf("the CPU computes in fp32 or bf16, not %v", o.Precision)
	}
	return p.Validate()
}

// newLaunch chooses the kernels of a fusion.
func (sc *schedule) newLaunch(f fusion.Group) (*launch, error) {
	plan := planners[sc.plan.Ops[f.Head].Kind]
	if plan == nil {
		return nil, errors.New("the CPU has no kernel for it")
	}
	ln := &launch{fusion: f}
	if err := plan(sc, ln); err != nil {
		return nil, err
	}
	for _, ph := range ln.phases {
		if ph.pieces > maxPieces {
			return nil, errors.New("it has too many channels")
		}
	}
	return ln, nil
}

// assignLayouts chooses Winograd or direct convolution, then every buffer's layout:
// its halo is the largest that a reader needs, so that all can read it in place.
func (sc *schedule) assignLayouts(exact bool) {
	halos := make([]halo, len(sc.plan.Buffers))
	stems := sc.stems()
	sc.flatten()
	for _, f := range sc.fusions {
		if len(sc.plan.Ops[f.Head].In) == 0 {
			continue
		}
		in := sc.plan.Ops[f.Head].In[0]
		halos[in] = halos[in].max(sc.haloOf(f.Head, !exact && !stems[in] && sc.matrix() == nil))
	}
	for _, f := range sc.fusions {
		for _, id := range sc.operands(f) {
			sc.view(id, halos[id], stems[id])
		}
		for _, id := range sc.results(f) {
			sc.view(id, halos[id], false)
		}
	}
}

// haloOf is the halo that an operation's first operand needs. It chooses Winograd
// where that is allowed and faster.
func (sc *schedule) haloOf(head int, allowWinograd bool) halo {
	op := &sc.plan.Ops[head]
	in, out := sc.plan.InShape(head), sc.plan.OutShape(head)
	switch op.Kind {
	case tensor.Conv2d:
		if allowWinograd && sc.winogradPaysOff(op, out) && chooseWinograd(op, in, out, sc.alternatives()) {
			sc.winograd[head] = true
			return winogradHalo(op, in, out)
		}
		return windowHalo(op, in, out)
	case tensor.MaxPool2d:
		if op.PadZero { // else windows are clipped to the plane
			return windowHalo(op, in, out)
		}
	case tensor.Conv2dGradInput:
		return sc.gradInputHalo(head, allowWinograd)
	case tensor.Conv2dGradWeight:
		return windowHalo(op, in, sc.plan.Buffers[op.In[1]].Shape)
	}
	return halo{}
}

// view lays out a buffer, once.
func (sc *schedule) view(id tensor.BufferID, h halo, interleaved bool) {
	if sc.views[id] == nil { // not flat, nor known already
		sc.views[id] = &view{layout: sc.layoutOf(id, h, interleaved)}
	}
}

// layoutOf lays out a buffer that isn't flat. In bf16, planes of pixels are; rows of
// features, of logits and of their gradients stay float32: they are few, and the loss
// is computed from them.
func (sc *schedule) layoutOf(id tensor.BufferID, h halo, interleaved bool) layout {
	s := sc.plan.Buffers[id].Shape
	switch {
	case interleaved:
		return interleavedLayout(s, h, sc.stemElem(id))
	case sc.precision == tensor.BF16 && len(s) == 4:
		return newLayout(s, h, halfBytes)
	}
	return newLayout(s, h, floatBytes)
}

// windowHalo is what the windows of a convolution or pool reach beyond the
// plane. Padding that no window reaches is left out.
func windowHalo(op *tensor.Op, in, out tensor.Shape) halo {
	reach := func(out, stride, kernel, before, size int) int {
		return max(0, (out-1)*stride+kernel-before-size)
	}
	return halo{
		top: op.Top, left: op.Left,
		bottom: reach(out[2], op.SH, op.KH, op.Top, in[2]), right: reach(out[3], op.SW, op.KW, op.Left, in[3]),
	}
}

// stems are the inputs of fewer than 16 channels that only dense convolutions
// read. They are interleaved: a row of taps is then one run without padding lanes,
// where a block of 16 channels would be 13 parts zeros for a picture.
func (sc *schedule) stems() map[tensor.BufferID]bool {
	stems := make(map[tensor.BufferID]bool)
	for i, b := range sc.plan.Buffers {
		if b.Class == tensor.Input && len(b.Shape) == 4 && b.Shape[1] < asm.Block {
			stems[tensor.BufferID(i)] = true
		}
	}
	for _, f := range sc.fusions {
		op := &sc.plan.Ops[f.Head]
		for i, id := range sc.operands(f) {
			if i > 0 || op.Kind != tensor.Conv2d && op.Kind != tensor.Conv2dGradWeight || op.Groups != 1 {
				delete(stems, id)
			}
		}
	}
	return stems
}

// flatten lays out vectors, the gradients of weights, what is computed of these
// element by element, and histograms, in the order of the host.
func (sc *schedule) flatten() {
	for id, b := range sc.plan.Buffers {
		if len(b.Shape) == 1 {
			sc.views[id] = &view{layout: flatLayout(b.Shape)}
		}
	}
	for i := range sc.plan.Ops {
		op := &sc.plan.Ops[i]
		weight := op.Kind == tensor.Conv2dGradWeight || op.Kind == tensor.LinearGradWeight
		if weight || pixelwise(op) && sc.views[op.In[0]] != nil {
			id := op.Out[0]
			sc.views[id] = &view{layout: flatLayout(sc.plan.Buffers[id].Shape)}
		}
		if op.Kind == tensor.Histogram {
			for _, id := range op.Out {
				sc.views[id] = &view{layout: flatLayout(sc.plan.Buffers[id].Shape)}
			}
		}
	}
}

// operands are the buffers that a fusion reads, the head's first.
func (sc *schedule) operands(f fusion.Group) []tensor.BufferID {
	in := slices.Clone(sc.plan.Ops[f.Head].In)
	inside := sc.plan.Ops[f.Head].Out[:min(1, len(sc.plan.Ops[f.Head].Out))]
	for _, i := range f.Absorbed {
		op := &sc.plan.Ops[i]
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
func (sc *schedule) results(f fusion.Group) []tensor.BufferID {
	out := sc.plan.Ops[f.Last()].Out
	if len(out) > 0 {
		out = out[:1:1]
	}
	for _, i := range append([]int{f.Head}, f.Absorbed...) {
		if more := sc.plan.Ops[i].Out; len(more) > 1 {
			out = append(out, more[1:]...)
		}
	}
	return out
}

// head is the operation that a launch is about.
func (sc *schedule) head(ln *launch) *tensor.Op { return &sc.plan.Ops[ln.fusion.Head] }

// result is the view that a launch writes.
func (sc *schedule) result(ln *launch) *view { return sc.views[sc.plan.Ops[ln.fusion.Last()].Out[0]] }

// residual is the view that a launch adds, or nil.
func (sc *schedule) residual(ln *launch) *view {
	if ln.fusion.Residual == tensor.NoBuffer {
		return nil
	}
	return sc.views[ln.fusion.Residual]
}

// absorbed is the launch's absorbed operation of a kind, or nil.
func (sc *schedule) absorbed(ln *launch, k tensor.Kind) *tensor.Op {
	for _, i := range ln.fusion.Absorbed {
		if op := &sc.plan.Ops[i]; op.Kind == k {
			return op
		}
	}
	return nil
}

func (sc *schedule) absorbedReLU(ln *launch) bool { return sc.absorbed(ln, tensor.ReLU) != nil }

// params are an operation's parameters.
func (sc *schedule) params(op *tensor.Op) []tensor.Param {
	list := make([]tensor.Param, len(op.Params))
	for i, id := range op.Params {
		list[i] = sc.plan.Params[id]
	}
	return list
}

// weightOf adds a packed copy, or finds the one with the same key: operations that
// share parameters and a layout share their copy.
func (sc *schedule) weightOf(w *weight) *weight {
	if have := sc.weights[w.key]; have != nil {
		return have
	}
	sc.weights[w.key] = w
	return w
}

// needShared and needPrivate ask for scratch memory: of all workers, of each.
func (sc *schedule) needShared(bytes int) { sc.shared = max(sc.shared, roundUp(bytes, lineBytes)) }

func (sc *schedule) needPrivate(bytes int) { sc.private = max(sc.private, roundUp(bytes, lineBytes)) }

// planners choose the kernels of a fusion, by the kind of its head.
var planners = map[tensor.Kind]func(*schedule, *launch) error{
	// forward
	tensor.Conv2d:            (*schedule).planConv,
	tensor.Linear:            (*schedule).planConv,
	tensor.BatchNorm2d:       (*schedule).planBatchNorm,
	tensor.ReLU:              (*schedule).planElementwise,
	tensor.Add:               (*schedule).planElementwise,
	tensor.Scale:             (*schedule).planElementwise,
	tensor.MaxPool2d:         (*schedule).planMaxPool,
	tensor.AvgPool2d:         (*schedule).planAvgPool,
	tensor.AdaptiveAvgPool2d: (*schedule).planAdaptivePool,
	tensor.Pad:               (*schedule).planPad,
	tensor.Flatten:           (*schedule).planFlatten,
	tensor.Dropout:           (*schedule).planDropout,
	tensor.Moments:           (*schedule).planMoments,

	// loss
	tensor.CrossEntropy:     (*schedule).planCrossEntropy,
	tensor.CrossEntropyGrad: (*schedule).planCrossEntropyGrad,

	// backward
	tensor.Conv2dGradInput:       (*schedule).planGradInput,
	tensor.LinearGradInput:       (*schedule).planGradInput,
	tensor.Conv2dGradWeight:      (*schedule).planGradWeight,
	tensor.LinearGradWeight:      (*schedule).planGradWeight,
	tensor.Conv2dGradBias:        (*schedule).planGradBias,
	tensor.LinearGradBias:        (*schedule).planGradBias,
	tensor.BatchNorm2dGrad:       (*schedule).planBatchNormGrad,
	tensor.ReLUGrad:              (*schedule).planReLUGrad,
	tensor.MaxPool2dGrad:         (*schedule).planMaxPoolGrad,
	tensor.AvgPool2dGrad:         (*schedule).planAvgPoolGrad,
	tensor.AdaptiveAvgPool2dGrad: (*schedule).planAdaptivePoolGrad,
	tensor.PadGrad:               (*schedule).planPadGrad,
	tensor.Unflatten:             (*schedule).planUnflatten,
	tensor.DropoutGrad:           (*schedule).planDropout,
	tensor.Join:                  (*schedule).planJoin,
	tensor.Norm:                  (*schedule).planNorm,
	tensor.Histogram:             (*schedule).planHistogram,

	// update
	tensor.SGD: (*schedule).planSGD,
}
