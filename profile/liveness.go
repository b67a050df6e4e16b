package profile

import (
	"cmp"
	"slices"

	"resnet-tui/tensor"
)

// Liveness is what lives in a program's arena while each operation of its plan
// runs. The zero value is that of a program whose memory is not known.
type Liveness struct {
	Live []int64 // bytes, by operation
	Skip []int64 // of these, waiting to be added by a skip
	Peak int     // the first operation during which most bytes live

	blocks []tensor.Block // by offset, then by when they begin
	from   []int          // by block: the first operation at which it alone has its bytes
}

// NewLiveness adds up the blocks of a program of p over its operations.
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

// Known reports whether there is anything to show.
func (l *Liveness) Known() bool { return len(l.Live) > 0 }

// Holders are the blocks that live while an operation runs, the largest first.
// Their bytes add up to Live.
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

// addLife adds what lives from one operation to another to the differences
// between each and the one before it.
func addLife(changes []int64, bytes int64, first, last int) {
	first, last = max(first, 0), min(last, len(changes)-2)
	if first <= last {
		changes[first] += bytes
		changes[last+1] -= bytes
	}
}

// summed turns differences into sums, without the last, which is zero.
func summed(changes []int64) []int64 {
	for i := range changes[1:] {
		changes[i+1] += changes[i]
	}
	return changes[:len(changes)-1]
}

// apart sorts blocks by offset, and says from which operation on each has its
// bytes for itself: what is computed in place begins after what it overwrites.
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

// skipBuffers are the buffers that an addition takes from a skip.
func skipBuffers(p *tensor.Plan) map[tensor.BufferID]bool {
	skips := map[tensor.BufferID]bool{}
	for i := range p.Ops {
		if op := &p.Ops[i]; op.Kind == tensor.Add && op.Pass == tensor.Forward && len(op.In) > 1 {
			skips[op.In[1]] = true
		}
	}
	return skips
}
