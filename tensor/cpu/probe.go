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
	pixels := walkThrough(in)
	ln.phases = []phase{p.phase(func(w *worker, sum *float64, s strip) {
		if in.flat > 0 {
			sc.flatSquares(sum, in, s)
			return
		}
		s.walk(pixels, func(y, x, n int) {
			sc.kern.Squares(sum, w.read(sc.kern, 0, in, in.pixelAt(s.block, s.n, y, x), n), n)
		})
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
	s.walk(walkThrough(v), func(_, x, pixels int) {
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
	pixels := walkThrough(out, branch, skip)
	ln.phases = []phase{p.phase(func(w *worker, sum *[4]float64, s strip) {
		s.walk(pixels, func(y, x, n int) {
			from := func(i int, v *view) unsafe.Pointer {
				return w.read(sc.kern, i, v, v.pixelAt(s.block, s.n, y, x), n)
			}
			dst := out.pixelAt(s.block, s.n, y, x)
			sc.kern.Join(sum, w.target(2, out, dst), from(0, branch), from(1, skip), n)
			w.written(sc.kern, 2, out, dst, n)
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
	pixels := walkThrough(out, y, dy)
	ln.name = sc.kern.Name + " elementwise"
	ln.flops = elems(&out.layout)
	ln.phases = []phase{overRows(out, func(w *worker, s strip) {
		a := &w.norm
		s.walk(pixels, func(py, x, n int) {
			dst := out.pixelAt(s.block, s.n, py, x)
			a.Y = w.read(sc.kern, 0, y, y.pixelAt(s.block, s.n, py, x), n)
			a.DY = w.read(sc.kern, 1, dy, dy.pixelAt(s.block, s.n, py, x), n)
			a.Dst = w.target(2, out, dst)
			a.N = n
			sc.kern.Mask(a)
			w.written(sc.kern, 2, out, dst, n)
		})
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}
