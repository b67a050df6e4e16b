package cpu

import (
	"resnet-tui/tensor/cpu/internal/asm"
)

// maxPoolGrad is MaxPool2dGrad. Windows overlap: a plane is one piece.
type maxPoolGrad struct {
	maxPool
	dy, dx *view
}

// planMaxPoolGrad plans MaxPool2dGrad.
func (bp *blueprint) planMaxPoolGrad(st *step) error {
	op := bp.head(st)
	m := &maxPoolGrad{maxPool: maxPool{k: bp.kern, in: bp.views[op.In[0]], op: op}, dy: bp.views[op.In[1]], dx: bp.result(st)}
	m.out = m.dy
	st.name = bp.kern.Name + " max pool gradient"
	st.flops = int64(op.KH*op.KW) * elems(&m.dy.layout)
	st.phases = []phase{{pieces: m.dx.blocks() * m.dx.n, run: func(w *worker, piece, _ int) {
		m.plane(w, piece/m.dx.n, piece%m.dx.n)
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
	top, bottom := max(0, y*op.SH-op.Top), min(m.in.h, y*op.SH-op.Top+op.KH)
	for x := 0; x < m.dy.w; {
		first := x*op.SW - op.Left
		left, right := max(first, 0), min(first+op.KW, m.in.w)
		count := 1
		switch whole := right-left == op.KW; {
		case op.PadZero && !(whole && bottom-top == op.KH):
			m.window(block, n, y, x)
			x++
			continue
		case whole:
			count = min(m.dy.w-x, (m.in.w-op.KW-first)/op.SW+1)
		}
		if top < bottom && left < right {
			a := &w.maxGrad
			a.X, a.DX, a.DY = m.in.pixelAt(block, n, top, left), m.dx.pixelAt(block, n, top, left), m.dy.pixelAt(block, n, y, x)
			a.XRow, a.DXRow, a.Step = m.in.row, m.dx.row, op.SW*pixelBytes
			a.KH, a.KW, a.N = bottom-top, right-left, count
			m.k.MaxPoolGrad(a)
		}
		x += count
	}
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
	for l, g := range m.dy.lanes(block, n, y, x) {
		if from[l] != nil {
			from[l][l] += g
		}
	}
}

// planAvgPoolGrad plans AdaptiveAvgPool2dGrad: a pixel gets its share of each
// mean that it took part in.
func (bp *blueprint) planAvgPoolGrad(st *step) error {
	dy, dx := bp.views[bp.head(st).In[0]], bp.result(st)
	rows, cols := means(dx.h, dy.h), means(dx.w, dy.w)
	st.name = "average pool gradient"
	st.flops = elems(&dx.layout)
	st.phases = []phase{overRows(dx, func(_ *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for x := range dx.w {
				shares(dx.lanes(s.block, s.n, y, x), dy, s, rows[y], cols[x])
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

// means lists them for n pixels averaged to m.
func means(n, m int) [][]mean {
	list := make([][]mean, n)
	for i := range m {
		s := adaptive(i, n, m)
		for p := s.from; p < s.to; p++ {
			list[p] = append(list[p], mean{i, float32(s.to - s.from)})
		}
	}
	return list
}

// shares sums a pixel's shares.
func shares(dst *[asm.Block]float32, dy *view, s strip, rows, cols []mean) {
	*dst = [asm.Block]float32{}
	for _, r := range rows {
		for _, c := range cols {
			for l, v := range dy.lanes(s.block, s.n, r.at, c.at) {
				dst[l] += v / (r.count * c.count)
			}
		}
	}
}

// planPadGrad plans PadGrad: the pixels and channels that were copied.
func (bp *blueprint) planPadGrad(st *step) error {
	op := bp.head(st)
	dy, dx := bp.views[op.In[0]], bp.result(st)
	st.name = "gradient of the shortcut with zero channels"
	st.phases = []phase{overRows(dx, func(_ *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for x := range dx.w {
				dst := dx.lanes(s.block, s.n, y, x)
				if y%op.SH != 0 || x%op.SW != 0 {
					*dst = [asm.Block]float32{}
					continue
				}
				shifted(dst, dy, s.block*asm.Block+op.PadBefore, s.n, y/op.SH, x/op.SW)
				clear(dst[min(asm.Block, dx.c-s.block*asm.Block):])
			}
		}
		dx.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// planUnflatten plans Unflatten. Planes of one pixel lie as rows of features do:
// then the result shares its operand's memory, or is copied by blocks.
func (bp *blueprint) planUnflatten(st *step) error {
	in, out := bp.views[bp.head(st).In[0]], bp.result(st)
	st.name = "unflatten"
	size := out.h * out.w
	st.phases = []phase{overRows(out, func(_ *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for x := range out.w {
				dst := out.lanes(s.block, s.n, y, x)
				if size == 1 && in.lanes(s.block, s.n, 0, 0) == dst {
					continue
				}
				*dst = [asm.Block]float32{}
				for l := range min(asm.Block, out.c-s.block*asm.Block) {
					e := (s.block*asm.Block+l)*size + y*out.w + x
					dst[l] = in.lanes(e/asm.Block, s.n, 0, 0)[e%asm.Block]
				}
			}
		}
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// planGradBias plans Conv2dGradBias and LinearGradBias: Σ dy of each channel.
func (bp *blueprint) planGradBias(st *step) error {
	in, out := bp.views[bp.head(st).In[0]], bp.result(st)
	s := bp.newStatistics(in)
	st.name = bp.kern.Name + " bias gradient"
	st.flops = elems(&in.layout)
	st.phases = []phase{s.phase(), {pieces: in.blocks(), run: func(_ *worker, b, _ int) {
		total := laneSums(s.partials, b)
		for l := range min(asm.Block, in.c-b*asm.Block) {
			out.values()[b*asm.Block+l] = float32(total[0][l])
		}
	}}}
	return nil
}
