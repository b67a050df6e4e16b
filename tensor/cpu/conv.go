package cpu

import (
	"fmt"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// Blocking of direct convolutions: what must stay in a core's L2 cache.
const (
	panelBytes       = 320 << 10 // weights of a panel, for one chunk of the reduction
	sourceBytes      = 256 << 10 // input of a piece
	heavyBytes       = 2 << 20   // weights that are heavy
	heavySourceBytes = 1 << 20   // input of a piece of those
	callMACs         = 2 << 20   // of one call of a kernel: 200 µs at 20 GFLOP/s
)

// conv is a direct convolution, or a linear layer, whose pixels are the batch.
// Its output is cut into pieces of units × panels. A unit is a row or, where
// all rows and images are one run of pixels, a pixel.
type conv struct {
	packing
	k            *asm.Kernels
	in, out, res *view // res may be nil
	weight       *weight
	window       tensor.Window
	relu         bool
	flat         bool // units are pixels
	reach        int  // input blocks of the panel that reads most
	chunk        int  // input blocks of a chunk of the reduction

	units, perPiece, unitParts int
	panelsPer, panelParts      int
}

// planConv plans Conv2d and Linear with what they absorbed.
func (bp *blueprint) planConv(st *step) error {
	op := bp.head(st)
	if bp.winograd[st.group.Head] {
		return bp.planWinograd(st)
	}
	shape := bp.shapeOf(op)
	c := &conv{k: bp.kern, in: bp.views[op.In[0]], out: bp.result(st), res: bp.residual(st), relu: bp.absorbedReLU(st)}
	c.window = tensor.Square(1, 1, 0)
	if op.Kind == tensor.Conv2d {
		c.window = op.Window
	}
	c.weight, c.packing = bp.filterWeight(st, shape)
	st.weight = c.weight
	c.cut()
	st.name = c.name()
	st.flops = c.flops()
	st.phases = []phase{{pieces: c.unitParts * c.panelParts, run: c.piece}}
	return nil
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
	t := newTiling(c.width(c.perPiece), p.px)
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

// width is the pixels of a row, or those of so many units.
func (c *conv) width(units int) int {
	if c.flat {
		return units
	}
	return c.out.w
}

// cut decides the pieces, by geometry alone.
func (c *conv) cut() {
	whole := c.window == tensor.Square(1, 1, 0) && c.in.h*c.in.w == c.out.h*c.out.w
	c.flat = whole && c.in.contiguous() && c.out.contiguous() && (c.res == nil || c.res.contiguous())
	c.units = c.out.n * c.out.h
	if c.flat {
		c.units *= c.out.w
	}
	for i := range c.panels {
		c.reach = max(c.reach, c.panels[i].icb)
	}
	perBlock := c.kh * c.run() * c.panels[0].lanes * floatBytes
	c.chunk = max(1, min(c.reach, panelBytes/perBlock))
	c.chunk = ceilDiv(c.reach, ceilDiv(c.reach, c.chunk))

	macs := c.width(1) * c.reach * c.kh * c.run() * c.panels[0].lanes // of a unit and a panel
	worth := max(1, c.units*macs*len(c.panels)/minPieceMACs)          // pieces
	c.unitParts = c.unitChunks()
	c.panelParts = min(len(c.panels), ceilDiv(targetPieces, c.unitParts), max(1, worth/c.unitParts))
	if c.panelParts < len(c.panels) || !c.heavy() {
		// Too few panels: cut the units further, which reads the weights more often.
		c.unitParts = max(c.unitParts, min(c.units, ceilDiv(targetPieces, c.panelParts), worth/c.panelParts))
	}
	c.unitParts = min(c.unitParts, max(1, maxPieces/c.panelParts))
	c.perPiece = ceilDiv(c.units, c.unitParts)
	c.unitParts = ceilDiv(c.units, c.perPiece)
	c.panelsPer = ceilDiv(len(c.panels), c.panelParts)
	c.panelParts = ceilDiv(len(c.panels), c.panelsPer)
}

// heavy reports whether the weights come from memory in every run: no cache
// keeps them until the next.
func (c *conv) heavy() bool { return (c.floats-c.biases)*floatBytes > heavyBytes }

// unitChunks is how many chunks the units make whose input stays in the cache
// while panels go over it. Heavy weights are better read once than the input.
func (c *conv) unitChunks() int {
	source := c.window.SH * c.in.row // bytes of a unit's input
	if c.flat {
		source = pixelBytes
	}
	if c.groups == 1 {
		source *= c.in.blocks()
	} else {
		source *= c.reach // no panel reads what another reads
	}
	limit := sourceBytes
	if c.heavy() {
		limit = heavySourceBytes
	}
	return min(c.units, ceilDiv(c.units*source, limit))
}

// piece computes some panels of some units. Panels change within a piece, and
// pieces of the same units follow each other: the input stays in the cache
// while the weights stream through it, each panel prefetched during the last.
func (c *conv) piece(w *worker, piece, next int) {
	u0 := piece / c.panelParts * c.perPiece
	u1 := min(u0+c.perPiece, c.units)
	p0 := piece % c.panelParts * c.panelsPer
	p1 := min(p0+c.panelsPer, len(c.panels))
	for ib := 0; ib < c.reach; ib += c.chunk {
		for p := p0; p < p1; p++ {
			switch {
			case p+1 < p1:
				w.conv.Pf = c.weights(p+1, ib)
			case ib+c.chunk < c.reach:
				w.conv.Pf = c.weights(p0, ib+c.chunk)
			case next >= 0:
				w.conv.Pf = c.weights(next%c.panelParts*c.panelsPer, 0)
			default:
				w.conv.Pf = c.weights(p, ib)
			}
			c.panel(w, p, ib, u0, u1)
		}
	}
	c.zeroHalos(p0, p1, u0, u1)
}

// weights is where a panel's weights for a chunk of the reduction lie.
func (c *conv) weights(panel, ib int) uintptr {
	p := &c.panels[panel]
	return uintptr(c.weight.at(c.biases + p.at + min(ib, p.icb-1)*c.kh*c.run()*p.lanes))
}

// zeroHalos zeroes what surrounds the piece's rows.
func (c *conv) zeroHalos(p0, p1, u0, u1 int) {
	if c.flat || c.out.halo == (halo{}) {
		return
	}
	last := &c.panels[p1-1]
	eachImage(u0, u1, c.out.h, func(n, y0, y1 int) {
		c.out.zeroHalo(c.panels[p0].ob, last.ob+last.nob, n, y0, y1)
	})
}

// panel adds input blocks [ib, ib+chunk) of a panel's to units [u0, u1). The
// first chunk takes bias and residual with it, the others what is there; the
// last ends with ReLU. What comes next is being prefetched meanwhile.
func (c *conv) panel(w *worker, panel, ib, u0, u1 int) {
	p := &c.panels[panel]
	if ib >= p.icb {
		return
	}
	a := &w.conv
	a.Icb, a.Kh, a.Run = min(c.chunk, p.icb-ib), c.kh, c.run()
	a.SrcPlane, a.SrcRow, a.SrcPix = c.in.plane, c.in.row, c.in.pixel*c.window.SW
	a.DstOB = c.out.plane
	a.W = c.weight.at(c.biases + p.at + ib*c.kh*c.run()*p.lanes) // an input block's are contiguous
	a.PfStep = c.prefetchStep(p, u1-u0)
	a.Bias, a.Flags = c.weight.at(p.ob*asm.Block), asm.FlagPrefetch
	res := c.res
	if ib > 0 {
		a.Bias, res = unsafe.Pointer(&zeros), c.out
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
	l := lines{p: p, in: c.in, out: c.out, res: res, ib: p.ib + ib}
	if c.flat {
		c.pixels(a, &l, u0, u1)
		return
	}
	eachImage(u0, u1, c.out.h, func(n, y0, y1 int) { c.rows(a, &l, n, y0, y1) })
}

// prefetchStep spreads the loads of the next panel over the tiles of this one.
func (c *conv) prefetchStep(p *panel, units int) int {
	tiles := units
	if c.flat {
		tiles = ceilDiv(units, p.px)
	} else {
		tiles *= ceilDiv(c.out.w, p.px)
	}
	each := p.lanes * pixelBytes // of weights for 16 floats of a run
	step := roundUp(ceilDiv(each, tiles), lineBytes)
	if step*tiles > each*2 { // a line each time would be twice too much
		return 0
	}
	return min(step, c.k.PfStep)
}

// lines is where the pixels of a panel lie.
type lines struct {
	p            *panel
	in, out, res *view
	ib           int
}

// pixels computes pixels [u0, u1), counted over rows and images.
func (c *conv) pixels(a *asm.ConvArgs, l *lines, u0, u1 int) {
	a.Src = unsafe.Add(l.in.base, l.ib*l.in.plane+u0*pixelBytes)
	a.Dst = unsafe.Add(l.out.base, l.p.ob*l.out.plane+u0*pixelBytes)
	a.Res = unsafe.Add(l.res.base, l.p.ob*l.res.plane+u0*pixelBytes)
	row(a, l.p, u1-u0, 1)
}

// rows computes rows [y0, y1) of image n.
func (c *conv) rows(a *asm.ConvArgs, l *lines, n, y0, y1 int) {
	a.Src = l.in.pixelAt(l.ib, n, y0*c.window.SH-c.window.Top, -c.window.Left)
	a.Dst, a.Res = l.out.pixelAt(l.p.ob, n, y0, 0), l.res.pixelAt(l.p.ob, n, y0, 0)
	a.SrcY, a.DstY, a.ResY = c.window.SH*l.in.row, l.out.row, l.res.row
	row(a, l.p, c.out.w, y1-y0)
}
