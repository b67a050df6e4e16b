package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
	"resnet-tui/tensor/fusion"
)

// launch is a fusion made ready to run: phases, one after another. All workers
// finish a phase before the next begins.
type launch struct {
	fusion fusion.Group
	name   string
	flops  int64 // executed
	phases []phase
	weight *weight // what it reads, or nil
	// trained are the parameters that a run changes, repacked the copies that it
	// brings up to date with them.
	trained   []string
	reads     []string // parameters that it reads in the order of the host
	repacked  []*weight
	histogram *histogram // of a launch that takes one
	// check, if not nil, looks at the operands before the launch runs.
	check func() error
	// bind, if not nil, gives the launch the parameters that it updates.
	bind func(s *state) error
}

// env is what launches learn only at run time.
type env struct {
	scalars []float32
	clock   func() int64   // of histograms that ride: 0 if nobody observes the run
	shared  unsafe.Pointer // scratch memory that workers share within a launch
}

// grid cuts a view into pieces of some rows of one channel block. Rows are
// numbered through all images.
type grid struct {
	v           *view
	rows, parts int
}

func newGrid(v *view) grid {
	all := v.n * v.h
	rows := min(all, max(1, pieceElems/(v.w*asm.Block)))
	for v.blocks()*ceilDiv(all, rows) > maxPieces && rows < all {
		rows *= 2
	}
	return grid{v: v, rows: rows, parts: ceilDiv(all, rows)}
}

func (g *grid) pieces() int { return g.v.blocks() * g.parts }

// strip is rows [y0, y1) of a block of image n.
type strip struct{ block, n, y0, y1 int }

// strips calls f for the rows of a piece, image by image.
func (g *grid) strips(piece int, f func(s strip)) {
	block, first := piece/g.parts, piece%g.parts*g.rows
	last := min(first+g.rows, g.v.n*g.v.h)
	eachImage(first, last, g.v.h, func(n, y0, y1 int) { f(strip{block, n, y0, y1}) })
}

// eachImage calls f for rows [first, last), counted over images of h rows,
// image by image.
func eachImage(first, last, h int, f func(n, y0, y1 int)) {
	for first < last {
		n, y := first/h, first%h
		end := min(h, y+last-first)
		f(n, y, end)
		first += end - y
	}
}

// overRows makes a phase that calls f for the strips of v.
func overRows(v *view, f func(w *worker, s strip)) phase {
	g := newGrid(v)
	return phase{over: v, pieces: g.pieces(), run: func(w *worker, piece, _ int) {
		g.strips(piece, func(s strip) { f(w, s) })
	}}
}
