package gpu

import (
	"fmt"

	"resnet-tui/tensor"
)

// A product is cut into slices where its tiles alone would leave a GPU idle, and
// where a sum is so long that float32 would lose digits.
const (
	tile      = 64
	wanted    = 512     // workgroups
	shortest  = 256     // terms of a slice, at least
	longest   = 1 << 13 // terms of a slice, at most
	maxSlices = 256
)

// A direction is one of the three products of a convolution.
type direction struct {
	kernel                string
	x, y                  dims // the forward operation's operand and result
	a, b                  Ref
	rows, cols, depth     int // of the product, a group and a class of pixels
	classes               int // of pixels by their remainder from the stride
	total, channels, part int // elements of the result; its channels; elements of one of them in a row
}

// product is a convolution, a linear layer, or one of their gradients.
func product(bp *Blueprint, st *Step, op *tensor.Op) error {
	win, groups := op.Window, op.Groups
	switch op.Kind {
	case tensor.Linear, tensor.LinearGradInput, tensor.LinearGradWeight:
		win, groups = tensor.Square(1, 1, 0), 1
	}
	d := bp.direction(op, win, groups)
	st.FLOPs = 2 * int64(d.y.elems()) * int64(d.x.c/groups*win.KH*win.KW)
	tiles := ceil(d.rows, tile) * ceil(d.cols, tile) * groups * d.classes
	slices := max(min(ceil(wanted, tiles), d.depth/shortest), ceil(d.depth, longest), 1)
	slices = min(slices, maxSlices)
	if int64(slices)*int64(d.total) >= 1<<31 {
		return fmt.Errorf("%d partial sums of %d elements are too many", slices, d.total)
	}
	k := Kernel{Name: d.kernel, Groups: int64(tiles) * int64(slices)}
	k.read(0, d.a)
	k.read(1, d.b)
	flags, eps := bp.tail(st, op, &k)
	k.Constants = u32(win.KH, win.KW, win.SH, win.SW)
	k.Push = append(u32(d.x.n, d.x.c, d.x.h, d.x.w, d.y.c, d.y.h, d.y.w, win.Top, win.Left, groups, slices, flags), f32(eps))
	if slices == 1 {
		k.write(2, bp.result(st))
		st.add(k)
		return nil
	}
	parts := bp.scratch(4 * int64(slices) * int64(d.total))
	end := Kernel{Name: "finish", Buffers: k.Buffers, Groups: over(d.total), Push: append(u32(d.total, d.channels, d.part, slices, flags), f32(eps))}
	end.read(0, parts)
	end.read(1, Ref{})
	end.write(2, bp.result(st))
	k.write(2, parts)
	for i := 3; i < Bindings; i++ {
		k.read(i, Ref{})
	}
	st.add(k)
	st.add(end)
	return nil
}

// direction is the matrix product of an operation.
func (bp *Blueprint) direction(op *tensor.Op, win tensor.Window, groups int) direction {
	var d direction
	window := win.KH * win.KW
	switch op.Kind {
	case tensor.Conv2d, tensor.Linear:
		d = direction{kernel: "conv_forward", x: bp.dims(op.In[0]), y: bp.dims(op.Out[0]), a: par(op.Params[0]), b: buf(op.In[0]), classes: 1}
		d.rows, d.cols, d.depth = d.y.c/groups, d.y.n*d.y.plane(), d.x.c/groups*window
		d.total, d.channels, d.part = d.y.elems(), d.y.c, d.y.plane()
	case tensor.Conv2dGradInput, tensor.LinearGradInput:
		d = direction{kernel: "conv_input", x: bp.dims(op.Out[0]), y: bp.dims(op.In[0]), a: par(op.Params[0]), b: buf(op.In[0]), classes: win.SH * win.SW}
		d.rows, d.cols = d.x.c/groups, d.x.n*ceil(d.x.h, win.SH)*ceil(d.x.w, win.SW)
		d.depth = d.y.c / groups * ceil(win.KH, win.SH) * ceil(win.KW, win.SW)
		d.total, d.channels, d.part = d.x.elems(), d.x.c, d.x.plane()
	default:
		d = direction{kernel: "conv_weight", x: bp.dims(op.In[0]), y: bp.dims(op.In[1]), a: buf(op.In[1]), b: buf(op.In[0]), classes: 1}
		d.rows, d.cols, d.depth = d.y.c/groups, d.x.c/groups*window, d.y.n*d.y.plane()
		d.total, d.channels, d.part = d.rows*groups*d.cols, 1, 1
	}
	return d
}

// What a tail does, as epilogue.glsl reads it.
const (
	tailBias = 1 << iota
	tailNorm
	tailSkip
	tailReLU
)

// tail is what a group does to its head's results.
func (bp *Blueprint) tail(st *Step, op *tensor.Op, k *Kernel) (flags int, eps float64) {
	if (op.Kind == tensor.Conv2d || op.Kind == tensor.Linear) && len(op.Params) > 1 {
		flags |= tailBias
		k.read(4, par(op.Params[1]))
	}
	for _, a := range st.Group.Absorbed {
		switch a := &bp.Plan.Ops[a]; a.Kind {
		case tensor.BatchNorm2d:
			flags |= tailNorm
			eps = a.Eps
			for i, p := range a.Params {
				k.read(5+i, par(p))
			}
		case tensor.Add:
			flags |= tailSkip
			k.read(3, buf(a.In[1]))
		case tensor.ReLU:
			flags |= tailReLU
		}
	}
	return flags, eps
}
