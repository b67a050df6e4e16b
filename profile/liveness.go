package profile

import (
	"cmp"
	"slices"

	"resnet-tui/tensor"
)

// Liveness holds what is live in a program's arena during each operation of its
// plan: operands, results, and values that later operations need. The zero
// value stands for a program whose memory plan is unknown.
//
// Bytes are counted once: where an operation computes in place, its result
// counts from the next operation on.
type Liveness struct {
	Live []int64 // bytes, by operation
	Skip []int64 // bytes among Live that wait to be added by a skip, by operation
	Peak int     // first operation with the largest Live

	blocks []tensor.Block // sorted by offset, then by first operation
	from   []int          // by block: first operation for which it counts
}

// NewLiveness sums up the blocks of the memory plan m of a program of p.
func NewLiveness(p *tensor.Plan, m tensor.MemoryPlan) Liveness {
	n := len(p.Ops)
	if len(m.Blocks) == 0 || n == 0 {
		return Liveness{}
	}
	l := Liveness{Live: make([]int64, n+1), Skip: make([]int64, n+1)}
	l.blocks, l.from = apart(m.Blocks)
	skips := skipBuffers(p)
	for i, b := range l.blocks {
		addLife(l.Live, b.Bytes, l.from[i], b.Last)
		if skips[b.Buffer] {
			addLife(l.Skip, b.Bytes, l.from[i], b.Last)
		}
	}
	l.Live, l.Skip = summed(l.Live), summed(l.Skip)
	l.Peak = slices.Index(l.Live, slices.Max(l.Live))
	return l
}

// Known reports whether the memory plan is known.
func (l *Liveness) Known() bool { return len(l.Live) > 0 }

// Holders returns the blocks that are live during an operation, largest first.
// Their bytes add up to Live[op].
func (l *Liveness) Holders(op int) []tensor.Block {
	var holders []tensor.Block
	for i, b := range l.blocks {
		if l.from[i] <= op && op <= b.Last {
			holders = append(holders, b)
		}
	}
	slices.SortStableFunc(holders, func(a, b tensor.Block) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return holders
}

// addLife adds a block that is live from operation first to last, inclusive, to
// a difference array: changes[i] is what operation i has more than i−1. With it,
// all lives take O(blocks + operations) instead of their product.
func addLife(changes []int64, bytes int64, first, last int) {
	first, last = max(first, 0), min(last, len(changes)-2)
	if first <= last {
		changes[first] += bytes
		changes[last+1] -= bytes
	}
}

// summed turns a difference array into its prefix sums, in place. The last
// element, past the last operation, is dropped: it is always zero.
func summed(changes []int64) []int64 {
	for i := range changes[1:] {
		changes[i+1] += changes[i]
	}
	return changes[:len(changes)-1]
}

// apart returns the blocks sorted by offset and first operation, and for each
// the first operation for which it counts. That is later than its First if it
// was computed in place: its operand, at the same offset, still counts for the
// operation that overwrites it.
func apart(blocks []tensor.Block) (sorted []tensor.Block, from []int) {
	sorted = slices.Clone(blocks)
	slices.SortStableFunc(sorted, func(a, b tensor.Block) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.First, b.First))
	})
	for i, b := range sorted {
		first := b.First
		if i > 0 && sorted[i-1].Offset == b.Offset {
			first = max(first, sorted[i-1].Last+1)
		}
		from = append(from, first)
	}
	return sorted, from
}

// skipBuffers returns the buffers that additions of the forward pass take from a
// skip: their second operand, as nn lowers them.
func skipBuffers(p *tensor.Plan) map[tensor.BufferID]bool {
	skips := map[tensor.BufferID]bool{}
	for i := range p.Ops {
		if op := &p.Ops[i]; op.Kind == tensor.Add && op.Pass == tensor.Forward && len(op.In) > 1 {
			skips[op.In[1]] = true
		}
	}
	return skips
}
