package cpu

import (
	"cmp"
	"slices"

	"resnet-tui/tensor"
)

// life is a piece of the arena: one buffer, or several that follow each other
// in place.
type life struct {
	first, last int // fusions during which it lives, both included
	bytes       int64
	offset      int64
	frozen      bool // the caller may read or write it: nothing may follow in it
}

// place finds places for all buffers in one arena, in the order in which they
// are written: each takes the smallest gap that holds it.
func (bp *blueprint) place() {
	first, last := bp.uses()
	lives, of := bp.lives(first, last)
	bp.offsets = make([]int64, len(bp.views))
	bp.memory.ArenaBytes = assign(lives)
	for id, v := range bp.views {
		if v == nil {
			continue
		}
		l := lives[of[id]]
		bp.offsets[id] = l.offset
		bp.memory.Blocks = append(bp.memory.Blocks, tensor.Block{
			Buffer: tensor.BufferID(id), Offset: l.offset, Bytes: int64(v.bytes),
			First: bp.fusions[first[id]].last(), Last: bp.fusions[last[id]].last(),
		})
	}
	bp.memory.PeakOp = bp.peak(lives)
	bp.memory.ScratchBytes = int64(bp.shared) + int64(bp.threads)*int64(bp.private)
	for _, w := range bp.weights {
		bp.memory.WeightBytes += w.bytes()
	}
}

// lives finds how long each buffer lives, and which share memory: of is the
// life by buffer.
func (bp *blueprint) lives(first, last []int) (lives []*life, of []int) {
	of = make([]int, len(bp.views))
	start := func(id tensor.BufferID) {
		of[id] = len(lives)
		lives = append(lives, &life{
			first: first[id], last: last[id], bytes: int64(roundUp(bp.views[id].bytes, lineBytes)),
			frozen: bp.plan.Buffers[id].Class != tensor.Scratch,
		})
	}
	for id, b := range bp.plan.Buffers {
		if b.Class == tensor.Input && bp.views[id] != nil {
			start(tensor.BufferID(id))
		}
	}
	for i, g := range bp.fusions {
		in := bp.inPlace(g, i, lives, of)
		for j, out := range bp.results(g) {
			if j > 0 || in == tensor.NoBuffer {
				start(out)
				continue
			}
			of[out] = of[in]
			l := lives[of[in]]
			l.last = max(l.last, last[out])
			l.frozen = bp.plan.Buffers[out].Class != tensor.Scratch
		}
	}
	return lives, of
}

// uses are the fusions that write each buffer and read it last. Inputs are there
// from the start, and what the caller may read or write lives to the end.
func (bp *blueprint) uses() (first, last []int) {
	first, last = make([]int, len(bp.views)), make([]int, len(bp.views))
	for i, g := range bp.fusions {
		for _, out := range bp.results(g) {
			first[out], last[out] = i, i
		}
		for _, id := range bp.operands(g) {
			last[id] = i
		}
	}
	for id, b := range bp.plan.Buffers {
		if b.Class != tensor.Scratch {
			last[id] = len(bp.fusions) - 1
		}
	}
	return first, last
}

// inPlace is an operand whose memory fusion i may write its result to: it dies
// there, and its pixels lie alike. A convolution reads neighbours, so only its
// residual serves.
func (bp *blueprint) inPlace(g fusion, i int, lives []*life, of []int) tensor.BufferID {
	results := bp.results(g)
	if len(results) == 0 {
		return tensor.NoBuffer
	}
	out := bp.views[results[0]]
	head := &bp.plan.Ops[g.head]
	for _, id := range bp.operands(g) {
		l := lives[of[id]]
		if l.frozen || l.last != i || bp.views[id].layout != out.layout {
			continue
		}
		if id == g.residual && id != head.In[0] || pixelwise(head) || bp.alias(g) {
			return id
		}
	}
	return tensor.NoBuffer
}

// pixelwise reports whether an operation computes each element of its result
// from the same element of its operands.
func pixelwise(op *tensor.Op) bool {
	switch op.Kind {
	case tensor.BatchNorm2d, tensor.ReLU, tensor.Add, tensor.Dropout,
		tensor.BatchNorm2dGrad, tensor.ReLUGrad, tensor.DropoutGrad, tensor.Scale, tensor.Join:
		return true
	}
	return false
}

// alias reports whether a fusion's result is its operand, byte by byte: a
// Flatten of planes of one pixel, or its gradient.
func (bp *blueprint) alias(g fusion) bool {
	op := &bp.plan.Ops[g.head]
	in, out := bp.views[op.In[0]], bp.views[op.Out[0]]
	switch op.Kind {
	case tensor.Flatten:
		return in.h*in.w == 1 && in.contiguous() && out.contiguous()
	case tensor.Unflatten:
		return out.h*out.w == 1 && in.contiguous() && out.contiguous()
	}
	return false
}

// peak is the head of the fusion during which most bytes live.
func (bp *blueprint) peak(lives []*life) int {
	change := make([]int64, len(bp.fusions)+1)
	for _, l := range lives {
		change[l.first] += l.bytes
		change[l.last+1] -= l.bytes
	}
	var bytes, most int64
	op := 0
	for i, g := range bp.fusions {
		if bytes += change[i]; bytes > most {
			most, op = bytes, g.head
		}
	}
	return op
}

// assign gives offsets to lives, sorted by their beginning, and returns the
// arena's size.
func assign(lives []*life) int64 {
	var size int64
	order := slices.Clone(lives)
	slices.SortStableFunc(order, func(a, b *life) int { return cmp.Compare(a.first, b.first) })
	var live []*life // by offset
	for _, l := range order {
		live = slices.DeleteFunc(live, func(o *life) bool { return o.last < l.first })
		at := fit(live, l)
		live = slices.Insert(live, at, l)
		size = max(size, l.offset+l.bytes)
	}
	return size
}

// fit sets l's offset to the start of the smallest gap that holds it, or behind
// all others, and returns its index among them.
func fit(live []*life, l *life) int {
	var end, best int64
	at := -1
	for i, o := range live {
		if gap := o.offset - end; gap >= l.bytes && (at < 0 || gap < best) {
			at, best, l.offset = i, gap, end
		}
		end = max(end, o.offset+o.bytes)
	}
	if at < 0 {
		at, l.offset = len(live), end
	}
	return at
}
