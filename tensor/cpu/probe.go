package cpu

import (
	"math"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// planNorm plans Norm: the root of the sum of squares, in float64.
func (sc *schedule) planNorm(ln *launch) error {
	in, out := sc.views[sc.head(ln).In[0]], sc.result(ln)
	p := newPartials[float64](sc, in)
	ln.name = sc.kern.Name + " norm"
	ln.flops = 2 * elems(&in.layout)
	whole := in.contiguous()
	ln.phases = []phase{p.phase(func(_ *worker, sum *float64, s strip) {
		if in.flat > 0 {
			sc.flatSquares(sum, in, s)
			return
		}
		s.runs(whole, in.w, func(y, x, pixels int) { sc.kern.Squares(sum, in.pixelAt(s.block, s.n, y, x), pixels) })
	}), {pieces: 1, run: func(*worker, int, int) {
		total := 0.0
		p.all(func(sum *float64) { total += *sum })
		out.values()[0] = float32(math.Sqrt(total))
	}}}
	return nil
}

// flatSquares adds the squares of a flat view, whose last pixel may hold less
// than 16 elements.
func (sc *schedule) flatSquares(sum *float64, v *view, s strip) {
	s.runs(true, v.w, func(_, x, pixels int) {
		whole := min(pixels, v.flat/asm.Block-x)
		if whole > 0 {
			sc.kern.Squares(sum, v.pixelAt(0, 0, 0, x), whole)
		}
		if whole < pixels {
			for _, e := range v.values()[v.flat/asm.Block*asm.Block:] {
				*sum += float64(e) * float64(e)
			}
		}
	})
}

// planJoin plans Join: the sum of both gradients and its probe, in one pass.
func (sc *schedule) planJoin(ln *launch) error {
	op := sc.head(ln)
	branch := sc.views[op.In[0]]
	skip := sc.views[op.In[1]]
	out := sc.result(ln)
	probe := sc.views[op.Out[1]]
	p := newPartials[[4]float64](sc, out)
	ln.name = sc.kern.Name + " join"
	ln.flops = 9 * elems(&out.layout)
	whole := branch.contiguous() && skip.contiguous() && out.contiguous()
	ln.phases = []phase{p.phase(func(_ *worker, sum *[4]float64, s strip) {
		s.runs(whole, out.w, func(y, x, pixels int) {
			at := func(v *view) unsafe.Pointer { return v.pixelAt(s.block, s.n, y, x) }
			sc.kern.Join(sum, at(out), at(branch), at(skip), pixels)
		})
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	}), {pieces: 1, run: func(*worker, int, int) {
		var total [4]float64
		p.all(func(sum *[4]float64) {
			for i, v := range sum {
				total[i] += v
			}
		})
		for i, v := range total {
			if i != 2 { // Σx·y is no square: it stays as it is
				v = math.Sqrt(v)
			}
			probe.values()[i] = float32(v)
		}
	}}}
	return nil
}

// planReLUGrad plans ReLUGrad, or the gradient of the batch norm before it that
// it absorbed.
func (sc *schedule) planReLUGrad(ln *launch) error {
	op := sc.head(ln)
	y, dy := sc.views[op.In[0]], sc.views[op.In[1]]
	if norm := sc.absorbed(ln, tensor.BatchNorm2dGrad); norm != nil {
		return sc.planNormGrad(ln, norm, dy, y)
	}
	out := sc.result(ln)
	whole := y.contiguous() && dy.contiguous() && out.contiguous()
	ln.name = sc.kern.Name + " elementwise"
	ln.flops = elems(&out.layout)
	ln.phases = []phase{overRows(out, func(w *worker, s strip) {
		a := &w.norm
		s.runs(whole, out.w, func(py, x, pixels int) {
			a.Y = y.pixelAt(s.block, s.n, py, x)
			a.DY = dy.pixelAt(s.block, s.n, py, x)
			a.Dst = out.pixelAt(s.block, s.n, py, x)
			a.N = pixels
			sc.kern.Mask(a)
		})
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}
