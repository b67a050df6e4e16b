package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// maxPoolGrad is MaxPool2dGrad. Windows overlap, so that two of them may add to the
// same pixel: a plane is one piece, whose windows are taken in order.
type maxPoolGrad struct {
	maxPool
	dy, dx *view
}

// planMaxPoolGrad plans MaxPool2dGrad.
func (sc *schedule) planMaxPoolGrad(ln *launch) error {
	op := sc.head(ln)
	dy := sc.views[op.In[1]]
	pool := maxPool{k: sc.kern, in: sc.views[op.In[0]], out: dy, op: op}
	m := &maxPoolGrad{maxPool: pool, dy: dy, dx: sc.result(ln)}
	ln.name = sc.kern.Name + " max pool gradient"
	ln.flops = int64(op.KH*op.KW) * elems(&m.dy.layout)
	run := m.plane
	if m.in.elem != floatBytes {
		in, out := m.in.shadow(m.in.onePlane(0, 0)), m.dy.shadow(m.dy.onePlane(0, 0))
		sc.needPrivate(in.bytes + m.dx.h*m.dx.w*pixelBytes + out.bytes)
		run = m.staged
	}
	ln.phases = []phase{{pieces: m.dx.blocks() * m.dx.n, run: func(w *worker, piece, _ int) {
		run(w, piece/m.dx.n, piece%m.dx.n)
	}}}
	return nil
}

// plane computes a channel block of an image.
func (m *maxPoolGrad) plane(w *worker, block, n int) {
	for y := range m.dx.h {
		m.dx.zeroPixels(block, n, y, 0, m.dx.w)
	}
	m.dx.zeroHalo(block, block+1, n, 0, m.dx.h)
	for y := range m.dy.h {
		m.row(w, block, n, y)
	}
}

// row computes one row: the windows that are whole in one call.
func (m *maxPoolGrad) row(w *worker, block, n, y int) {
	op := m.op
	rows := m.inside(y*op.SH-op.Top, op.KH, m.in.h)
	for x := 0; x < m.dy.w; {
		first := x*op.SW - op.Left
		cols := m.inside(first, op.KW, m.in.w)
		whole := cols.len() == op.KW
		if op.PadZero && !(whole && rows.len() == op.KH) {
			m.window(block, n, y, x)
			x++
			continue
		}
		count := 1
		if whole {
			count = min(m.dy.w-x, (m.in.w-op.KW-first)/op.SW+1)
		}
		m.add(w, windows{at: pixel{block, n, y, x}, count: count, rows: rows, cols: cols})
		x += count
	}
}

// staged computes a plane of bf16 on float32 copies: an element of the gradient is the
// sum of up to KH·KW others, which are not to be rounded one by one.
func (m *maxPoolGrad) staged(w *worker, block, n int) {
	x := m.in.widen(m.k, m.in.onePlane(block, n), w.scratch)
	dy := m.dy.widen(m.k, m.dy.onePlane(block, n), unsafe.Add(w.scratch, x.bytes))
	inner := m.dx.layout
	inner.halo = halo{}
	inner.row = inner.w * inner.pixel
	dx := view{layout: inner.shadow(inner.onePlane(block, n)), base: unsafe.Add(w.scratch, x.bytes+dy.bytes)}
	s := *m
	s.in = &x
	s.dy = &dy
	s.dx = &dx
	s.plane(w, block, n)
	m.dx.narrowRows(m.k, &dx, span{block, block + 1}, n, 0, dx.h)
	m.dx.zeroHalo(block, block+1, n, 0, m.dx.h)
}

// inside is the part of the window at first that lies in n pixels.
func (m *maxPoolGrad) inside(first, kernel, n int) span {
	return span{max(first, 0), min(first+kernel, n)}
}

// add adds the gradients of neighbouring windows to their maxima.
func (m *maxPoolGrad) add(w *worker, s windows) {
	if s.rows.len() <= 0 || s.cols.len() <= 0 {
		return // all padding
	}
	a := &w.maxGrad
	a.X = m.in.pixelAt(s.at.block, s.at.n, s.rows.from, s.cols.from)
	a.DX = m.dx.pixelAt(s.at.block, s.at.n, s.rows.from, s.cols.from)
	a.DY = m.dy.pixelAt(s.at.block, s.at.n, s.at.y, s.at.x)
	a.XRow = m.in.row
	a.DXRow = m.dx.row
	a.Step = m.op.SW * pixelBytes
	a.KH = s.rows.len()
	a.KW = s.cols.len()
	a.N = s.count
	m.k.MaxPoolGrad(a)
}

// window adds the gradient of one output whose window reaches into the zeros of
// the padding to its first maximum, or the last NaN, as PyTorch does.
func (m *maxPoolGrad) window(block, n, y, x int) {
	op := m.op
	top, left := y*op.SH-op.Top, x*op.SW-op.Left
	var best [asm.Block]float32
	var from [asm.Block]*[asm.Block]float32 // nil for a zero of the padding
	first := true
	for i := top; i < top+op.KH; i++ {
		for j := left; j < left+op.KW; j++ {
			v, to := &[asm.Block]float32{}, (*[asm.Block]float32)(nil)
			if i >= 0 && i < m.in.h && j >= 0 && j < m.in.w {
				v, to = m.in.lanes(block, n, i, j), m.dx.lanes(block, n, i, j)
			}
			for l, e := range v {
				if first || e > best[l] || e != e {
					best[l], from[l] = e, to
				}
			}
			first = false
		}
	}
	for l, g := range m.dy.get(block, n, y, x) {
		if from[l] != nil {
			from[l][l] += g
		}
	}
}

// planAdaptivePoolGrad plans AdaptiveAvgPool2dGrad.
func (sc *schedule) planAdaptivePoolGrad(ln *launch) error {
	dy, dx := sc.views[sc.head(ln).In[0]], sc.result(ln)
	return sc.planShares(ln, means(dx.h, adaptiveSpans(dx.h, dy.h)), means(dx.w, adaptiveSpans(dx.w, dy.w)))
}

// planAvgPoolGrad plans AvgPool2dGrad.
func (sc *schedule) planAvgPoolGrad(ln *launch) error {
	op := sc.head(ln)
	dy, dx := sc.views[op.In[0]], sc.result(ln)
	return sc.planShares(ln, means(dx.h, clippedSpans(dx.h, dy.h, op.KH, op.SH, op.Top)),
		means(dx.w, clippedSpans(dx.w, dy.w, op.KW, op.SW, op.Left)))
}

// planShares plans the gradient of an average pool: a pixel gets its share of each
// mean that it took part in, by its row and its column.
func (sc *schedule) planShares(ln *launch, rows, cols [][]mean) error {
	dy, dx := sc.views[sc.head(ln).In[0]], sc.result(ln)
	ln.name = "average pool gradient"
	ln.flops = elems(&dx.layout)
	ln.phases = []phase{overRows(dx, func(_ *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for x := range dx.w {
				sum := shares(dy, s, rows[y], cols[x])
				dx.put(s.block, s.n, y, x, &sum)
			}
		}
		dx.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// mean is one of the means over a dimension that a pixel took part in.
type mean struct {
	at    int
	count float32
}

// means lists them for n pixels, by what each mean is of.
func means(n int, of []span) [][]mean {
	list := make([][]mean, n)
	for i, s := range of {
		for p := s.from; p < s.to; p++ {
			list[p] = append(list[p], mean{i, float32(s.to - s.from)})
		}
	}
	return list
}

// shares sums a pixel's shares.
func shares(dy *view, s strip, rows, cols []mean) (sum [asm.Block]float32) {
	for _, r := range rows {
		for _, c := range cols {
			for l, v := range dy.get(s.block, s.n, r.at, c.at) {
				sum[l] += v / (r.count * c.count)
			}
		}
	}
	return sum
}

// planPadGrad plans PadGrad: the pixels and channels that were copied.
func (sc *schedule) planPadGrad(ln *launch) error {
	op := sc.head(ln)
	dy, dx := sc.views[op.In[0]], sc.result(ln)
	ln.name = "gradient of the shortcut with zero channels"
	ln.phases = []phase{overRows(dx, func(_ *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for x := range dx.w {
				var lanes [asm.Block]float32
				if y%op.SH == 0 && x%op.SW == 0 {
					lanes = shifted(dy, s.block*asm.Block+op.PadBefore, s.n, y/op.SH, x/op.SW)
					clear(lanes[min(asm.Block, dx.c-s.block*asm.Block):])
				}
				dx.put(s.block, s.n, y, x, &lanes)
			}
		}
		dx.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// planUnflatten plans Unflatten. Planes of one pixel lie as rows of features do:
// then the result shares its operand's memory, or is copied by blocks.
func (sc *schedule) planUnflatten(ln *launch) error {
	in, out := sc.views[sc.head(ln).In[0]], sc.result(ln)
	ln.name = "unflatten"
	size := out.h * out.w
	ln.phases = []phase{overRows(out, func(_ *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for x := range out.w {
				if size == 1 && in.pixelAt(s.block, s.n, 0, 0) == out.pixelAt(s.block, s.n, y, x) {
					continue
				}
				var dst [asm.Block]float32
				for l := range min(asm.Block, out.c-s.block*asm.Block) {
					e := (s.block*asm.Block+l)*size + y*out.w + x
					dst[l] = in.get(e/asm.Block, s.n, 0, 0)[e%asm.Block]
				}
				out.put(s.block, s.n, y, x, &dst)
			}
		}
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// planGradBias plans Conv2dGradBias and LinearGradBias: Σ dy of each channel.
func (sc *schedule) planGradBias(ln *launch) error {
	in, out := sc.views[sc.head(ln).In[0]], sc.result(ln)
	s := sc.newStatistics(in)
	ln.name = sc.kern.Name + " bias gradient"
	ln.flops = elems(&in.layout)
	ln.phases = []phase{s.phase(), {pieces: in.blocks(), run: func(_ *worker, b, _ int) {
		total := laneSums(s.partials, b)
		for l := range min(asm.Block, in.c-b*asm.Block) {
			out.values()[b*asm.Block+l] = float32(total[0][l])
		}
	}}}
	return nil
}
