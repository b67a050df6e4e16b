package gpu

import (
	"resnet-tui/tensor"
)

// life is when a buffer of the arena is needed: from step first to step last.
type life struct{ first, last int }

// place finds places for buffers and scratch by the steps between which they live:
// each takes the first gap that holds it and that no piece's end cuts.
func (bp *Blueprint) place() error {
	lives := bp.lives()
	if err := bp.setChunk(lives); err != nil {
		return err
	}
	bp.places = make([]int64, len(bp.sizes))
	for id := range bp.places {
		bp.places[id] = -1
	}
	var live []int // by offset
	var peak int64
	for i := range bp.Steps {
		live = keep(live, func(id int) bool { return lives[id].last >= i })
		for id := range lives {
			if lives[id].first == i {
				live = bp.fit(live, id)
			}
		}
		var now int64
		for _, id := range live {
			now += bp.sizes[id]
		}
		if now > peak {
			peak, bp.Memory.PeakOp = now, bp.Steps[i].Group.Head
		}
	}
	bp.describe(lives)
	return nil
}

// lives are those of all buffers. One that no kernel touches begins at no step.
// Scratch outlives its step by one, so that the next need not wait for its memory.
func (bp *Blueprint) lives() []life {
	lives := make([]life, len(bp.sizes))
	for id := range lives {
		lives[id] = life{-1, -1}
	}
	for i, st := range bp.Steps {
		for _, k := range st.Kernels {
			for _, r := range k.Buffers {
				if r.Kind != Arena {
					continue
				}
				l := &lives[r.ID]
				if l.first < 0 {
					l.first = i
				}
				l.last = i
				if r.ID >= len(bp.Plan.Buffers) {
					l.last = i + 1
				}
			}
		}
	}
	for _, d := range bp.Derived { // for all runs to come
		lives[d.Kernel.Buffers[2].ID] = life{0, len(bp.Steps) - 1}
	}
	for id, b := range bp.Plan.Buffers {
		if lives[id].first < 0 || b.Class == tensor.Scratch {
			continue
		}
		lives[id].last = len(bp.Steps) - 1
		if b.Class == tensor.Input {
			lives[id].first = 0
		}
	}
	return lives
}

// pieceBytes is how large an allocation is, unless a tensor is larger: devices bound
// it, and a large one may fail where several small ones do not.
const pieceBytes = 1 << 30

// setChunk sets the size of the arena's pieces.
func (bp *Blueprint) setChunk(lives []life) error {
	limit := bp.traits.MaxTensor()
	largest := int64(0)
	for id, l := range lives {
		if l.first < 0 {
			continue
		}
		if bp.sizes[id] > limit {
			return &tensor.TooLargeError{Device: bp.traits.Name, Tensor: bp.name(id), Bytes: bp.sizes[id], Limit: limit}
		}
		largest = max(largest, bp.sizes[id])
	}
	bp.Chunk = pieceFor(largest, limit)
	return nil
}

// pieceFor is the size of pieces that hold tensors of at most that many bytes, on a
// device that takes at most limit bytes at once.
func pieceFor(largest, limit int64) int64 { return max(min(pieceBytes, limit), largest) }

// name is what errors call a buffer.
func (bp *Blueprint) name(id int) string {
	if id < len(bp.Plan.Buffers) {
		return bp.Plan.Buffers[id].Name
	}
	if p, ok := bp.laidOut[id]; ok {
		return bp.Plan.Params[p].Name + ", laid out for its kernel,"
	}
	return "a kernel's partial sums"
}

// describe writes down where buffers lie.
func (bp *Blueprint) describe(lives []life) {
	for _, p := range bp.Plan.Params {
		bp.Memory.WeightBytes += p.Bytes()
	}
	for id := range bp.Plan.Buffers {
		if l := lives[id]; l.first >= 0 {
			bp.Memory.Blocks = append(bp.Memory.Blocks, tensor.Block{
				Buffer: tensor.BufferID(id), Offset: bp.places[id], Bytes: bp.sizes[id],
				First: bp.Steps[l.first].Group.Last(), Last: bp.Steps[l.last].Group.Last(),
			})
		}
	}
}

// fit places a buffer among the live ones.
func (bp *Blueprint) fit(live []int, id int) []int {
	size := bp.sizes[id]
	at, i := within(0, size, bp.Chunk), 0
	for ; i < len(live); i++ {
		if at+size <= bp.places[live[i]] {
			break
		}
		at = within(max(at, bp.places[live[i]]+bp.sizes[live[i]]), size, bp.Chunk)
	}
	bp.places[id] = at
	bp.Memory.ArenaBytes = max(bp.Memory.ArenaBytes, at+size)
	live = append(live, 0)
	copy(live[i+1:], live[i:])
	live[i] = id
	return live
}

// Stack is places for tensors of those sizes, one behind the other, in pieces of which
// no tensor lies in two, and where they end. A device takes at most limit bytes at once.
func Stack(sizes []int64, align, limit int64) (offsets []int64, piece, end int64) {
	largest := int64(0)
	for _, n := range sizes {
		largest = max(largest, roundUp(n, align))
	}
	piece = pieceFor(largest, limit)
	offsets = make([]int64, len(sizes))
	for i, n := range sizes {
		n = roundUp(n, align)
		offsets[i] = within(end, n, piece)
		end = offsets[i] + n
	}
	return offsets, piece, end
}

// within moves a place to the next piece if it would lie in two.
func within(at, size, piece int64) int64 {
	if at/piece != (at+size-1)/piece {
		return roundUp(at, piece)
	}
	return at
}

func keep(list []int, f func(int) bool) []int {
	kept := list[:0]
	for _, v := range list {
		if f(v) {
			kept = append(kept, v)
		}
	}
	return kept
}
