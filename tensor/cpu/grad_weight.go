package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// Blocking of weight gradients.
const (
	gradPixels  = 200       // of one call: operand and gradient stay in the L1 cache …
	gradHeavy   = 1 << 20   // … but sums of more than so many bytes, which leave the L2 cache from
	heavyPixels = 512       // call to call, shall not do so more often than after this many
	gradSource  = 320 << 10 // of both for one chunk of pixels: stays in the L2 cache
	gradPieces  = 24        // that the work should make
	gradPartial = 8 << 20   // partial sums that may lie about
)

// gradWeight is dw[o][r] = Σ x[p][r]·dy[p][o] over the pixels p of the batch,
// where r counts what a window at p sees. It is cut into pieces of pixels ×
// output blocks. Each leaves a partial sum, and these are added in a fixed
// order: so the result does not depend on the threads.
type gradWeight struct {
	packing
	kern   *asm.Kernels
	env    *env
	x, dy  *view
	dw     *view // flat
	window tensor.Window
	widest int   // rows of a kernel
	order  []int // see sumOrder
	flat   bool  // a pixel of x for each of dy, in one run over rows and images

	pixels, images, rows   int // of a chunk: pixels if flat, else several images or rows of one
	chunks, perPart, parts int
	blocksPer, ranges      int // output blocks
}

// planGradWeight plans Conv2dGradWeight and LinearGradWeight.
func (bp *blueprint) planGradWeight(st *step) error {
	op := bp.head(st)
	g := &gradWeight{kern: bp.kern, env: bp.env, x: bp.views[op.In[0]], dy: bp.views[op.In[1]], dw: bp.result(st), window: tensor.Square(1, 1, 0)}
	groups := 1
	if op.Kind == tensor.Conv2dGradWeight {
		g.window, groups = op.Window, op.Groups
	}
	g.packing = gradPacking(filterShape{c: g.x.c, k: g.dy.c, groups: groups, kh: g.window.KH, kw: g.window.KW, interleaved: g.x.interleaved})
	for g.widest = asm.MaxRows; bp.kern.GradWeight[g.widest] == nil; g.widest-- {
	}
	g.order = g.sumOrder()
	g.cut()
	bp.needShared(g.parts * g.floats * floatBytes)
	st.name = bp.kern.Name + " weight gradient"
	st.flops = 2 * int64(g.floats) * int64(g.dy.n*g.dy.h*g.dy.w)
	st.phases = []phase{{pieces: g.parts * g.ranges, run: g.piece}, {pieces: g.dy.blocks(), run: g.reduce}}
	return nil
}

// gradPacking is how partial sums lie: as filters do, in panels of one block.
func gradPacking(s filterShape) packing {
	p := packing{filterShape: s, panels: s.panels(&asm.Kernels{Nob: 1})}
	last := &p.panels[len(p.panels)-1]
	p.floats = last.at + s.panelFloats(last)
	return p
}

// cut decides the pieces, by geometry alone.
func (g *gradWeight) cut() {
	g.cutPixels()
	blocks := g.dy.blocks()
	fit := gradSource/(g.pixels*pixelBytes) - g.x.blocks()
	g.blocksPer = min(blocks, max(4, fit))
	g.ranges = ceilDiv(blocks, g.blocksPer)
	most := max(1, gradPartial/(g.floats*floatBytes))
	g.parts = max(1, min(ceilDiv(gradPieces, g.ranges), g.chunks, most))
	if want := ceilDiv(gradPieces, g.parts); g.ranges < want {
		g.blocksPer = max(1, blocks/want)
		g.ranges = ceilDiv(blocks, g.blocksPer)
	}
	g.perPart = ceilDiv(g.chunks, g.parts)
	g.parts = ceilDiv(g.chunks, g.perPart)
}

// cutPixels decides the chunks: several small images, near-equal parts of a
// large one, or, where it makes no difference, any run of pixels.
func (g *gradWeight) cutPixels() {
	g.flat = g.window.KH*g.window.KW*g.window.SH*g.window.SW == 1 && g.x.contiguous() && g.dy.contiguous()
	g.pixels = gradPixels
	if g.floats*floatBytes > gradHeavy {
		g.pixels = heavyPixels
	}
	image := g.dy.h * g.dy.w
	if g.flat {
		g.chunks = ceilDiv(g.dy.n*image, g.pixels)
		return
	}
	most := min(g.dy.h, max(1, g.pixels/g.dy.w))
	g.images, g.rows = max(1, g.pixels/image), ceilDiv(g.dy.h, ceilDiv(g.dy.h, most))
	g.chunks = ceilDiv(g.dy.n, g.images) * ceilDiv(g.dy.h, g.rows)
	g.pixels = g.images * g.rows * g.dy.w
}

// partial is the sums of a part for an output block.
func (g *gradWeight) partial(part, block int) unsafe.Pointer {
	return unsafe.Add(g.env.shared, (part*g.floats+g.panels[block].at)*floatBytes)
}

// piece sums some pixels for some output blocks: chunk by chunk, which all
// blocks share.
func (g *gradWeight) piece(w *worker, piece, _ int) {
	part, first := piece/g.ranges, piece%g.ranges*g.blocksPer
	last := min(first+g.blocksPer, g.dy.blocks())
	from := part * g.perPart
	for c := from; c < min(from+g.perPart, g.chunks); c++ {
		for b := first; b < last; b++ {
			g.block(w, part, b, c, c == from)
		}
	}
}

// block adds a chunk to the sums of an output block, or starts them.
func (g *gradWeight) block(w *worker, part, b, chunk int, start bool) {
	p := &g.panels[b]
	dst := g.partial(part, b)
	if start {
		clear(floats(dst, g.panelFloats(p)))
	}
	a := &w.grad
	a.SrcPix, a.SrcRow, a.GradRow = g.x.pixel*g.window.SW, g.x.row*g.window.SH, g.dy.row
	src, grad := g.place(a, chunk)
	a.Grad = unsafe.Add(grad, b*g.dy.plane)
	for ib := p.ib; ib < p.ib+p.icb; ib++ {
		for kh := range g.kh {
			a.Src = unsafe.Add(src, ib*g.x.plane+kh*g.x.row)
			g.taps(a, dst)
			dst = unsafe.Add(dst, g.run()*pixelBytes)
		}
	}
}

// place says how many pixels are in a chunk, and where the first lies in the
// first blocks of x, at its first tap, and of dy.
func (g *gradWeight) place(a *asm.GradWeightArgs, chunk int) (src, grad unsafe.Pointer) {
	if g.flat {
		first := chunk * g.pixels
		a.Nx, a.Ny, a.Nz = min(g.pixels, g.dy.n*g.dy.h*g.dy.w-first), 1, 1
		return unsafe.Add(g.x.base, first*pixelBytes), unsafe.Add(g.dy.base, first*pixelBytes)
	}
	perImage := ceilDiv(g.dy.h, g.rows)
	n, y := chunk/perImage*g.images, chunk%perImage*g.rows
	a.Nx, a.Ny, a.Nz = g.dy.w, min(g.rows, g.dy.h-y), min(g.images, g.dy.n-n)
	a.SrcZ, a.GradZ = g.x.image, g.dy.image
	return g.x.pixelAt(0, n, y*g.window.SH-g.window.Top, -g.window.Left), g.dy.pixelAt(0, n, y, 0)
}

// taps adds all floats of a row of taps, in near-equal groups.
func (g *gradWeight) taps(a *asm.GradWeightArgs, dst unsafe.Pointer) {
	t := newTiling(g.run(), g.widest)
	a.Dst, a.Groups = dst, t.wide
	g.kern.GradWeight[t.px](a)
	if t.narrow > 0 {
		rows := t.wide * t.px
		a.Src, a.Dst, a.Groups = unsafe.Add(a.Src, rows*floatBytes), unsafe.Add(dst, rows*pixelBytes), t.narrow
		g.kern.GradWeight[t.px-1](a)
	}
}

// reduce adds the parts of an output block and writes them as [o][i][kh][kw].
func (g *gradWeight) reduce(_ *worker, b, _ int) {
	p := &g.panels[b]
	n := g.panelFloats(p)
	sum := floats(g.partial(0, b), n)
	for part := 1; part < g.parts; part++ {
		for i, v := range floats(g.partial(part, b), n) {
			sum[i] += v
		}
	}
	for ib := p.ib; ib < p.ib+p.icb; ib++ {
		for o := b * asm.Block; o < min(g.k, (b+1)*asm.Block); o++ {
			g.unpack(sum[o-b*asm.Block:], p, o, ib)
		}
	}
}

// unpack writes what output channel o got from the channels of one input block.
// sum begins at o's lane of the panel.
func (g *gradWeight) unpack(sum []float32, p *panel, o, ib int) {
	cg, taps := g.c/g.groups, g.kh*g.kw
	first := o / (g.k / g.groups) * cg // the first channel of o's group
	from, to := max(first, ib*asm.Block), min(first+cg, (ib+1)*asm.Block)
	if from >= to {
		return
	}
	out := g.dw.values()[(o*cg+from-first)*taps:]
	sum = sum[(ib-p.ib)*g.kh*g.run()*asm.Block:]
	for i, at := range g.order[(from-ib*asm.Block)*taps : (to-ib*asm.Block)*taps] {
		out[i] = sum[at]
	}
}

// sumOrder is where the sums of an input block's channels and taps lie, in the
// order of a weight.
func (s *filterShape) sumOrder() []int {
	var order []int
	channels := asm.Block
	if s.interleaved {
		channels = s.c
	}
	for c := range channels {
		for kh := range s.kh {
			for kw := range s.kw {
				order = append(order, (kh*s.run()+kw*channels+c)*asm.Block)
			}
		}
	}
	return order
}
