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
func (sc *schedule) planMaxPool(ln *launch) error {
	op := sc.head(ln)
	m := &maxPool{k: sc.kern, in: sc.views[op.In[0]], out: sc.result(ln), op: op}
	ln.name = fmt.Sprintf("%s max pool %d×%d s%d", sc.kern.Name, op.KH, op.KW, op.SH)
	ln.flops = int64(op.KH*op.KW-1) * elems(&m.out.layout)
	if m.in.elem != floatBytes {
		sc.needPrivate(m.stageBytes())
	}
	ln.phases = []phase{overRows(m.out, func(w *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			m.row(w, s.block, s.n, y)
		}
		m.out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// clip is the part of the window at first that lies in n pixels.
func (m *maxPool) clip(first, kernel, n int) span {
	if m.op.PadZero {
		return span{first, first + kernel}
	}
	return span{max(first, 0), min(first+kernel, n)}
}

// windows are count neighbours in a row of the output, from pixel at on. rows and
// cols are what the first of them sees of the input; each following one sees
// columns a stride further.
type windows struct {
	at         pixel
	count      int
	rows, cols span
}

// row computes one row: the windows that are whole in one call.
func (m *maxPool) row(w *worker, block, n, y int) {
	op := m.op
	rows := m.clip(y*op.SH-op.Top, op.KH, m.in.h)
	for x := 0; x < m.out.w; {
		first := x*op.SW - op.Left
		cols := m.clip(first, op.KW, m.in.w)
		count := 1 // a clipped window is a call of its own
		switch {
		case op.PadZero:
			count = m.out.w - x
		case cols.len() == op.KW:
			count = min(m.out.w-x, (m.in.w-op.KW-first)/op.SW+1)
		}
		count = min(count, callPixels)
		m.compute(w, windows{at: pixel{block, n, y, x}, count: count, rows: rows, cols: cols})
		x += count
	}
}

// compute takes the maxima of neighbouring windows.
func (m *maxPool) compute(w *worker, s windows) {
	dst := m.out.pixelAt(s.at.block, s.at.n, s.at.y, s.at.x)
	if s.rows.len() <= 0 || s.cols.len() <= 0 { // all padding
		m.out.put(s.at.block, s.at.n, s.at.y, s.at.x, &allPadding)
		return
	}
	a := &w.maxPool
	a.Src = m.in.pixelAt(s.at.block, s.at.n, s.rows.from, s.cols.from)
	a.Dst = dst
	a.SrcRow = m.in.row
	a.SrcStep = m.op.SW * pixelBytes
	a.KH = s.rows.len()
	a.KW = s.cols.len()
	a.N = s.count
	if m.in.elem != floatBytes {
		m.staged(w, a)
		return
	}
	m.k.MaxPool(a)
}

// allPadding is the maximum of nothing.
var allPadding = func() (lanes [asm.Block]float32) {
	for i := range lanes {
		lanes[i] = float32(math.Inf(-1))
	}
	return lanes
}()

// staged computes windows of a bf16 view on float32 copies of their rows.
func (m *maxPool) staged(w *worker, a *asm.PoolArgs) {
	width := (a.N-1)*m.op.SW + a.KW
	src, dst := a.Src, a.Dst
	for kh := range a.KH {
		m.k.Widen(unsafe.Add(w.scratch, kh*width*pixelBytes), unsafe.Add(src, kh*m.in.row), width)
	}
	a.Src = w.scratch
	a.SrcRow = width * pixelBytes
	a.Dst = unsafe.Add(w.scratch, a.KH*width*pixelBytes)
	m.k.MaxPool(a)
	m.k.Narrow(dst, a.Dst, a.N)
}

// stageBytes is the memory of the copies.
func (m *maxPool) stageBytes() int {
	return (m.op.KH*((m.out.w-1)*m.op.SW+m.op.KW) + m.out.w) * pixelBytes
}

// planAdaptivePool plans AdaptiveAvgPool2d.
func (sc *schedule) planAdaptivePool(ln *launch) error {
	in, out := sc.views[sc.head(ln).In[0]], sc.result(ln)
	p := &avgPool{in: in, out: out, rows: adaptiveSpans(in.h, out.h), cols: adaptiveSpans(in.w, out.w)}
	return sc.planMeans(ln, p, p.average)
}

// planAvgPool plans AvgPool2d.
func (sc *schedule) planAvgPool(ln *launch) error {
	op := sc.head(ln)
	in, out := sc.views[op.In[0]], sc.result(ln)
	p := &avgPool{in: in, out: out,
		rows: clippedSpans(in.h, out.h, op.KH, op.SH, op.Top), cols: clippedSpans(in.w, out.w, op.KW, op.SW, op.Left)}
	if op.KH*op.KW <= fewPixels {
		return sc.planMeans(ln, p, p.averageFew)
	}
	return sc.planMeans(ln, p, p.average)
}

// planMeans plans an average pool; average computes one pixel of its result.
func (sc *schedule) planMeans(ln *launch, p *avgPool, average func(w *worker, at pixel)) error {
	ln.name = sc.kern.Name + " average pool"
	ln.flops = elems(&p.in.layout)
	p.k = sc.kern
	ln.phases = []phase{overRows(p.out, func(w *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for x := range p.out.w {
				average(w, pixel{s.block, s.n, y, x})
			}
		}
		p.out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// avgPool is an average pool: rows and cols are what each row and column of its
// result averages.
type avgPool struct {
	in, out    *view
	rows, cols []span
	k          *asm.Kernels
}

// adaptiveSpans are the ranges of n inputs that m outputs of AdaptiveAvgPool2d
// average.
func adaptiveSpans(n, m int) []span {
	list := make([]span, m)
	for i := range list {
		list[i] = span{i * n / m, ceilDiv((i+1)*n, m)}
	}
	return list
}

// clippedSpans are the ranges of n inputs in the windows of m outputs of a pool,
// cut to the plane.
func clippedSpans(n, m, kernel, stride, before int) []span {
	list := make([]span, m)
	for i := range list {
		from := i*stride - before
		list[i] = span{max(from, 0), min(from+kernel, n)}
	}
	return list
}

// sum adds some columns of a row to the worker's lanes.
func (p *avgPool) sum(w *worker, at pixel, y int, cols span) {
	if p.in.elem == floatBytes {
		p.k.AddPixels(&w.lanes, p.in.pixelAt(at.block, at.n, y, cols.from), cols.len())
		return
	}
	for x := cols.from; x < cols.to; x += stagePixels {
		n := min(stagePixels, cols.to-x)
		p.k.AddPixels(&w.lanes, w.read(p.k, 0, p.in, p.in.pixelAt(at.block, at.n, y, x), n), n)
	}
}

// average computes one pixel of the output, the mean of its window: each row is
// summed in float32, the rows in float64.
func (p *avgPool) average(w *worker, at pixel) {
	rows, cols := p.rows[at.y], p.cols[at.x]
	var total [asm.Block]float64
	for y := rows.from; y < rows.to; y++ {
		w.lanes = [asm.Block]float32{}
		p.sum(w, at, y, cols)
		for i, v := range w.lanes {
			total[i] += float64(v)
		}
	}
	count := float64(rows.len() * cols.len())
	for i, v := range total {
		w.lanes[i] = float32(v / count)
	}
	p.out.put(at.block, at.n, at.y, at.x, &w.lanes)
}

// fewPixels is the size of a window up to which float32 sums it well enough.
const fewPixels = 9

// averageFew is average for a window of few pixels, summed in float32.
func (p *avgPool) averageFew(w *worker, at pixel) {
	rows, cols := p.rows[at.y], p.cols[at.x]
	w.lanes = [asm.Block]float32{}
	for y := rows.from; y < rows.to; y++ {
		p.sum(w, at, y, cols)
	}
	scale := 1 / float32(rows.len()*cols.len())
	for i := range w.lanes {
		w.lanes[i] *= scale
	}
	p.out.put(at.block, at.n, at.y, at.x, &w.lanes)
}
