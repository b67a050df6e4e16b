package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// pairedGrad is a weight gradient by products of pairs of bf16. Its sum runs over
// pixels, so that neighbours of a row must lie side by side, channel by channel, in
// the input and in the gradient. A piece lays the pixels of a chunk out so:
//
//	gradient, once for each output block    [image][row][pair][16][2]
//	input, for each input block in turn     [kh][image][row][pair][kw][16][2]
//
// A row of an odd number of pixels ends with a pair whose second half is zero.
type pairedGrad struct {
	*gradWeight
	dots  *asm.DotKernels
	pairs int // of a row
	block int // bytes of a chunk's gradient in one block
}

// pairGrad makes a weight gradient of bf16 one by products of pairs. It returns false
// where the kernels have none.
func (sc *schedule) pairGrad(ln *launch, g *gradWeight) bool {
	d := sc.kern.Dot
	if d == nil || g.x.elem != halfBytes || g.dy.elem != halfBytes {
		return false
	}
	p := &pairedGrad{gradWeight: g, dots: d, pairs: ceilDiv(g.dy.w, 2)}
	rows := g.split.images * g.split.rows
	if g.flat {
		p.pairs, rows = ceilDiv(g.split.pixels, 2), 1
	}
	p.block = rows * p.pairs * pixelBytes
	g.kernels = &d.GradWeight
	g.widest = mostRows(g.kernels)
	sc.needPrivate((g.split.blocks.size + g.kh*g.kw) * p.block)
	ln.name = d.Name + " weight gradient"
	ln.phases[0].run = p.piece
	return true
}

// piece sums some pixels for some output blocks, as gradWeight's does. All output
// blocks use an input block's pairs before the next takes their place.
func (g *pairedGrad) piece(w *worker, piece, _ int) {
	part := piece / g.split.blocks.parts
	blocks := g.split.blocks.part(piece % g.split.blocks.parts)
	for b := blocks.from; b < blocks.to; b++ {
		clear(floats(g.partial(part, b), g.panelFloats(&g.panels[b])))
	}
	chunks := g.split.chunks.part(part)
	for c := chunks.from; c < chunks.to; c++ {
		a := &w.grad
		src, grad := g.place(a, c)
		rows := pixelRows{nx: a.Nx, ny: a.Ny, nz: a.Nz}
		g.pairGradient(w, &rows, grad, blocks)
		a.Nx = ceilDiv(rows.nx, 2)
		a.GradRow = g.pairs * pixelBytes
		a.GradZ = a.Ny * a.GradRow
		a.SrcPix = g.kw * pixelBytes
		a.SrcRow = g.kw * a.GradRow
		a.SrcZ = g.kw * a.GradZ
		for ib := range g.x.blocks() {
			g.input(w, &rows, unsafe.Add(src, ib*g.x.plane), part, ib, blocks)
		}
	}
}

// pixelRows says which pixels of a view a chunk has: nx of ny rows of nz images.
type pixelRows struct {
	nx, ny, nz       int
	step, row, image int // from one to the next, in bytes
}

// pairGradient lays out the gradients of a piece's blocks. Those of block 0 begin at
// grad.
func (g *pairedGrad) pairGradient(w *worker, r *pixelRows, grad unsafe.Pointer, blocks span) {
	from := *r
	from.step = g.dy.pixel
	from.row = g.dy.row
	from.image = g.dy.image
	for b := blocks.from; b < blocks.to; b++ {
		g.lay(w, &from, unsafe.Add(w.scratch, (b-blocks.from)*g.block), unsafe.Add(grad, b*g.dy.plane), pixelBytes)
	}
}

// input adds the products of an input block's pixels, from src on at the first tap,
// to the sums of a piece's output blocks that depend on it.
func (g *pairedGrad) input(w *worker, r *pixelRows, src unsafe.Pointer, part, ib int, blocks span) {
	taps := unsafe.Add(w.scratch, g.split.blocks.size*g.block)
	laid := false
	for b := blocks.from; b < blocks.to; b++ {
		p := &g.panels[b]
		if ib < p.ib || ib >= p.ib+p.icb {
			continue
		}
		if !laid {
			g.pairInput(w, r, taps, src)
			laid = true
		}
		w.grad.Grad = unsafe.Add(w.scratch, (b-blocks.from)*g.block)
		dst := unsafe.Add(g.partial(part, b), (ib-p.ib)*g.kh*g.run()*pixelBytes)
		for kh := range g.kh {
			w.grad.Src = unsafe.Add(taps, kh*g.kw*g.block)
			g.taps(&w.grad, dst)
			dst = unsafe.Add(dst, g.run()*pixelBytes)
		}
	}
}

// pairInput lays out what every tap sees of an input block.
func (g *pairedGrad) pairInput(w *worker, r *pixelRows, dst, src unsafe.Pointer) {
	from := *r
	from.step = g.x.pixel * g.window.SW
	from.row = g.x.row * g.window.SH
	from.image = g.x.image
	for kh := range g.kh {
		for kw := range g.kw {
			at := unsafe.Add(src, kh*g.x.row+kw*g.x.pixel)
			g.lay(w, &from, unsafe.Add(dst, kh*g.kw*g.block+kw*pixelBytes), at, g.kw*pixelBytes)
		}
	}
}

// lay writes the pairs of rows of pixels from src on, step apart.
func (g *pairedGrad) lay(w *worker, r *pixelRows, dst, src unsafe.Pointer, step int) {
	a := &w.pair
	a.SrcStep = r.step
	a.DstStep = step
	a.N = r.nx
	for z := range r.nz {
		for y := range r.ny {
			a.Src = unsafe.Add(src, z*r.image+y*r.row)
			a.Dst = unsafe.Add(dst, (z*r.ny+y)*g.pairs*step)
			g.dots.Pair(a)
		}
	}
}
