package cpu

import (
	"fmt"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// conv is a direct convolution, or a linear layer, whose pixels are the batch.
// Its output is cut into pieces of units × panels: see split.go. A unit is a row
// or, where all rows and images are one run of pixels, a pixel.
type conv struct {
	packing
	k            *asm.Kernels
	in, out, res *view // res may be nil
	weight       *weight
	window       tensor.Window
	relu         bool
	flat         bool // units are pixels
	split        convSplit
}

// planConv plans Conv2d and Linear with what they absorbed.
func (sc *schedule) planConv(ln *launch) error {
	op := sc.head(ln)
	if sc.winograd[ln.fusion.Head] {
		return sc.planWinograd(ln)
	}
	shape := sc.shapeOf(op)
	c := &conv{in: sc.views[op.In[0]], out: sc.result(ln), res: sc.residual(ln), relu: sc.absorbedReLU(ln)}
	c.window = tensor.Square(1, 1, 0)
	if op.Kind == tensor.Conv2d {
		c.window = op.Window
	}
	if sc.onMatrix(ln, c, shape, sc.filterSource(ln)) {
		return nil
	}
	sc.prepareConv(ln, c, shape, sc.filterSource(ln))
	ln.name = c.name()
	ln.flops = c.flops()
	ln.phases = []phase{sc.convPhase(c)}
	return nil
}

// prepareConv chooses the kernels, packs the weights, and decides what a unit is.
func (sc *schedule) prepareConv(ln *launch, c *conv, shape filterShape, from filterSource) {
	c.k = sc.kern
	if dots := sc.dotKernels(c.in, &shape); dots != nil {
		c.k, shape.pairs = dots, true
	}
	c.weight, c.packing = sc.packedFilter(shape, c.k, from)
	for i := range c.panels {
		if c.pairs { // else the kernels write float32, if need be to a copy
			c.panels[i].pixel = c.out.pixel
		}
	}
	ln.weight = c.weight
	c.prepare()
}

// convPhase runs a direct convolution in the precision of the program.
func (sc *schedule) convPhase(c *conv) phase {
	if sc.precision == tensor.BF16 && !c.pairs {
		return sc.planWide(*c)
	}
	return phase{pieces: c.split.pieces(), run: c.piece}
}

// name says which kernel runs in which tiles.
func (c *conv) name() string {
	p := &c.panels[0]
	kind := ""
	switch {
	case c.interleaved:
		kind = " stem"
	case p.lanes < asm.Block:
		kind = fmt.Sprintf(" groups of %d", p.lanes)
	}
	if c.elem != floatBytes && !c.pairs { // else the kernels' name says it
		kind += " bf16"
	}
	t := newTiling(c.width(c.split.units.size), p.px)
	return fmt.Sprintf("%s direct%s %d×%d s%d", c.k.Name, kind, t.px, p.nob*asm.Block, c.window.SH)
}

// flops counts what the kernels execute, zero weights and padding included.
func (c *conv) flops() int64 {
	var macs int64
	for i := range c.panels {
		p := &c.panels[i]
		macs += int64(p.icb*c.kh*c.run()) * int64(p.lanes)
	}
	return 2 * macs * int64(c.out.n*c.out.h*c.out.w)
}

// width is how many pixels of a row a piece of that many units computes.
func (c *conv) width(units int) int {
	if c.flat {
		return units
	}
	return c.out.w
}

// isFlat reports whether a unit can be a pixel.
func (c *conv) isFlat() bool {
	whole := c.window == tensor.Square(1, 1, 0) && c.in.h*c.in.w == c.out.h*c.out.w
	return whole && c.in.contiguous() && c.out.contiguous() && (c.res == nil || c.res.contiguous())
}

// prepare decides what a unit is, and the pieces.
func (c *conv) prepare() {
	c.flat = c.isFlat()
	work := c.work()
	c.split = work.split()
}

// work is the geometry that the split depends on.
func (c *conv) work() convWork {
	w := convWork{units: c.out.n * c.out.h, panels: len(c.panels), weightBytes: c.weights * c.elem, whole: c.pairs}
	w.chunkBytes = panelBytes
	if c.k.Nob == 1 {
		w.chunkBytes = narrowPanelBytes
	}
	if c.flat {
		w.units *= c.out.w
	}
	for i := range c.panels {
		w.blocks = max(w.blocks, c.panels[i].icb)
	}
	perBlock := c.kh * c.run() * c.panels[0].lanes // weights, and multiply-adds of a pixel
	w.blockBytes = perBlock * floatBytes           // as kernels read them
	if c.pairs {
		w.blockBytes = perBlock * halfBytes
	}
	w.unitMACs = c.width(1) * w.blocks * perBlock
	w.unitBytes = c.window.SH * c.in.row
	if c.flat {
		w.unitBytes = c.in.pixel
	}
	if c.groups == 1 {
		w.unitBytes *= c.in.blocks()
	} else {
		w.unitBytes *= w.blocks // no panel reads what another reads
	}
	return w
}

// piece computes some panels of some units. Panels change within a piece, and
// pieces of the same units follow each other: the input stays in the cache
// while the weights stream through it, each panel prefetched during the last.
func (c *conv) piece(w *worker, piece, next int) {
	units := c.split.units.part(piece / c.split.panels.parts)
	panels := c.split.panels.part(piece % c.split.panels.parts)
	chunks := c.split.chunks
	for ib := 0; ib < chunks.count; ib += chunks.size {
		for p := panels.from; p < panels.to; p++ {
			switch { // the weights that come next
			case p+1 < panels.to:
				w.conv.Pf = uintptr(c.weightAt(p+1, ib))
			case ib+chunks.size < chunks.count:
				w.conv.Pf = uintptr(c.weightAt(panels.from, ib+chunks.size))
			case next >= 0:
				w.conv.Pf = uintptr(c.weightAt(c.split.panels.part(next%c.split.panels.parts).from, 0))
			default:
				w.conv.Pf = uintptr(c.weightAt(p, ib))
			}
			c.panel(w, p, ib, units, c.weightAt(p, ib))
		}
	}
	c.zeroHalos(panels, units)
}

// weightAt is where a panel's weights for a chunk of the reduction lie: an input block's
// are contiguous.
func (c *conv) weightAt(panel, ib int) unsafe.Pointer {
	p := &c.panels[panel]
	return unsafe.Add(c.weight.at(c.biases), (p.at+min(ib, p.icb-1)*c.kh*c.run()*p.lanes)*c.elem)
}

// zeroHalos zeroes what surrounds the piece's rows.
func (c *conv) zeroHalos(panels, units span) {
	if c.flat || c.out.halo == (halo{}) {
		return
	}
	last := &c.panels[panels.to-1]
	eachImage(units.from, units.to, c.out.h, func(n, y0, y1 int) {
		c.out.zeroHalo(c.panels[panels.from].ob, last.ob+last.nob, n, y0, y1)
	})
}

// panel adds a panel's input blocks [ib, ib+chunk) to some units. The first chunk
// takes bias and residual with it, the others what is there; the last ends with
// ReLU. What comes next is prefetched in the meantime.
func (c *conv) panel(w *worker, panel, ib int, units span, weights unsafe.Pointer) {
	p := &c.panels[panel]
	if ib >= p.icb {
		return // this panel reads fewer blocks than others
	}
	a := &w.conv
	a.Icb = min(c.split.chunks.size, p.icb-ib)
	a.Kh = c.kh
	a.Run = c.run()
	a.SrcPlane = c.in.plane
	a.SrcRow = c.in.row
	a.SrcPix = c.in.pixel * c.window.SW
	a.DstOB = c.out.plane
	a.W = weights
	a.PfStep = c.prefetchStep(p, units.len())
	a.Bias = c.weight.at(p.ob * asm.Block)
	a.Flags = asm.FlagPrefetch
	if c.pairs && c.out.elem == floatBytes {
		a.Flags |= asm.FlagFloat
	}
	res := c.res
	if ib > 0 {
		a.Bias = unsafe.Pointer(&zeros)
		res = c.out
	}
	if res != nil {
		a.Flags |= asm.FlagResidual
	} else {
		res = c.out // for its addresses only
	}
	a.ResOB = res.plane
	if c.relu && ib+a.Icb == p.icb {
		a.Flags |= asm.FlagReLU
	}
	l := operands{panel: p, in: c.in, out: c.out, res: res, ib: p.ib + ib}
	if c.flat {
		c.pixels(a, &l, units)
		return
	}
	eachImage(units.from, units.to, c.out.h, func(n, y0, y1 int) { c.rows(a, &l, n, y0, y1) })
}

// prefetchStep distributes the loads of the next panel over the tiles of this one.
func (c *conv) prefetchStep(p *panel, units int) int {
	tiles := units
	if c.flat {
		tiles = ceilDiv(units, p.px)
	} else {
		tiles *= ceilDiv(c.out.w, p.px)
	}
	each := p.lanes * asm.Block * c.elem // of weights for 16 floats of a run
	step := roundUp(ceilDiv(each, tiles), lineBytes)
	if step*tiles > each*2 { // even a line per tile is more than twice too much
		return 0
	}
	return min(step, c.k.PfStep)
}

// operands is what a panel reads and writes: ib is its first input block.
type operands struct {
	panel        *panel
	in, out, res *view
	ib           int
}

// pixels computes some pixels, counted over rows and images.
func (c *conv) pixels(a *asm.ConvArgs, l *operands, pixels span) {
	line(a, l.panel, pixels.len(), place{
		src: unsafe.Add(l.in.pixelAt(l.ib, 0, 0, 0), pixels.from*l.in.pixel),
		dst: unsafe.Add(l.out.pixelAt(l.panel.ob, 0, 0, 0), pixels.from*l.out.pixel),
		res: unsafe.Add(l.res.pixelAt(l.panel.ob, 0, 0, 0), pixels.from*l.res.pixel),
	})
}

// rows computes rows [y0, y1) of image n.
func (c *conv) rows(a *asm.ConvArgs, l *operands, n, y0, y1 int) {
	lines(a, l.panel, &rows{
		width: c.out.w, count: y1 - y0,
		first: place{
			src: l.in.pixelAt(l.ib, n, y0*c.window.SH-c.window.Top, -c.window.Left),
			dst: l.out.pixelAt(l.panel.ob, n, y0, 0),
			res: l.res.pixelAt(l.panel.ob, n, y0, 0),
		},
		next: stride{src: c.window.SH * l.in.row, dst: l.out.row, res: l.res.row},
	})
}
