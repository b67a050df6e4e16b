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
// A row of an odd number of pixels ends with a pair whose second half is zero. With a
// stride of 1, what a tap sees is what its neighbours see elsewhere. Then the input is
// laid out once for all: a pair for each pixel and the one after it, so that the taps
// of a row are one run, as they are in float32:
//
//	pixels  0 1 2 3 4 5          first pair of the gradient   01
//	pairs   01 12 23 34 45       its taps                     01 12 23
//	                             the second's, 23             23 34 45
type pairedGrad struct {
	*gradWeight
	dots    *asm.DotKernels
	pairs   int  // of a row of the gradient
	block   int  // bytes of a chunk's gradient in one block
	sliding bool // the input has a pair for each pixel
}

// pairGrad makes a weight gradient of bf16 one by products of pairs. It returns false
// where the kernels have none.
func (sc *schedule) pairGrad(ln *launch, g *gradWeight) bool {
	d := sc.kern.Dot
	if d == nil || g.x.elem != halfBytes || g.dy.elem != halfBytes {
		return false
	}
	p := &pairedGrad{gradWeight: g, dots: d, pairs: ceilDiv(g.dy.w, 2)}
	images, rows := g.split.images, g.split.rows
	if g.flat {
		p.pairs, images, rows = ceilDiv(g.split.pixels, 2), 1, 1
	}
	p.block = images * rows * p.pairs * pixelBytes
	p.sliding = g.window.SH*g.window.SW == 1 && g.kw > 1
	g.kernels = &d.GradWeight
	g.widest = mostRows(g.kernels)
	input := g.kh * g.kw * p.block
	if p.sliding {
		input = images * p.slide(rows).image
	}
	sc.needPrivate(g.split.blocks.size*p.block + input)
	ln.name = d.Name + " weight gradient"
	ln.phases[0].run = p.piece
	return true
}

// rowSteps are the distances in bytes from one pixel or pair, row, and image to the
// next, and from what a row of taps sees to what the next does.
type rowSteps struct{ pixel, row, image, below int }

// tapSteps says where the taps of a chunk with ny rows of an image see the input's
// pairs.
func (g *pairedGrad) tapSteps(ny int) rowSteps {
	if g.sliding {
		return g.slide(ny)
	}
	row := g.kw * g.pairs * pixelBytes
	return rowSteps{pixel: g.kw * pixelBytes, row: row, image: ny * row, below: g.kw * g.block}
}

// slide is tapSteps with a pair for each pixel, in as many more rows as taps reach.
func (g *pairedGrad) slide(ny int) rowSteps {
	row := (2*g.pairs + g.kw - 1) * pixelBytes
	return rowSteps{pixel: 2 * pixelBytes, row: row, image: (ny + g.kh - 1) * row, below: row}
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
		n := pixelCount{a.Nx, a.Ny, a.Nz}
		g.pairGradient(w, n, grad, blocks)
		steps := g.tapSteps(n.y)
		a.Nx = ceilDiv(n.x, 2)
		a.GradRow = g.pairs * pixelBytes
		a.GradZ = n.y * a.GradRow
		a.SrcPix = steps.pixel
		a.SrcRow = steps.row
		a.SrcZ = steps.image
		for ib := range g.x.blocks() {
			g.input(w, n, unsafe.Add(src, ib*g.x.plane), part, ib, blocks)
		}
	}
}

// pixelCount is x pixels of y rows of z images.
type pixelCount struct{ x, y, z int }

// pairGradient lays out the gradients of a piece's blocks. Those of block 0 begin at
// grad.
func (g *pairedGrad) pairGradient(w *worker, n pixelCount, grad unsafe.Pointer, blocks span) {
	row := g.pairs * pixelBytes
	to := rowSteps{pixel: pixelBytes, row: row, image: n.y * row}
	from := rowSteps{pixel: g.dy.pixel, row: g.dy.row, image: g.dy.image}
	for b := blocks.from; b < blocks.to; b++ {
		g.lay(w, n, unsafe.Add(w.scratch, (b-blocks.from)*g.block), to, unsafe.Add(grad, b*g.dy.plane), from)
	}
}

// input adds the products of an input block's pixels, from src on at the first tap,
// to the sums of a piece's output blocks that depend on it.
func (g *pairedGrad) input(w *worker, n pixelCount, src unsafe.Pointer, part, ib int, blocks span) {
	pairs, steps := unsafe.Add(w.scratch, g.split.blocks.size*g.block), g.tapSteps(n.y)
	laid := false
	for b := blocks.from; b < blocks.to; b++ {
		p := &g.panels[b]
		if ib < p.ib || ib >= p.ib+p.icb {
			continue
		}
		if !laid {
			g.pairInput(w, n, pairs, steps, src)
			laid = true
		}
		w.grad.Grad = unsafe.Add(w.scratch, (b-blocks.from)*g.block)
		dst := unsafe.Add(g.partial(part, b), (ib-p.ib)*g.kh*g.run()*pixelBytes)
		for kh := range g.kh {
			w.grad.Src = unsafe.Add(pairs, kh*steps.below)
			g.taps(&w.grad, dst)
			dst = unsafe.Add(dst, g.run()*pixelBytes)
		}
	}
}

// pairInput lays out what the taps see of an input block.
func (g *pairedGrad) pairInput(w *worker, n pixelCount, dst unsafe.Pointer, to rowSteps, src unsafe.Pointer) {
	from := rowSteps{pixel: g.x.pixel * g.window.SW, row: g.x.row * g.window.SH, image: g.x.image}
	if g.sliding { // pairs that begin at even pixels, then at odd ones
		n.x += g.kw - 1
		n.y += g.kh - 1
		g.lay(w, n, dst, to, src, from)
		n.x--
		g.lay(w, n, unsafe.Add(dst, pixelBytes), to, unsafe.Add(src, from.pixel), from)
		return
	}
	for kh := range g.kh {
		for kw := range g.kw {
			at := unsafe.Add(src, kh*g.x.row+kw*g.x.pixel)
			g.lay(w, n, unsafe.Add(dst, kh*to.below+kw*pixelBytes), to, at, from)
		}
	}
}

// lay writes the pairs of rows of pixels.
func (g *pairedGrad) lay(w *worker, n pixelCount, dst unsafe.Pointer, to rowSteps, src unsafe.Pointer, from rowSteps) {
	a := &w.pair
	a.SrcStep = from.pixel
	a.DstStep = to.pixel
	a.N = n.x
	for z := range n.z {
		for y := range n.y {
			a.Src = unsafe.Add(src, z*from.image+y*from.row)
			a.Dst = unsafe.Add(dst, z*to.image+y*to.row)
			g.dots.Pair(a)
		}
	}
}
