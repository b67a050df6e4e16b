package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// sourcePixels is how many pixels are summed up, then counted, at a time: they are still in
// the L1 cache. A multiple of what kernels count at once; 16 KiB.
const sourcePixels = 252

// sourceOf is a view of a shape as a source.
func sourceOf(k *asm.Kernels, v *view, shape tensor.Shape) source {
	switch {
	case v.flat > 0:
		return &flatSource{n: v.flat, shape: shape, data: v.values}
	case v.elem != floatBytes:
		return &halfSource{blockSource: blockSource{newGrid(v)}, k: k}
	}
	return &blockSource{newGrid(v)}
}

// paramSource is the value of a parameter, which a launch reads in the order of the host.
func (sc *schedule) paramSource(ln *launch, p tensor.Param) source {
	var master []float32
	ln.reads = []string{p.Name}
	ln.bind = func(s *state) (err error) {
		master, err = s.master(p)
		return err
	}
	return &flatSource{n: p.Shape.Elems(), shape: p.Shape, data: func() []float32 { return master }}
}

// flatSource is values in the order of the host.
type flatSource struct {
	n     int
	shape tensor.Shape
	data  func() []float32
}

func (s *flatSource) elems() int  { return s.n }
func (s *flatSource) pieces() int { return ceilDiv(s.n, s.size()) }

// size is the elements of a piece.
func (s *flatSource) size() int {
	size := pieceElems
	for ceilDiv(s.n, size) > maxPieces {
		size *= 2
	}
	return size
}

func (s *flatSource) walk(piece int, t taker) {
	first := piece * s.size()
	x := s.data()[first:min(first+s.size(), s.n)]
	whole := len(x) / asm.Block
	if whole > 0 {
		eachRun(t, unsafe.Pointer(&x[0]), whole)
	}
	t.each(x[whole*asm.Block:])
}

// eachRun gives t a run of pixels.
func eachRun(t taker, src unsafe.Pointer, pixels int) {
	for at := 0; at < pixels; at += sourcePixels {
		t.pixels(valueRows{unsafe.Add(src, at*pixelBytes), min(sourcePixels, pixels-at), 1, 0})
	}
}

func (s *flatSource) lanesAre(int) bool { return false }

func (s *flatSource) channel(axis, c int, f func(x []float32)) {
	outer, inner := s.shape[:axis].Elems(), s.shape[axis+1:].Elems()
	for o := range outer {
		at := (o*s.shape[axis] + c) * inner
		f(s.data()[at : at+inner])
	}
}

// blockSource is a view in blocks of channels.
type blockSource struct{ grid }

func (s *blockSource) elems() int { return s.v.n * s.v.c * s.v.h * s.v.w }

func (s *blockSource) walk(piece int, t taker) {
	block, first := piece/s.parts, piece%s.parts*s.rows
	last := min(first+s.rows, s.v.n*s.v.h)
	switch lanes := s.lanes(block); {
	case lanes < asm.Block: // padding is not zero behind a value that is not finite
		s.strips(piece, func(r strip) {
			for y := r.y0; y < r.y1; y++ {
				for x := range s.v.w {
					values := s.v.get(block, r.n, y, x)
					t.each(values[:lanes])
				}
			}
		})
	case s.v.contiguous():
		from := unsafe.Add(s.v.pixelAt(block, 0, 0, 0), first*s.v.row)
		eachRun(t, from, (last-first)*s.v.w)
	default:
		s.strips(piece, func(r strip) { s.rowsOf(r, t) })
	}
}

// lanes is how many channels a block has.
func (s *blockSource) lanes(block int) int { return min(asm.Block, s.v.c-block*asm.Block) }

// rowsOf takes rows with a halo, some at a time.
func (s *blockSource) rowsOf(r strip, t taker) {
	v := s.v
	step := sourcePixels * pixelBytes / v.row
	if step < 2 || v.row != (v.halo.left+v.w+v.halo.right)*v.pixel { // more lies in between
		for y := r.y0; y < r.y1; y++ {
			eachRun(t, v.pixelAt(r.block, r.n, y, 0), v.w)
		}
		return
	}
	for y := r.y0; y < r.y1; y += step {
		t.pixels(valueRows{v.pixelAt(r.block, r.n, y, 0), v.w, min(step, r.y1-y), v.row})
	}
}

func (s *blockSource) lanesAre(axis int) bool { return axis == 1 }

func (s *blockSource) channel(axis, c int, f func(x []float32)) {
	v := s.v
	n0, n1, c0, c1 := 0, v.n, c, c+1
	if axis == 0 {
		n0, n1, c0, c1 = c, c+1, 0, v.c
	}
	for n := n0; n < n1; n++ {
		for c := c0; c < c1; c++ {
			for i := range v.h * v.w {
				lanes := v.get(c/asm.Block, n, i/v.w, i%v.w)
				f(lanes[c%asm.Block:][:1])
			}
		}
	}
}
