package tensor

import "sort"

// Group is a set of operations that one kernel computes: a head and what it
// absorbs. It executes when its last operation is due, so that an absorbed Add
// finds both operands.
type Group struct {
	Head     int
	Absorbed []int    // after the head, in order
	Residual BufferID // what an absorbed Add adds to the head's result, or NoBuffer
}

// NoBuffer is no buffer's id.
const NoBuffer BufferID = -1

// Last is the group's last operation: its result is the group's result.
func (g Group) Last() int {
	if n := len(g.Absorbed); n > 0 {
		return g.Absorbed[n-1]
	}
	return g.Head
}

// Groups cuts a plan into groups in execution order. Unfused, each operation
// is a group. Fused, a convolution or linear layer absorbs the batch norm (in
// eval mode), the addition of the skip and the ReLU that follow it, and a
// batch norm or an addition what follows of these; but never past a value that
// somebody else reads: another operation, a probe, or the caller. In the
// backward pass the gradient of a ReLU absorbs that of the batch norm before it.
func (p *Plan) Groups(fuse bool) []Group {
	readers := make([][]int, len(p.Buffers))
	for i, op := range p.Ops {
		for _, b := range op.In {
			readers[b] = append(readers[b], i)
		}
	}
	taken := make([]bool, len(p.Ops))
	var groups []Group
	for i := range p.Ops {
		if taken[i] {
			continue
		}
		g := Group{Head: i, Residual: NoBuffer}
		for fuse {
			next := p.follower(g, readers, taken)
			if next < 0 {
				break
			}
			taken[next] = true
			g.Absorbed = append(g.Absorbed, next)
		}
		for _, a := range g.Absorbed {
			if op := p.Ops[a]; op.Kind == Add {
				g.Residual = op.In[1]
			}
		}
		groups = append(groups, g)
	}
	sort.SliceStable(groups, func(a, b int) bool { return groups[a].Last() < groups[b].Last() })
	return groups
}

// follower is the operation that g can absorb next, or −1.
func (p *Plan) follower(g Group, readers [][]int, taken []bool) int {
	last := p.Ops[g.Last()]
	if len(last.Out) == 0 || p.Buffers[last.Out[0]].Class != Scratch || len(readers[last.Out[0]]) != 1 {
		return -1
	}
	next := readers[last.Out[0]][0]
	op := p.Ops[next]
	if last.Kind == ReLUGrad && op.Kind == BatchNorm2dGrad && op.In[1] == last.Out[0] {
		return next
	}
	if taken[next] || op.Pass != last.Pass || stage(op) <= stage(last) || stage(last) == 0 || p.Ops[g.Head].Kind == Linear && op.Kind != ReLU {
		return -1
	}
	// Only the branch, the first operand, absorbs the addition: the skip is
	// the residual that it reads.
	if op.Kind == Add && (op.In[0] != last.Out[0] || op.Scalar != NoScalar) {
		return -1
	}
	return next
}

// stage orders what may follow what inside a group; 0 takes no part.
func stage(op Op) int {
	switch op.Kind {
	case Conv2d, Linear:
		return 1
	case BatchNorm2d:
		if op.Train {
			return 1 // its statistics need the whole of its input first
		}
		return 2
	case Add:
		return 3
	case ReLU:
		return 4
	}
	return 0
}
