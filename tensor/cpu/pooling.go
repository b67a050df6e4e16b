package cpu

import (
	"fmt"
	"math"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// maxPool is MaxPool2d: windows are clipped to the plane, or reach into the
// zeros of its halo.
type maxPool struct {
	k       *asm.Kernels
	in, out *view
	op      *tensor.Op
}

// planMaxPool plans MaxPool2d.
func (bp *blueprint) planMaxPool(st *step) error {
	op := bp.head(st)
	m := &maxPool{k: bp.kern, in: bp.views[op.In[0]], out: bp.result(st), op: op}
	st.name = fmt.Sprintf("%s max pool %d×%d s%d", bp.kern.Name, op.KH, op.KW, op.SH)
	st.flops = int64(op.KH*op.KW-1) * elems(&m.out.layout)
	st.phases = []phase{overRows(m.out, func(w *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			m.row(w, s.block, s.n, y)
		}
		m.out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// clip is the part [from, to) of the window at first that lies in n pixels.
func (m *maxPool) clip(first, kernel, n int) (from, to int) {
	if m.op.PadZero {
		return first, first + kernel
	}
	return max(first, 0), min(first+kernel, n)
}

// row computes one row: the windows that are whole in one call.
func (m *maxPool) row(w *worker, block, n, y int) {
	op := m.op
	top, bottom := m.clip(y*op.SH-op.Top, op.KH, m.in.h)
	for x := 0; x < m.out.w; {
		first := x*op.SW - op.Left
		left, right := m.clip(first, op.KW, m.in.w)
		count := 1
		switch {
		case op.PadZero:
			count = m.out.w - x
		case right-left == op.KW:
			count = min(m.out.w-x, (m.in.w-op.KW-first)/op.SW+1)
		}
		count = min(count, callPixels)
		m.windows(w, block, n, y, x, count, strip{y0: top, y1: bottom}, left, right)
		x += count
	}
}

// windows computes count neighbours whose first window is rows × [left, right).
func (m *maxPool) windows(w *worker, block, n, y, x, count int, rows strip, left, right int) {
	if rows.y0 >= rows.y1 || left >= right { // all padding
		lanes := m.out.lanes(block, n, y, x)
		for i := range lanes {
			lanes[i] = float32(math.Inf(-1))
		}
		return
	}
	a := &w.max
	a.Src, a.Dst = m.in.pixelAt(block, n, rows.y0, left), m.out.pixelAt(block, n, y, x)
	a.SrcRow, a.SrcStep = m.in.row, m.op.SW*pixelBytes
	a.KH, a.KW, a.N = rows.y1-rows.y0, right-left, count
	m.k.MaxPool(a)
}

// planAvgPool plans AdaptiveAvgPool2d.
func (bp *blueprint) planAvgPool(st *step) error {
	in, out := bp.views[bp.head(st).In[0]], bp.result(st)
	st.name = bp.kern.Name + " average pool"
	st.flops = elems(&in.layout)
	add := bp.kern.AddPixels
	st.phases = []phase{overRows(out, func(w *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for x := range out.w {
				average(w, in, s.block, s.n, adaptive(y, in.h, out.h), adaptive(x, in.w, out.w), add)
				*out.lanes(s.block, s.n, y, x) = w.scale
			}
		}
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// adaptive is the range of n inputs that output i of m averages.
func adaptive(i, n, m int) span { return span{i * n / m, ceilDiv((i+1)*n, m)} }

// average leaves the mean of a window in w.scale: each row summed in float32,
// the rows in float64.
func average(w *worker, in *view, block, n int, rows, cols span, add func(sum *[asm.Block]float32, src unsafe.Pointer, n int)) {
	var total [asm.Block]float64
	for y := rows.from; y < rows.to; y++ {
		w.scale = [asm.Block]float32{}
		add(&w.scale, in.pixelAt(block, n, y, cols.from), cols.to-cols.from)
		for i, v := range w.scale {
			total[i] += float64(v)
		}
	}
	count := float64((rows.to - rows.from) * (cols.to - cols.from))
	for i, v := range total {
		w.scale[i] = float32(v / count)
	}
}
