package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// Blocking of weight gradients.
const (
	gradPixels  = 192       // of one call: operand and gradient stay in the L1 cache …
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

	units, chunk, perPart, parts int // rows, or pixels if flat
	blocksPer, ranges            int // output blocks
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
	g.flat = g.window.KH*g.window.KW*g.window.SH*g.window.SW == 1 && g.x.contiguous() && g.dy.contiguous()
	pixels := gradPixels
	if g.floats*floatBytes > gradHeavy {
		pixels = heavyPixels
	}
	g.units, g.chunk = g.dy.n*g.dy.h, max(1, pixels/g.dy.w)
	if g.flat {
		g.units, g.chunk = g.units*g.dy.w, pixels
	}
	pixels = g.chunk
	if !g.flat {
		pixels *= g.dy.w
	}
	blocks := g.dy.blocks()
	fit := gradSource/(pixels*pixelBytes) - g.x.blocks()
	g.blocksPer = min(blocks, max(4, fit))
	g.ranges = ceilDiv(blocks, g.blocksPer)
	most := max(1, gradPartial/(g.floats*floatBytes))
	g.parts = max(1, min(ceilDiv(gradPieces, g.ranges), ceilDiv(g.units, g.chunk), most))
	if want := ceilDiv(gradPieces, g.parts); g.ranges < want {
		g.blocksPer = max(1, blocks/want)
		g.ranges = ceilDiv(blocks, g.blocksPer)
	}
	g.perPart = roundUp(ceilDiv(g.units, g.parts), g.chunk)
	g.parts = ceilDiv(g.units, g.perPart)
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
	to := min(from+g.perPart, g.units)
	for u := from; u < to; u += g.chunk {
		for b := first; b < last; b++ {
			g.block(w, part, b, u, min(u+g.chunk, to), u == from)
		}
	}
}

// block adds units [u0, u1) to the sums of an output block, or starts them.
func (g *gradWeight) block(w *worker, part, b, u0, u1 int, start bool) {
	p := &g.panels[b]
	a := &w.grad
	a.SrcPix, a.SrcRow, a.GradRow = g.x.pixel*g.window.SW, g.x.row*g.window.SH, g.dy.row
	dst := g.partial(part, b)
	if start {
		clear(floats(dst, g.panelFloats(p)))
	}
	for ib := p.ib; ib < p.ib+p.icb; ib++ {
		for kh := range g.kh {
			g.rows(a, dst, ib, kh, b, u0, u1)
			dst = unsafe.Add(dst, g.run()*pixelBytes)
		}
	}
}

// rows adds one input block's row of taps.
func (g *gradWeight) rows(a *asm.GradWeightArgs, dst unsafe.Pointer, ib, kh, b, u0, u1 int) {
	if g.flat {
		a.Src = unsafe.Add(g.x.base, ib*g.x.plane+u0*pixelBytes)
		a.Grad = unsafe.Add(g.dy.base, b*g.dy.plane+u0*pixelBytes)
		a.Nx, a.Ny = u1-u0, 1
		g.taps(a, dst)
		return
	}
	eachImage(u0, u1, g.dy.h, func(n, y0, y1 int) {
		a.Src = g.x.pixelAt(ib, n, y0*g.window.SH-g.window.Top+kh, -g.window.Left)
		a.Grad = g.dy.pixelAt(b, n, y0, 0)
		a.Nx, a.Ny = g.dy.w, y1-y0
		g.taps(a, dst)
	})
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
