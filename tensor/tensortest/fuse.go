package tensortest

import (
	"slices"

	"resnet-tui/tensor"
)

// kernels cuts a plan into the kernels of Reference and Fake, in execution
// order: unfused, one per operation. Fused, a convolution or linear layer
// absorbs the batch norm (in eval mode), the addition and the ReLU that follow,
// and a batch norm or an addition what follows of these; the gradient of a ReLU
// absorbs that of the batch norm before it. A value that anybody else reads is
// never absorbed. A kernel runs when the last of its operations is due, so that
// an absorbed addition finds its skip.
func kernels(p *tensor.Plan, fuse bool) []tensor.KernelInfo {
	f := fuser{Plan: p, readers: make([][]int, len(p.Buffers)), taken: make([]bool, len(p.Ops))}
	for i, op := range p.Ops {
		for _, id := range op.In {
			f.readers[id] = append(f.readers[id], i)
		}
	}
	var list []tensor.KernelInfo
	for i := range p.Ops {
		if f.taken[i] {
			continue
		}
		k := tensor.KernelInfo{Op: i}
		for next := i; fuse; {
			if next = f.follower(i, next); next < 0 {
				break
			}
			f.taken[next] = true
			k.Absorbed = append(k.Absorbed, next)
		}
		list = append(list, k)
	}
	slices.SortStableFunc(list, func(a, b tensor.KernelInfo) int { return a.Last() - b.Last() })
	return list
}

type fuser struct {
	*tensor.Plan
	readers [][]int // of each buffer
	taken   []bool  // operations that a kernel has absorbed
}

// follower is the operation that a kernel with this head and this last
// operation absorbs next, or −1.
func (f *fuser) follower(head, last int) int {
	before := f.Ops[last]
	if len(before.Out) == 0 {
		return -1
	}
	out := before.Out[0]
	if f.Buffers[out].Class != tensor.Scratch || len(f.readers[out]) != 1 {
		return -1
	}
	next := f.readers[out][0]
	op := f.Ops[next]
	switch {
	case before.Kind == tensor.ReLUGrad && op.Kind == tensor.BatchNorm2dGrad && op.In[1] == out:
		return next
	case f.taken[next], op.Pass != before.Pass, stage(op) <= stage(before), stage(before) == 0:
		return -1
	case f.Ops[head].Kind == tensor.Linear && op.Kind != tensor.ReLU:
		return -1
	case op.Kind == tensor.Add && (op.In[0] != out || op.Scalar != tensor.NoScalar): // only the branch absorbs
		return -1
	}
	return next
}

// stage orders what may follow what in a kernel; 0 takes no part.
func stage(op tensor.Op) int {
	switch op.Kind {
	case tensor.Conv2d, tensor.Linear:
		return 1
	case tensor.BatchNorm2d:
		if op.Train {
			return 1 // its statistics need the whole of its input first
		}
		return 2
	case tensor.Add:
		return 3
	case tensor.ReLU:
		return 4
	}
	return 0
}
