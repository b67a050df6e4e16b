// Package fusion decides which operations of a plan devices run as one kernel.
package fusion

import (
	"slices"

	"resnet-tui/tensor"
)

// Group is a set of operations that one kernel computes: a head and what it
// absorbs. It runs when its last operation is due, so that an absorbed Add
// finds both operands.
type Group struct {
	Head     int
	Absorbed []int           // after the head, in order
	Residual tensor.BufferID // what an absorbed Add adds to the head's result, or NoBuffer
}

// Last is the last operation: its result is the kernel's.
func (g Group) Last() int {
	if n := len(g.Absorbed); n > 0 {
		return g.Absorbed[n-1]
	}
	return g.Head
}

// Split splits a plan into what runs as one kernel, in execution order.
// Without fuse that is each operation by itself. With it, a convolution or
// linear layer absorbs the batch norm (in eval mode), the addition of the skip
// and the ReLU that follow it, and a batch norm or an addition absorbs whichever of
// these follow it; but never past a value that is read elsewhere: by another
// operation, a probe or the caller. In the backward pass the gradient of a ReLU
// absorbs that of the batch norm before it.
//
// All devices follow it, so that a user sees the same rows on each. Package tensortest
// states it again for its own devices; a test holds both equal.
func Split(p *tensor.Plan, fuse bool) []Group {
	readers := soleReaders(p)
	taken := make([]bool, len(p.Ops))
	list := make([]Group, 0, len(p.Ops))
	for i := range p.Ops {
		if taken[i] {
			continue
		}
		f := Group{Head: i, Residual: tensor.NoBuffer}
		for fuse {
			next := follower(p, f, readers, taken)
			if next < 0 {
				break
			}
			taken[next] = true
			f.absorb(p, next)
		}
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b Group) int { return a.Last() - b.Last() })
	return list
}

// soleReaders are the operations that read each buffer, or −1 where not exactly
// one operand of one operation is the buffer.
func soleReaders(p *tensor.Plan) []int {
	uses, reader := make([]int, len(p.Buffers)), make([]int, len(p.Buffers))
	for i := range p.Ops {
		for _, b := range p.Ops[i].In {
			uses[b]++
			reader[b] = i
		}
	}
	for b, n := range uses {
		if n != 1 {
			reader[b] = -1
		}
	}
	return reader
}

// absorb appends an operation.
func (g *Group) absorb(p *tensor.Plan, op int) {
	g.Absorbed = append(g.Absorbed, op)
	if p.Ops[op].Kind == tensor.Add {
		g.Residual = p.Ops[op].In[1]
	}
}

// follower is the operation that f can absorb next, or −1.
func follower(p *tensor.Plan, f Group, readers []int, taken []bool) int {
	last := &p.Ops[f.Last()]
	if len(last.Out) == 0 || p.Buffers[last.Out[0]].Class != tensor.Scratch || readers[last.Out[0]] < 0 {
		return -1
	}
	next := readers[last.Out[0]]
	op := &p.Ops[next]
	if last.Kind == tensor.ReLUGrad && op.Kind == tensor.BatchNorm2dGrad && op.In[1] == last.Out[0] {
		return next
	}
	switch {
	case taken[next], op.Pass != last.Pass:
		return -1
	case rank(last) == 0, rank(op) <= rank(last):
		return -1
	case p.Ops[f.Head].Kind == tensor.Linear && op.Kind != tensor.ReLU:
		return -1
	case op.Kind == tensor.Add && (op.In[0] != last.Out[0] || op.Scalar != tensor.NoScalar):
		return -1 // only the branch, the first operand, absorbs the addition: the skip is the residual
	}
	return next
}

// rank orders what may follow what inside a group; 0 takes no part.
func rank(op *tensor.Op) int {
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
