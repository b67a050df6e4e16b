package cpu

import (
	"cmp"
	"slices"

	"resnet-tui/tensor"
	"resnet-tui/tensor/fusion"
)

// life is a piece of the arena: one buffer, or several that follow each other in
// place. Lives that overlap in time must not overlap in memory:
//
//	offset
//	  ▲        ┌──────────────┐
//	  │        │ residual     │      ┌─────────┐
//	  │ ┌──────┴─────┬────────┴──────┴──┐      │
//	  │ │ input      │ conv1            │ conv2│
//	  └─┴────────────┴──────────────────┴──────┴─► launches
type life struct {
	first, last int // fusions during which it lives, both included
	bytes       int64
	offset      int64
	frozen      bool // the caller may read or write it: nothing may reuse its place
}

// assignMemory finds an offset in one arena for every buffer, in the order in which
// they are written: each takes the smallest gap that holds it.
func (sc *schedule) assignMemory() {
	first, last := sc.uses()
	lives, of := sc.lives(first, last)
	sc.offsets = make([]int64, len(sc.views))
	sc.memory.ArenaBytes = assign(lives)
	at := sc.newest()
	for id, v := range sc.views {
		if v == nil {
			continue
		}
		l := lives[of[id]]
		sc.offsets[id] = l.offset
		sc.memory.Blocks = append(sc.memory.Blocks, tensor.Block{
			Buffer: tensor.BufferID(id), Offset: l.offset, Bytes: int64(v.bytes),
			First: at[first[id]], Last: at[last[id]],
		})
	}
	sc.memory.PeakOp = sc.peak(lives)
	sc.memory.ScratchBytes = int64(sc.shared) + int64(sc.threads)*int64(sc.private)
	for _, w := range sc.weights {
		sc.memory.WeightBytes += w.bytes()
	}
}

// newest is the newest operation of each fusion and those before it: the order in which
// they run, as histograms may run later than their place in the plan.
func (sc *schedule) newest() []int {
	at := make([]int, len(sc.fusions))
	for i, f := range sc.fusions {
		at[i] = f.Last()
		if i > 0 {
			at[i] = max(at[i], at[i-1])
		}
	}
	return at
}

// lives finds how long each buffer lives, and which share memory: of is the
// life by buffer.
func (sc *schedule) lives(first, last []int) (lives []*life, of []int) {
	of = make([]int, len(sc.views))
	start := func(id tensor.BufferID) {
		of[id] = len(lives)
		lives = append(lives, &life{
			first: first[id], last: last[id], bytes: int64(roundUp(sc.views[id].bytes, lineBytes)),
			frozen: sc.plan.Buffers[id].Class != tensor.Scratch,
		})
	}
	for id, b := range sc.plan.Buffers {
		if b.Class == tensor.Input && sc.views[id] != nil {
			start(tensor.BufferID(id))
		}
	}
	for i, f := range sc.fusions {
		in := sc.inPlace(f, i, lives, of)
		for j, out := range sc.results(f) {
			if j > 0 || in == tensor.NoBuffer {
				start(out)
				continue
			}
			of[out] = of[in]
			l := lives[of[in]]
			l.last = max(l.last, last[out])
			l.frozen = sc.plan.Buffers[out].Class != tensor.Scratch
		}
	}
	return lives, of
}

// uses are the fusions that write each buffer and read it last. Inputs are there
// from the start, and what the caller may read or write lives to the end.
func (sc *schedule) uses() (first, last []int) {
	first, last = make([]int, len(sc.views)), make([]int, len(sc.views))
	for i, f := range sc.fusions {
		for _, out := range sc.results(f) {
			first[out], last[out] = i, i
		}
		for _, id := range sc.operands(f) {
			last[id] = i
		}
	}
	for id, b := range sc.plan.Buffers {
		if b.Class != tensor.Scratch {
			last[id] = len(sc.fusions) - 1
		}
	}
	return first, last
}

// inPlace is an operand whose memory fusion i may write its result to, or NoBuffer:
// nobody reads it later, and both have the same layout. A convolution reads
// neighbouring pixels, so that only its residual can be overwritten.
func (sc *schedule) inPlace(f fusion.Group, i int, lives []*life, of []int) tensor.BufferID {
	results := sc.results(f)
	if len(results) == 0 {
		return tensor.NoBuffer
	}
	out := sc.views[results[0]]
	head := &sc.plan.Ops[f.Head]
	for _, id := range sc.operands(f) {
		l := lives[of[id]]
		if l.frozen || l.last != i || sc.views[id].layout != out.layout {
			continue
		}
		if id == f.Residual && id != head.In[0] || pixelwise(head) || sc.alias(f) {
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
func (sc *schedule) alias(f fusion.Group) bool {
	op := &sc.plan.Ops[f.Head]
	in, out := sc.views[op.In[0]], sc.views[op.Out[0]]
	switch op.Kind {
	case tensor.Flatten:
		return in.h*in.w == 1 && in.contiguous() && out.contiguous()
	case tensor.Unflatten:
		return out.h*out.w == 1 && in.contiguous() && out.contiguous()
	}
	return false
}

// peak is the head of the fusion during which most bytes live.
func (sc *schedule) peak(lives []*life) int {
	change := make([]int64, len(sc.fusions)+1)
	for _, l := range lives {
		change[l.first] += l.bytes
		change[l.last+1] -= l.bytes
	}
	var bytes, most int64
	op := 0
	for i, f := range sc.fusions {
		if bytes += change[i]; bytes > most {
			most, op = bytes, f.Head
		}
	}
	return op
}

// assign gives offsets to lives, in the order of their beginning, and returns the
// arena's size.
func assign(lives []*life) int64 {
	begin, end := slices.Clone(lives), slices.Clone(lives)
	slices.SortStableFunc(begin, func(a, b *life) int { return cmp.Compare(a.first, b.first) })
	slices.SortStableFunc(end, func(a, b *life) int { return cmp.Compare(a.last, b.last) })
	var size int64
	var s space
	for _, l := range begin {
		for end[0].last < l.first { // it began before l: it has an offset
			s.free(gap{end[0].offset, end[0].offset + end[0].bytes})
			end = end[1:]
		}
		l.offset = s.take(l.bytes)
		size = max(size, s.top)
	}
	return size
}

// space is what is taken of an arena at one moment: everything below top but the
// gaps, which are in order and don't touch.
type space struct {
	gaps []gap
	top  int64
}

// gap is the bytes [from, to).
type gap struct{ from, to int64 }

func (g gap) size() int64 { return g.to - g.from }

// take returns the start of the smallest gap that holds that many bytes, or the top.
func (s *space) take(bytes int64) (offset int64) {
	best := -1
	for i, g := range s.gaps {
		if g.size() >= bytes && (best < 0 || g.size() < s.gaps[best].size()) {
			best = i
		}
	}
	if best < 0 {
		s.top += bytes
		return s.top - bytes
	}
	g := &s.gaps[best]
	offset = g.from
	if g.from += bytes; g.size() == 0 {
		s.gaps = slices.Delete(s.gaps, best, best+1)
	}
	return offset
}

// free makes a gap of bytes that were taken, and joins it with those beside it.
func (s *space) free(g gap) {
	at, _ := slices.BinarySearchFunc(s.gaps, g.from, func(o gap, from int64) int { return cmp.Compare(o.from, from) })
	first, last := at, at // of the gaps that g replaces
	if at > 0 && s.gaps[at-1].to == g.from {
		first--
		g.from = s.gaps[first].from
	}
	if at < len(s.gaps) && s.gaps[at].from == g.to {
		last++
		g.to = s.gaps[at].to
	}
	if g.to == s.top {
		s.gaps, s.top = s.gaps[:first], g.from
		return
	}
	s.gaps = slices.Replace(s.gaps, first, last, g)
}
