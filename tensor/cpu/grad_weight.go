package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// gradWeight is dw[o][r] = Σ x[p][r]·dy[p][o] over the pixels p of the batch,
// where r counts what a window at p sees. It is cut into pieces of pixels ×
// output blocks (see gradWork). Each part of the pixels leaves a partial sum, and
// these are added in a fixed order: so the result does not depend on the threads.
type gradWeight struct {
	packing
	kern    *asm.Kernels
	env     *env
	x, dy   *view
	dw      *view // flat
	window  tensor.Window
	kernels *gradKernels
	widest  int   // rows of a kernel
	order   []int // where sums lie, in the order of the weight: see sumOrder
	flat    bool  // a pixel of x for each of dy, in one run over rows and images
	split   gradSplit
}

// planGradWeight plans Conv2dGradWeight and LinearGradWeight.
func (sc *schedule) planGradWeight(ln *launch) error {
	op := sc.head(ln)
	g := &gradWeight{
		kern: sc.kern, env: sc.env, x: sc.views[op.In[0]], dy: sc.views[op.In[1]], dw: sc.result(ln),
		window: tensor.Square(1, 1, 0),
	}
	groups := 1
	if op.Kind == tensor.Conv2dGradWeight {
		g.window = op.Window
		groups = op.Groups
	}
	g.packing = gradPacking(filterShape{
		c: g.x.c, k: g.dy.c, groups: groups, kh: g.window.KH, kw: g.window.KW, interleaved: g.x.interleaved,
	})
	g.kernels = &sc.kern.GradWeight
	g.widest = mostRows(g.kernels)
	g.order = g.sumOrder()
	g.prepare()
	sc.needShared(g.split.chunks.parts * g.weights * floatBytes)
	ln.name = sc.kern.Name + " weight gradient"
	ln.flops = 2 * int64(g.weights) * int64(g.dy.n*g.dy.h*g.dy.w)
	ln.phases = []phase{{pieces: g.split.pieces(), run: g.piece}, {pieces: g.dy.blocks(), run: g.reduce}}
	if !sc.matrixGrad(ln, g) && !sc.pairGrad(ln, g) {
		sc.needPrivate(g.shadowBytes())
	}
	return nil
}

// gradKernels are the kernels of weight gradients, by rows.
type gradKernels = [asm.MaxRows + 1]func(*asm.GradWeightArgs)

// mostRows is the most rows of a kernel.
func mostRows(k *gradKernels) int {
	rows := asm.MaxRows
	for rows > 1 && k[rows] == nil {
		rows--
	}
	return rows
}

// gradPacking is how partial sums lie: as filters do, in panels of one block.
func gradPacking(s filterShape) packing {
	p := packing{filterShape: s, panels: s.panels(&asm.Kernels{Nob: 1})}
	last := &p.panels[len(p.panels)-1]
	p.weights = last.at + s.panelFloats(last)
	return p
}

// prepare decides what a chunk of pixels is, and the pieces.
func (g *gradWeight) prepare() {
	g.flat = g.window.KH*g.window.KW*g.window.SH*g.window.SW == 1 && g.x.contiguous() && g.dy.contiguous()
	work := gradWork{
		images: g.dy.n, h: g.dy.h, w: g.dy.w, anyRun: g.flat,
		inBlocks: g.x.blocks(), outBlocks: g.dy.blocks(), sumBytes: g.weights * floatBytes,
	}
	g.split = work.split()
}

// partial is the sums of a part for an output block.
func (g *gradWeight) partial(part, block int) unsafe.Pointer {
	return unsafe.Add(g.env.shared, (part*g.weights+g.panels[block].at)*floatBytes)
}

// piece sums some pixels for some output blocks. All blocks go over a chunk while its
// pixels are in the cache, then over the next chunk.
func (g *gradWeight) piece(w *worker, piece, _ int) {
	part := piece / g.split.blocks.parts
	blocks := g.split.blocks.part(piece % g.split.blocks.parts)
	chunks := g.split.chunks.part(part)
	for c := chunks.from; c < chunks.to; c++ {
		on := g.lend(w, blocks, c)
		for b := blocks.from; b < blocks.to; b++ {
			on.block(w, part, b, c, c == chunks.from)
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
	a.SrcPix = g.x.pixel * g.window.SW
	a.SrcRow = g.x.row * g.window.SH
	a.GradRow = g.dy.row
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
		first := chunk * g.split.pixels
		a.Nx = min(g.split.pixels, g.dy.n*g.dy.h*g.dy.w-first)
		a.Ny = 1
		a.Nz = 1
		return unsafe.Add(g.x.pixelAt(0, 0, 0, 0), first*g.x.pixel), unsafe.Add(g.dy.pixelAt(0, 0, 0, 0), first*g.dy.pixel)
	}
	n, y := g.firstRow(chunk)
	a.Nx = g.dy.w
	a.Ny = min(g.split.rows, g.dy.h-y)
	a.Nz = min(g.split.images, g.dy.n-n)
	a.SrcZ = g.x.image
	a.GradZ = g.dy.image
	return g.x.pixelAt(0, n, y*g.window.SH-g.window.Top, -g.window.Left), g.dy.pixelAt(0, n, y, 0)
}

// firstRow is the image and row where a chunk begins.
func (g *gradWeight) firstRow(chunk int) (n, y int) {
	perImage := ceilDiv(g.dy.h, g.split.rows)
	return chunk / perImage * g.split.images, chunk % perImage * g.split.rows
}

// taps adds all floats of a row of taps, in near-equal groups.
func (g *gradWeight) taps(a *asm.GradWeightArgs, dst unsafe.Pointer) {
	t := newTiling(g.run(), g.widest)
	a.Dst = dst
	a.Groups = t.wide
	g.kernels[t.px](a)
	if t.narrow > 0 {
		rows := t.wide * t.px
		a.Src = unsafe.Add(a.Src, rows*floatBytes)
		a.Dst = unsafe.Add(dst, rows*pixelBytes)
		a.Groups = t.narrow
		g.kernels[t.px-1](a)
	}
}

// reduce adds the parts of an output block and writes them as [o][i][kh][kw].
func (g *gradWeight) reduce(_ *worker, b, _ int) {
	p := &g.panels[b]
	n := g.panelFloats(p)
	sum := floats(g.partial(0, b), n)
	for part := 1; part < g.split.chunks.parts; part++ {
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
