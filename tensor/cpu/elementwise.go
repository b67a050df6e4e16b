package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// elementwise is y = scale·x + shift + res, then ReLU, each where it is there.
type elementwise struct {
	k            *asm.Kernels
	in, out, res *view // res may be nil
	// affine gives a block's scale and shift, of 16 floats each; nil for none.
	affine func(w *worker, block int) (scale, shift unsafe.Pointer)
	relu   bool
}

func (e *elementwise) phase() phase {
	flags := 0
	if e.affine != nil {
		flags |= asm.FlagScale
	}
	if e.res != nil {
		flags |= asm.FlagResidual
	}
	if e.relu {
		flags |= asm.FlagReLU
	}
	runs := e.in.contiguous() && e.out.contiguous() && (e.res == nil || e.res.contiguous())
	return overRows(e.out, func(w *worker, s strip) {
		a := &w.elt
		a.Flags = flags
		if e.affine != nil {
			a.Scale, a.Shift = e.affine(w, s.block)
		}
		s.runs(runs, e.out.w, func(y, x, pixels int) {
			a.Src, a.Dst, a.N = e.in.pixelAt(s.block, s.n, y, x), e.out.pixelAt(s.block, s.n, y, x), pixels
			if e.res != nil {
				a.Res = e.res.pixelAt(s.block, s.n, y, x)
			}
			if flags != 0 || a.Src != a.Dst {
				e.k.Elt(a)
			}
		})
		e.out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})
}

// flops is what it executes for each element of the result.
func (e *elementwise) flops() int64 {
	each := 0
	if e.affine != nil {
		each += 2
	}
	if e.res != nil {
		each++
	}
	if e.relu {
		each++
	}
	return int64(each) * elems(&e.out.layout)
}

// elems is the number of elements, without halo and padding lanes.
func elems(l *layout) int64 {
	if l.flat > 0 {
		return int64(l.flat)
	}
	return int64(l.n) * int64(l.c) * int64(l.h) * int64(l.w)
}

// planElementwise plans ReLU, Add and an eval-mode BatchNorm2d, with what they
// absorbed.
func (bp *blueprint) planElementwise(st *step) error {
	op := bp.head(st)
	e := elementwise{k: bp.kern, in: bp.views[op.In[0]], out: bp.result(st), res: bp.residual(st), relu: bp.absorbedReLU(st)}
	switch op.Kind {
	case tensor.BatchNorm2d:
		st.weight = bp.affineWeight(op)
		e.affine = st.weight.affine
	case tensor.ReLU:
		e.relu = true
	case tensor.Scale:
		e.affine = bp.scalarAffine(op.Scalar)
	case tensor.Add:
		e.res = bp.views[op.In[1]]
		if op.Scalar != tensor.NoScalar {
			e.affine = bp.scalarAffine(op.Scalar)
		}
	}
	st.name = bp.kern.Name + " elementwise"
	st.flops = e.flops()
	st.phases = []phase{e.phase()}
	return nil
}

var zeros [2 * asm.Block]float32

// scalarAffine scales by an input of the run.
func (bp *blueprint) scalarAffine(scalar int) func(w *worker, block int) (scale, shift unsafe.Pointer) {
	return func(w *worker, _ int) (scale, shift unsafe.Pointer) {
		for i := range w.scale {
			w.scale[i] = bp.env.scalars[scalar]
		}
		return unsafe.Pointer(&w.scale), unsafe.Pointer(&zeros)
	}
}
