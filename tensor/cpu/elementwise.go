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
	pixels := walkThrough(e.out, e.in, e.res)
	return overRows(e.out, func(w *worker, s strip) {
		a := &w.elt
		a.Flags = flags
		if e.affine != nil {
			a.Scale, a.Shift = e.affine(w, s.block)
		}
		s.walk(pixels, func(y, x, n int) {
			src := e.in.pixelAt(s.block, s.n, y, x)
			dst := e.out.pixelAt(s.block, s.n, y, x)
			if flags == 0 && src == dst { // an identity in place
				return
			}
			a.N = n
			a.Src = w.read(e.k, 0, e.in, src, n)
			if e.res != nil {
				a.Res = w.read(e.k, 1, e.res, e.res.pixelAt(s.block, s.n, y, x), n)
			}
			a.Dst = w.target(2, e.out, dst)
			e.k.Elt(a)
			w.written(e.k, 2, e.out, dst, n)
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

// newElementwise is what a launch does beside its head.
func (sc *schedule) newElementwise(ln *launch) *elementwise {
	return &elementwise{
		k: sc.kern, in: sc.views[sc.head(ln).In[0]], out: sc.result(ln), res: sc.residual(ln),
		relu: sc.absorbedReLU(ln),
	}
}

// planElementwise plans ReLU, Add and an eval-mode BatchNorm2d, with what they
// absorbed.
func (sc *schedule) planElementwise(ln *launch) error {
	op := sc.head(ln)
	e := sc.newElementwise(ln)
	switch op.Kind {
	case tensor.BatchNorm2d:
		ln.weight = sc.affineWeight(op)
		e.affine = ln.weight.affine
	case tensor.ReLU:
		e.relu = true
	case tensor.Scale:
		e.affine = sc.scalarAffine(op.Scalar)
	case tensor.Add:
		e.res = sc.views[op.In[1]]
		if op.Scalar != tensor.NoScalar {
			e.affine = sc.scalarAffine(op.Scalar)
		}
	}
	ln.name = sc.kern.Name + " elementwise"
	ln.flops = e.flops()
	ln.phases = []phase{e.phase()}
	return nil
}

// zeros are the bias of what has none: of a panel of two blocks at most.
var zeros [2 * asm.Block]float32

// scalarAffine scales by a scalar of the run. Kernels want 16 equal floats.
func (sc *schedule) scalarAffine(scalar int) func(w *worker, block int) (scale, shift unsafe.Pointer) {
	return func(w *worker, _ int) (scale, shift unsafe.Pointer) {
		for i := range w.lanes {
			w.lanes[i] = sc.env.scalars[scalar]
		}
		return unsafe.Pointer(&w.lanes), unsafe.Pointer(&zeros)
	}
}
