package profile

import "resnet-tui/tensor"

// kernels finds each row's operations in a plan, so that a recorded profile can
// be shown like a live one. It returns nil unless the rows cover every operation
// of the plan exactly once: then the profile is of another net, or of another
// version that lowers it differently.
func (p *Profile) kernels(plan *tensor.Plan) []tensor.KernelInfo {
	find := newRowFinder(plan)
	kernels := make([]tensor.KernelInfo, len(p.Layers))
	for i, r := range p.Layers {
		k := tensor.KernelInfo{Op: find.head(r), Name: r.Kernel, FLOPs: r.ExecutedFLOPs, Bytes: r.Bytes}
		if k.Op < 0 {
			return nil
		}
		for _, path := range r.Absorbed {
			op := find.after(k.Last(), path)
			if op < 0 {
				return nil
			}
			k.Absorbed = append(k.Absorbed, op)
		}
		kernels[i] = k
	}
	if find.left > 0 {
		return nil
	}
	return kernels
}

// rowFinder finds the operations of a plan by what rows record of them. Each
// operation is found at most once.
type rowFinder struct {
	plan  *tensor.Plan
	heads map[headKey][]int // operations in order, without those found as heads
	taken []bool            // by operation: found as a head or as absorbed
	left  int               // number of operations not taken
}

// headKey is what a row records of its kernel's head. Several operations may
// have the same key (a layer's gradients by weight and bias): they are found in
// order.
type headKey struct {
	path, kind, pass string
	call             int
}

func newRowFinder(plan *tensor.Plan) *rowFinder {
	f := &rowFinder{
		plan:  plan,
		heads: map[headKey][]int{},
		taken: make([]bool, len(plan.Ops)),
		left:  len(plan.Ops),
	}
	for i := range plan.Ops {
		op := &plan.Ops[i]
		key := headKey{op.Path, op.Kind.String(), op.Pass.String(), op.Call}
		f.heads[key] = append(f.heads[key], i)
	}
	return f
}

// head takes the first free operation that matches the row's head, or returns
// −1.
func (f *rowFinder) head(r LayerRow) int {
	key := headKey{r.Path, r.Kind, r.Pass, r.Call}
	for list := f.heads[key]; len(list) > 0; list = list[1:] {
		if f.heads[key] = list[1:]; !f.taken[list[0]] {
			return f.take(list[0])
		}
	}
	return -1
}

// after takes the next free operation with this path that follows op in the same
// pass, or returns −1. Absorbed operations follow their head.
func (f *rowFinder) after(op int, path string) int {
	for i := op + 1; i < len(f.plan.Ops) && f.plan.Ops[i].Pass == f.plan.Ops[op].Pass; i++ {
		if !f.taken[i] && f.plan.Ops[i].Path == path {
			return f.take(i)
		}
	}
	return -1
}

// take marks an operation as found and returns it.
func (f *rowFinder) take(op int) int {
	f.taken[op] = true
	f.left--
	return op
}
