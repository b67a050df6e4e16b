package cpu

import "unsafe"

// A weight gradient in bf16 runs on kernels for float32: each chunk of pixels is copied
// to float32 in the worker's memory, where all output blocks of the piece go over it.

// wideGrad is the weight gradient of a chunk's shadows.
type wideGrad struct {
	gradWeight
	x, dy view
}

// reads is what a chunk reads of x and dy for some output blocks.
func (g *gradWeight) reads(blocks span, chunk int) (x, dy shadowing) {
	first, last := &g.panels[blocks.from], &g.panels[blocks.to-1]
	x.blocks = span{first.ib, last.ib + last.icb}
	dy.blocks = blocks
	if g.flat {
		from := chunk * g.split.pixels
		x.rows = span{from, min(from+g.split.pixels, g.dy.n*g.dy.h*g.dy.w)}
		dy.rows = x.rows
		return x, dy
	}
	n, y := g.firstRow(chunk)
	lastImage, lastRow := min(n+g.split.images, g.dy.n)-1, min(y+g.split.rows, g.dy.h)-1
	dy.rows = span{g.dy.rowNumber(n, y), g.dy.rowNumber(lastImage, lastRow) + 1}
	x.rows = windowRows(g.window, &g.x.layout, g.dy.h, span{n*g.dy.h + y, lastImage*g.dy.h + lastRow + 1})
	return x, dy
}

// lend gives the worker the float32 of a chunk, or is g itself where all is float32.
func (g *gradWeight) lend(w *worker, blocks span, chunk int) *gradWeight {
	if g.x.elem == floatBytes && g.dy.elem == floatBytes {
		return g
	}
	s := &w.wideDW
	s.gradWeight = *g
	x, dy := g.reads(blocks, chunk)
	mem := w.scratch
	if g.x.elem != floatBytes {
		s.x = g.widen(g.x, x, mem)
		s.gradWeight.x = &s.x
		mem = unsafe.Add(mem, roundUp(s.x.bytes, lineBytes))
	}
	if g.dy.elem != floatBytes {
		s.dy = g.widen(g.dy, dy, mem)
		s.gradWeight.dy = &s.dy
	}
	return &s.gradWeight
}

// widen fills the shadow of a view.
func (g *gradWeight) widen(v *view, s shadowing, mem unsafe.Pointer) view {
	from := view{layout: g.counted(v), base: v.base}
	return from.widen(g.kern, s, mem)
}

// counted is a view's layout as chunks count it: rows, or pixels.
func (g *gradWeight) counted(v *view) layout {
	if g.flat {
		return v.asPixels()
	}
	return v.layout
}

// shadowBytes is the memory that the largest chunk takes.
func (g *gradWeight) shadowBytes() (most int) {
	for i := range g.split.blocks.parts {
		for c := range g.split.chunks.count {
			x, dy := g.reads(g.split.blocks.part(i), c)
			most = max(most, g.bytesOf(g.x, x)+g.bytesOf(g.dy, dy))
		}
	}
	return most
}

// bytesOf is the memory of a view's shadow, none where it is float32 itself.
func (g *gradWeight) bytesOf(v *view, s shadowing) int {
	if v.elem == floatBytes {
		return 0
	}
	l := g.counted(v)
	l = l.shadow(s)
	return roundUp(l.bytes, lineBytes)
}
