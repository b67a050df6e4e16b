package tensortest

import (
	"slices"

	"resnet-tui/tensor"
)

// kernels splits a plan into the kernels of Reference and Fake, in execution order:
// unfused, one per operation. Fused, a convolution or linear layer absorbs the batch
// norm (in eval mode), the addition and the ReLU that follow, and a batch norm or an
// addition absorbs whichever of these follow it; the gradient of a ReLU absorbs that
// of the batch norm before it. A value with another reader is never absorbed. A kernel
// runs when the last of its operations is due, so that an absorbed addition finds its
// skip.
//
// What fuses is a device's own decision, and this is the CPU's, stated a second time
// on purpose. Reference and Fake can't fuse in just any way: reports and screens are
// recorded with them in golden files, which should show the rows that a user of the
// CPU sees. Nor can they call the CPU's code, since its own tests compare with them,
// and an error that both shared would pass. A test in package cpu holds both
// statements equal; a change of the policy has to be made in both.
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

// fuser splits one plan.
type fuser struct {
	*tensor.Plan
	readers [][]int // the operations that read each buffer
	taken   []bool  // by operation: whether a kernel has absorbed it
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
	case op.Kind == tensor.Add && (op.In[0] != out || op.Scalar != tensor.NoScalar):
		return -1 // only the branch, the first operand, absorbs the addition
	}
	return next
}

// stage is an operation's place in a kernel: each may only absorb one of a higher
// stage. Operations of stage 0 never fuse.
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
