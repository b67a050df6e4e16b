package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// matrixGrad is a weight gradient on a matrix unit. It sums over pixels in runs: a row
// of dy has as many pixels as a row of x has for one parity of columns, the last of
// them zero, so that a tap is a distance between the two runs. For that a piece lays a
// chunk of pixels out in the worker's memory:
//
//	gradient, of all its blocks    [block][pair of pixels][16][2]
//	input, of two blocks in turn   [parity of rows][parity of columns][32][pixel]
//
// Before them are the same pixels in their order, of which these are made.
type matrixGrad struct {
	*gradWeight
	on       *asm.MatrixKernels
	dots     *asm.DotKernels
	pitch    int   // pixels from a row to the next
	rows     int   // of an image, in a run
	n        int   // pixels of the longest run, in whole tiles
	length   int   // pixels of a channel, with those that taps reach
	channel  int   // bytes from a channel to the next
	parities int   // of rows × of columns
	taps     []int // distances in bytes
}

// tilePixels is how many pixels a product of tiles sums over.
const tilePixels = 2 * asm.Block

// matrixGrad makes a weight gradient of bf16 one on the matrix unit. It returns false
// where there is none, or it doesn't suit.
func (sc *schedule) matrixGrad(ln *launch, g *gradWeight) bool {
	kern := sc.matrix()
	if kern == nil || g.groups > 1 || g.interleaved || g.x.elem != halfBytes || g.dy.elem != halfBytes {
		return false
	}
	m := &matrixGrad{gradWeight: g, on: kern, dots: sc.kern.Dot}
	m.lay()
	sc.needPrivate(m.bytes())
	ln.name = sc.kern.Dot.Name + " weight gradient"
	ln.phases[0].run = m.piece
	return true
}

// lay decides where pixels lie.
func (g *matrixGrad) lay() {
	w := &g.window
	g.pitch, g.rows, g.n = g.split.pixels, 1, g.split.pixels
	if !g.flat {
		g.pitch = g.dy.w + (w.KW-1)/w.SW
		g.rows = g.split.rows + (w.KH-1)/w.SH
		g.n = g.run(g.split.images, g.split.rows)
	}
	g.n = roundUp(g.n, tilePixels)
	far := (w.KH-1)/w.SH*g.pitch + (w.KW-1)/w.SW
	g.length = roundUp(g.n+far, tilePixels)
	g.channel = (g.length*halfBytes/lineBytes | 1) * lineBytes // not the same cache sets for all
	columns := min(w.SW, w.KW)
	g.parities = min(w.SH, w.KH) * columns
	for kh := range w.KH {
		for kw := range w.KW {
			parity := kh%w.SH*columns + kw%w.SW
			g.taps = append(g.taps, parity*tilePixels*g.channel+(kh/w.SH*g.pitch+kw/w.SW)*halfBytes)
		}
	}
}

// run is the pixels of some rows of some images.
func (g *matrixGrad) run(images, rows int) int {
	return ((images-1)*g.rows+rows-1)*g.pitch + g.dy.w
}

// The worker's memory: see matrixGrad.
func (g *matrixGrad) blockBytes() int    { return g.n * asm.Block * halfBytes }
func (g *matrixGrad) pairsAt() int       { return g.blockBytes() }
func (g *matrixGrad) gatheredAt() int    { return g.pairsAt() + g.split.blocks.size*g.blockBytes() }
func (g *matrixGrad) gatheredBytes() int { return g.length * gatheredPixel }
func (g *matrixGrad) channelsAt() int    { return g.gatheredAt() + g.gatheredBytes() }
func (g *matrixGrad) bytes() int         { return g.channelsAt() + g.parities*tilePixels*g.channel }

// piece sums some pixels for some output blocks.
func (g *matrixGrad) piece(w *worker, piece, _ int) {
	part := piece / g.split.blocks.parts
	blocks := g.split.blocks.part(piece % g.split.blocks.parts)
	for b := blocks.from; b < blocks.to; b++ {
		clear(floats(g.partial(part, b), g.panelFloats(&g.panels[b])))
	}
	// What no pixel is copied to is multiplied by zero, and must be finite.
	clear(floats(unsafe.Add(w.scratch, g.gatheredAt()), g.gatheredBytes()/floatBytes))
	chunks := g.split.chunks.part(part)
	for c := chunks.from; c < chunks.to; c++ {
		r := g.chunk(c)
		w.matrix.grad.N = ceilDiv(r.n, tilePixels)
		for b := blocks.from; b < blocks.to; b++ {
			g.pairGradient(w, &r, b, unsafe.Add(w.scratch, g.pairsAt()+(b-blocks.from)*g.blockBytes()))
		}
		for ib := 0; ib < g.x.blocks(); ib += 2 {
			g.layInput(w, &r, ib)
			g.multiply(w, part, ib, blocks)
		}
	}
}

// gradRun is the pixels of a chunk: of images, from row y of image first on, or, where
// any run of pixels is a chunk, from pixel y on.
type gradRun struct {
	first, images, y, rows int
	n                      int // in the run
}

func (g *matrixGrad) chunk(c int) gradRun {
	if g.flat {
		from := c * g.split.pixels
		return gradRun{images: 1, y: from, rows: 1, n: min(g.split.pixels, g.dy.n*g.dy.h*g.dy.w-from)}
	}
	n, y := g.firstRow(c)
	r := gradRun{first: n, images: min(g.split.images, g.dy.n-n), y: y, rows: min(g.split.rows, g.dy.h-y)}
	r.n = g.run(r.images, r.rows)
	return r
}

// pairGradient lays out a block of the gradient, zero between rows and behind the last.
func (g *matrixGrad) pairGradient(w *worker, r *gradRun, block int, dst unsafe.Pointer) {
	clear(floats(w.scratch, g.blockBytes()/floatBytes))
	for z := range r.images {
		for y := range r.rows {
			from, pixels := g.dy.pixelAt(block, r.first+z, r.y+y, 0), g.dy.w
			if g.flat {
				from, pixels = unsafe.Add(g.dy.pixelAt(block, 0, 0, 0), r.y*g.dy.pixel), r.n
			}
			to := unsafe.Add(w.scratch, (z*g.rows+y)*g.pitch*g.dy.pixel)
			copy(floats(to, pixels*g.dy.pixel/floatBytes), floats(from, pixels*g.dy.pixel/floatBytes))
		}
	}
	w.pair = asm.PairArgs{
		Src: w.scratch, Dst: dst, SrcStep: g.dy.pixel, DstStep: pixelBytes, N: w.matrix.grad.N * tilePixels,
	}
	g.dots.Pair(&w.pair)
}

// layInput lays out the channels of blocks ib and ib+1.
func (g *matrixGrad) layInput(w *worker, r *gradRun, ib int) {
	win := &g.window
	dst := unsafe.Add(w.scratch, g.channelsAt())
	for py := range min(win.SH, win.KH) {
		for px := range min(win.SW, win.KW) {
			for z := range r.images {
				g.gather(w, r, ib, z, py, px)
			}
			w.matrix.transpose = asm.TransposeArgs{
				Src: unsafe.Add(w.scratch, g.gatheredAt()), Dst: dst, DstRow: g.channel, N: g.length / tilePixels,
			}
			g.on.Transpose(&w.matrix.transpose)
			dst = unsafe.Add(dst, tilePixels*g.channel)
		}
	}
}

// gather copies what the chunk's rows of an image read, of a parity of rows and of
// columns.
func (g *matrixGrad) gather(w *worker, r *gradRun, ib, z, py, px int) {
	win := &g.window
	a := &w.matrix.gather
	a.Dst = unsafe.Add(w.scratch, g.gatheredAt()+z*g.rows*g.pitch*gatheredPixel)
	a.SrcOB = g.x.plane
	if ib+1 == g.x.blocks() {
		a.SrcOB = 0
	}
	a.SrcPix, a.SrcRow = g.x.pixel*win.SW, g.x.row*win.SH
	a.DstRow = g.pitch * gatheredPixel
	a.Nx, a.Ny = g.dy.w+(win.KW-1-px)/win.SW, r.rows+(win.KH-1-py)/win.SH
	if g.flat {
		a.Src, a.Nx, a.Ny = unsafe.Add(g.x.pixelAt(ib, 0, 0, 0), r.y*g.x.pixel), r.n, 1
	} else {
		a.Src = g.x.pixelAt(ib, r.first+z, r.y*win.SH-win.Top+py, px-win.Left)
	}
	g.on.Gather(a)
}

// multiply adds a chunk's products of blocks ib and ib+1 to the sums of a piece's
// output blocks.
func (g *matrixGrad) multiply(w *worker, part, ib int, blocks span) {
	const tapBytes = asm.Block * pixelBytes // of a tap's sums, of one block each way
	a := &w.matrix.grad
	a.Src = unsafe.Add(w.scratch, g.channelsAt())
	a.SrcRow = g.channel
	a.Taps, a.TapCount = &g.taps[0], len(g.taps)
	a.GradOB = g.blockBytes()
	a.DstIB = len(g.taps) * tapBytes
	a.DstOB = g.panelFloats(&g.panels[0]) * floatBytes
	for b := blocks.from; b < blocks.to; b += 2 {
		a.Grad = unsafe.Add(w.scratch, g.pairsAt()+(b-blocks.from)*g.blockBytes())
		a.Dst = unsafe.Add(g.partial(part, b), ib*a.DstIB)
		g.on.Grad[min(2, g.x.blocks()-ib)][min(2, blocks.to-b)](a)
	}
}
