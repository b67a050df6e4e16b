package cpu

import (
	"math"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// planNorm plans Norm.
func (bp *blueprint) planNorm(st *step) error {
	in, out := bp.views[bp.head(st).In[0]], bp.result(st)
	p := newPartials[float64](bp, in)
	st.name = bp.kern.Name + " norm"
	st.flops = 2 * elems(&in.layout)
	whole := in.contiguous()
	st.phases = []phase{p.phase(func(_ *worker, sum *float64, s strip) {
		if in.flat > 0 {
			bp.flatSquares(sum, in, s)
			return
		}
		s.runs(whole, in.w, func(y, x, pixels int) { bp.kern.Squares(sum, in.pixelAt(s.block, s.n, y, x), pixels) })
	}), {pieces: 1, run: func(*worker, int, int) {
		total := 0.0
		p.all(func(sum *float64) { total += *sum })
		out.values()[0] = float32(math.Sqrt(total))
	}}}
	return nil
}

// flatSquares adds the squares of a flat view, whose last pixel may hold less
// than 16 elements.
func (bp *blueprint) flatSquares(sum *float64, v *view, s strip) {
	s.runs(true, v.w, func(_, x, pixels int) {
		whole := min(pixels, v.flat/asm.Block-x)
		if whole > 0 {
			bp.kern.Squares(sum, v.pixelAt(0, 0, 0, x), whole)
		}
		if whole < pixels {
			for _, e := range v.values()[v.flat/asm.Block*asm.Block:] {
				*sum += float64(e) * float64(e)
			}
		}
	})
}

// planJoin plans Join: the sum of both gradients and its probe, in one pass.
func (bp *blueprint) planJoin(st *step) error {
	op := bp.head(st)
	branch, skip, out, probe := bp.views[op.In[0]], bp.views[op.In[1]], bp.result(st), bp.views[op.Out[1]]
	p := newPartials[[4]float64](bp, out)
	st.name = bp.kern.Name + " join"
	st.flops = 9 * elems(&out.layout)
	whole := branch.contiguous() && skip.contiguous() && out.contiguous()
	st.phases = []phase{p.phase(func(_ *worker, sum *[4]float64, s strip) {
		s.runs(whole, out.w, func(y, x, pixels int) {
			at := [3]unsafe.Pointer{out.pixelAt(s.block, s.n, y, x), branch.pixelAt(s.block, s.n, y, x), skip.pixelAt(s.block, s.n, y, x)}
			bp.kern.Join(sum, at[0], at[1], at[2], pixels)
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
			if i != 2 {
				v = math.Sqrt(v)
			}
			probe.values()[i] = float32(v)
		}
	}}}
	return nil
}

// planReLUGrad plans ReLUGrad, or the gradient of the batch norm before it that
// it absorbed.
func (bp *blueprint) planReLUGrad(st *step) error {
	op := bp.head(st)
	y, dy := bp.views[op.In[0]], bp.views[op.In[1]]
	if norm := bp.absorbed(st, tensor.BatchNorm2dGrad); norm != nil {
		return bp.planNormGrad(st, norm, dy, y)
	}
	out := bp.result(st)
	whole := y.contiguous() && dy.contiguous() && out.contiguous()
	st.name = bp.kern.Name + " elementwise"
	st.flops = elems(&out.layout)
	st.phases = []phase{overRows(out, func(w *worker, s strip) {
		a := &w.norm
		s.runs(whole, out.w, func(py, x, pixels int) {
			a.Y, a.DY, a.Dst = y.pixelAt(s.block, s.n, py, x), dy.pixelAt(s.block, s.n, py, x), out.pixelAt(s.block, s.n, py, x)
			a.N = pixels
			bp.kern.Mask(a)
		})
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}
