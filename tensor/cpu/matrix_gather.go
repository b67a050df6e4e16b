package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// gathered is how a piece's input lies in a worker's memory:
//
//	[image][pair of blocks][parity of rows][parity of columns][row][pixel][32]
//
// With a stride, the rows that a tap meets are those of one parity, as with columns:
// so each tap reads one run of pixels, side by side. A row has as many pixels as a row
// of the output, and those that its last windows reach beyond; in the sums, they are
// what a run skips between two rows.
//
// Where units are pixels, there is one row, of one parity.
type gathered struct {
	window   tensor.Window
	width    int // pixels of the output's row
	pairs    int
	pitch    int   // pixels from one row to the next
	rows     int   // of the output: the most that a piece has of an image
	images   int   // the most of a piece
	parities int   // of rows × of columns
	taps     []int // distances from a pair's first pixel, in bytes
}

func newGathered(w tensor.Window, width, pairs int) gathered {
	g := gathered{window: w, width: width, pairs: pairs}
	g.pitch = width + (w.KW-1)/w.SW
	g.parities = min(w.SH, w.KH) * g.columns()
	return g
}

// columns is the number of parities of columns.
func (g *gathered) columns() int { return min(g.window.SW, g.window.KW) }

// pixels makes it a row of n pixels.
func (g *gathered) pixels(n int) {
	g.pitch = n
	g.rows = 1
	g.images = 1
	g.taps = []int{0}
}

// plane is the bytes of a parity, for so many rows of the output.
func (g *gathered) plane(rows int) int {
	return (rows + (g.window.KH-1)/g.window.SH) * g.pitch * gatheredPixel
}

// pair is the bytes of a pair of blocks. An odd number of cache lines keeps pairs from
// contending for the same cache sets.
func (g *gathered) pair(rows int) int { return (g.parities*g.plane(rows)/lineBytes | 1) * lineBytes }

func (g *gathered) pairBytes() int  { return g.pair(g.rows) }
func (g *gathered) imageBytes() int { return g.pairs * g.pairBytes() }
func (g *gathered) bytes() int      { return g.images * g.imageBytes() }

// findTaps is called when the number of rows is known.
func (g *gathered) findTaps() {
	w := &g.window
	for kh := range w.KH {
		for kw := range w.KW {
			parity := kh%w.SH*g.columns() + kw%w.SW
			pixels := kh/w.SH*g.pitch + kw/w.SW
			g.taps = append(g.taps, parity*g.plane(g.rows)+pixels*gatheredPixel)
		}
	}
}

// matrixWorker is what a worker needs for a matrixConv. What it has gathered stays
// for its next piece, if that reads the same.
type matrixWorker struct {
	args   asm.MatrixArgs
	gather asm.GatherArgs

	grad      asm.MatrixGradArgs
	transpose asm.TransposeArgs

	of    *matrixConv
	epoch uint64
	units span
}

// gather copies what some units read, unless it is there.
func (c *matrixConv) gather(w *worker, units span) {
	m := &w.matrix
	if m.of == c && m.epoch == w.epoch && m.units == units {
		return
	}
	m.of, m.epoch, m.units = c, w.epoch, units
	a := &m.gather
	if c.flat {
		a.SrcPix, a.Nx, a.Ny = c.in.pixel, units.len(), 1
		c.gatherPairs(a, unsafe.Add(c.in.pixelAt(0, 0, 0, 0), units.from*c.in.pixel), w.scratch)
		return
	}
	dst := w.scratch
	eachImage(units.from, units.to, c.out.h, func(n, y0, y1 int) {
		c.gatherRows(a, n, y0, y1, dst)
		dst = unsafe.Add(dst, c.gathered.imageBytes())
	})
}

// gatherRows copies what rows [y0, y1) of an image's output read: no more columns than
// that, since there may be no others.
func (c *matrixConv) gatherRows(a *asm.GatherArgs, n, y0, y1 int, dst unsafe.Pointer) {
	g, win := &c.gathered, &c.window
	a.SrcPix = c.in.pixel * win.SW
	a.SrcRow = c.in.row * win.SH
	a.DstRow = g.pitch * gatheredPixel
	for py := range min(win.SH, win.KH) {
		for px := range g.columns() {
			a.Nx = g.width + (win.KW-1-px)/win.SW
			a.Ny = y1 - y0 + (win.KH-1-py)/win.SH
			c.gatherPairs(a, c.in.pixelAt(0, n, y0*win.SH-win.Top+py, px-win.Left), dst)
			dst = unsafe.Add(dst, g.plane(g.rows))
		}
	}
}

// gatherPairs copies pixels of all blocks, those of the first at src.
func (c *matrixConv) gatherPairs(a *asm.GatherArgs, src, dst unsafe.Pointer) {
	for pair := range c.filter.pairs {
		a.Src = unsafe.Add(src, 2*pair*c.in.plane)
		a.Dst = unsafe.Add(dst, pair*c.gathered.pairBytes())
		a.SrcOB = c.in.plane
		if 2*pair+1 == c.in.blocks() {
			a.SrcOB = 0
		}
		c.kern.Gather(a)
	}
}
