package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// wideConv is a direct convolution in bf16 on kernels that sum float32: each piece copies
// its input to float32 in the worker's memory, and what the kernels sum there is rounded
// once on its way out. Weights become float32 inside the kernels, or, where a set has
// none that do that, a panel at a time:
//
//	in       bf16 ─ widen ─► shadow ┐
//	weights  bf16 ──────────────────┼─ conv.panel ─► shadow ─ narrow ─► out  bf16
//	residual bf16 ─ widen ──────────┘
//
// Views that are float32 anyway, such as a stem's image or the logits, are used as
// they are.
type wideConv struct {
	conv
	inBytes, outBytes int // of the largest piece's shadows
}

// wideWork is what a worker needs for the piece of a wideConv.
type wideWork struct {
	conv    // of float32: the shadows are its views
	in, out view
	// The piece's input stays for the next one that reads the same.
	of     *wideConv
	epoch  uint64
	input  shadowing
	chunk  unsafe.Pointer // a panel's weights
	target unsafe.Pointer // memory of out
}

// planWide makes a convolution one of bf16.
func (sc *schedule) planWide(c conv) phase {
	wide := &wideConv{conv: c}
	for i := range c.split.units.parts {
		units := c.split.units.part(i)
		for j := range c.split.panels.parts {
			panels := c.split.panels.part(j)
			if c.in.elem != floatBytes {
				in := c.source().shadow(wide.reads(units, panels))
				wide.inBytes = max(wide.inBytes, roundUp(in.bytes, lineBytes))
			}
		}
		if c.out.elem != floatBytes {
			out := c.inner(c.out).shadow(shadowing{units, span{0, c.widest()}})
			wide.outBytes = max(wide.outBytes, roundUp(out.bytes, lineBytes))
		}
	}
	sc.needPrivate(wide.inBytes + wide.outBytes + c.chunkFloats()*floatBytes)
	return phase{pieces: c.split.pieces(), run: wide.piece}
}

// widest is the most output blocks of a panel.
func (c *conv) widest() int { return c.panels[0].nob }

// chunkFloats is the most weights of a panel that are widened at a time.
func (c *conv) chunkFloats() int {
	most := 0
	for i := range c.panels {
		p := &c.panels[i]
		if p.half {
			continue
		}
		most = max(most, min(c.split.chunks.size, p.icb)*c.kh*c.run()*p.lanes)
	}
	return most
}

// source is the layout of the input that the units count: pixels as rows of one, or
// rows.
func (c *conv) source() *layout {
	if c.flat {
		l := c.in.asPixels()
		return &l
	}
	return &c.in.layout
}

// asPixels lays out a contiguous view's pixels as one column of an image.
func (l *layout) asPixels() layout {
	p := *l
	p.n, p.h, p.w = 1, l.n*l.h*l.w, 1
	p.row = p.pixel
	p.image = p.h * p.row
	return p
}

// inner is the layout of a result's units, without its halo.
func (c *conv) inner(v *view) *layout {
	l := v.withoutHalo()
	if c.flat {
		l = l.asPixels()
	}
	return &l
}

// withoutHalo is the layout of what lies inside the halo, in rows that follow each other.
func (l *layout) withoutHalo() layout {
	i := *l
	i.halo = halo{}
	i.distances()
	return i
}

// reads is what some panels read for some units.
func (c *wideConv) reads(units, panels span) (s shadowing) {
	first, last := &c.panels[panels.from], &c.panels[panels.to-1]
	s.blocks = span{first.ib, last.ib + last.icb}
	s.rows = units
	if !c.flat {
		s.rows = windowRows(c.window, &c.in.layout, c.out.h, units)
	}
	return s
}

// piece computes some panels of some units.
func (c *wideConv) piece(w *worker, piece, next int) {
	units := c.split.units.part(piece / c.split.panels.parts)
	panels := c.split.panels.part(piece % c.split.panels.parts)
	x := c.lend(w, units, panels)
	for p := panels.from; p < panels.to; p++ {
		w.conv.Pf = c.following(p, panels, next)
		c.begin(x, p, units)
		for ib := 0; ib < c.split.chunks.count; ib += c.split.chunks.size {
			x.panel(w, p, ib, units, c.loadChunk(x, p, ib))
		}
		c.end(x, p, units)
	}
	c.zeroHalos(panels, units)
}

// following is where the weights lie that come after panel p.
func (c *wideConv) following(p int, panels span, next int) uintptr {
	switch {
	case p+1 < panels.to:
		p++
	case next >= 0:
		p = c.split.panels.part(next % c.split.panels.parts).from
	}
	return uintptr(c.weight.half(c.biases, c.panels[p].at))
}

// lend gives the worker the float32 of what the piece reads.
func (c *wideConv) lend(w *worker, units, panels span) *wideWork {
	x := &w.wide
	if input := c.reads(units, panels); x.of != c || x.epoch != w.epoch || x.input != input {
		*x = wideWork{conv: c.conv, of: c, epoch: w.epoch, input: input}
		x.target = unsafe.Add(w.scratch, c.inBytes)
		x.chunk = unsafe.Add(x.target, c.outBytes)
		if c.in.elem != floatBytes {
			from := view{layout: *c.source(), base: c.in.base}
			if c.window.KH < c.window.SH {
				x.in = c.widenSampled(&from, input, units, w.scratch)
			} else {
				x.in = from.widen(c.k, input, w.scratch)
			}
			x.conv.in = &x.in
		}
		if c.out.elem != floatBytes {
			x.conv.out = &x.out
		}
	}
	return x
}

// widenSampled is the shadow of rows between which the windows of a stride leave out
// others: only what they read is there.
func (c *wideConv) widenSampled(from *view, input shadowing, units span, mem unsafe.Pointer) view {
	to := view{layout: from.shadow(input), base: mem}
	eachImage(units.from, units.to, c.out.h, func(n, y0, y1 int) {
		for b := input.blocks.from; b < input.blocks.to; b++ {
			for y := y0; y < y1; y++ {
				for kh := range c.window.KH {
					c.widenRow(&to, from, b, n, y*c.window.SH-c.window.Top+kh)
				}
			}
		}
	})
	return to
}

// widenRow copies what windows read of a row.
func (c *wideConv) widenRow(to, from *view, block, n, y int) {
	if c.window.KW > 1 {
		left := from.halo.left
		c.k.Widen(to.pixelAt(block, n, y, -left), from.pixelAt(block, n, y, -left), from.rowPixels())
		return
	}
	dst := to.pixelAt(block, n, y, -c.window.Left)
	src := from.pixelAt(block, n, y, -c.window.Left)
	for range c.out.w {
		c.k.Widen(dst, src, 1)
		dst = unsafe.Add(dst, c.window.SW*to.pixel)
		src = unsafe.Add(src, c.window.SW*from.pixel)
	}
}

// begin points the sums of a panel at the worker's memory, with the residual there.
func (c *wideConv) begin(x *wideWork, panel int, units span) {
	if c.out.elem == floatBytes {
		return
	}
	p := &c.panels[panel]
	blocks := span{p.ob, p.ob + p.nob}
	x.out = view{layout: c.inner(c.out).shadow(shadowing{units, blocks}), base: x.target}
	if c.res == nil {
		return
	}
	x.conv.res = &x.out
	c.eachRun(c.res, units, func(v *view, n, y0, y1 int) { v.widenRows(c.k, &x.out, blocks, n, y0, y1) })
}

// end rounds a panel's sums.
func (c *wideConv) end(x *wideWork, panel int, units span) {
	if c.out.elem == floatBytes {
		return
	}
	p := &c.panels[panel]
	c.eachRun(c.out, units, func(v *view, n, y0, y1 int) {
		v.narrowRows(c.k, &x.out, span{p.ob, p.ob + p.nob}, n, y0, y1)
	})
}

// eachRun calls f for the units image by image, with v as the units count it.
func (c *wideConv) eachRun(v *view, units span, f func(v *view, n, y0, y1 int)) {
	if c.flat {
		pixels := view{layout: v.asPixels(), base: v.base}
		f(&pixels, 0, units.from, units.to)
		return
	}
	eachImage(units.from, units.to, c.out.h, func(n, y0, y1 int) { f(v, n, y0, y1) })
}

// loadChunk is a panel's weights for a chunk of the reduction, widened where its kernels
// want that.
func (c *wideConv) loadChunk(x *wideWork, panel, ib int) unsafe.Pointer {
	p := &c.panels[panel]
	ib = min(ib, p.icb-1)
	each := c.kh * c.run() * p.lanes
	src := c.weight.half(c.biases, p.at+ib*each)
	if p.half {
		return src
	}
	elems := min(c.split.chunks.size, p.icb-ib) * each
	eachCall(elems/asm.Block, func(at, n int) {
		c.k.Widen(unsafe.Add(x.chunk, at*pixelBytes), unsafe.Add(src, at*asm.Block*halfBytes), n)
	})
	return x.chunk
}
