package gpu

import (
	"fmt"

	"resnet-tui/tensor"
)

// A direction is one of the three products of a convolution.
type direction struct {
	way                   int
	win                   tensor.Window
	groups                int
	x, y                  dims // the forward operation's operand and result
	a, b                  Ref
	rows, cols, depth     int // of the product, a group and a class of pixels
	classes               int // of pixels by their remainder from the stride
	total, channels, part int // elements of the result; its channels; elements of one of them in a row
}

// wayNames are what kernels are called by way.
var wayNames = [...]string{forward: "forward", toInput: "input", toWeight: "weight"}

// product is a convolution, a linear layer, or one of their gradients.
func product(bp *Blueprint, st *Step, op *tensor.Op) error {
	d := bp.direction(op)
	st.FLOPs = 2 * int64(d.y.elems()) * int64(d.x.c/d.groups*d.win.KH*d.win.KW)
	if m := bp.matrices(&d); m != nil {
		return bp.matrixProduct(st, op, &d, m)
	}
	t, slices := d.choose(&bp.traits)
	k := Kernel{Name: d.kernel(t), Groups: d.count(t, slices)}
	if d.way != toWeight {
		d.a = bp.arrange(st, &d, op.Params[0])
	}
	k.Constants = append(d.window(), uint32(t.threadRows), d.blocked())
	return bp.finish(st, op, &d, k, slices)
}

// finish gives a product's kernel its operands, its arguments and its tail, and adds it.
// Where the sum is cut into slices a second kernel adds these up, and has the tail.
func (bp *Blueprint) finish(st *Step, op *tensor.Op, d *direction, k Kernel, slices int) error {
	if int64(slices)*int64(d.total) >= 1<<31 {
		return fmt.Errorf("%d partial sums of %d elements are too many", slices, d.total)
	}
	k.read(0, d.a)
	k.read(1, d.b)
	x, y, win := d.x, d.y, d.win
	args := func(flags int, eps float64) []uint32 {
		return append(u32(x.n, x.c, x.h, x.w, y.c, y.h, y.w, win.Top, win.Left, d.groups, slices, flags), f32(eps))
	}
	if slices == 1 {
		k.Push = args(bp.tail(st, op, &k))
		k.write(2, bp.result(st))
		st.add(k)
		return nil
	}
	parts := bp.scratch(4 * int64(slices) * int64(d.total))
	k.Push = args(0, 0)
	k.write(2, parts)
	st.add(k)
	end := Kernel{Name: "finish", Groups: over(d.total)}
	flags, eps := bp.tail(st, op, &end)
	end.Push = append(u32(d.total, d.channels, d.part, slices, flags), f32(eps))
	end.read(0, parts)
	end.write(2, bp.result(st))
	st.add(end)
	return nil
}

// kernel is the name of the one that computes a tile.
func (d *direction) kernel(t *tile) string {
	return fmt.Sprintf("conv_%s_%dx%d", wayNames[d.way], t.tm, t.tn)
}

// direction is the matrix product of an operation.
func (bp *Blueprint) direction(op *tensor.Op) direction {
	d := direction{win: op.Window, groups: op.Groups, classes: 1, b: buf(op.In[0])}
	switch op.Kind {
	case tensor.Linear, tensor.LinearGradInput, tensor.LinearGradWeight:
		d.win, d.groups = tensor.Square(1, 1, 0), 1
	}
	window := d.win.KH * d.win.KW
	switch op.Kind {
	case tensor.Conv2d, tensor.Linear:
		d.way, d.x, d.y = forward, bp.dims(op.In[0]), bp.dims(op.Out[0])
		d.rows, d.cols, d.depth = d.y.c/d.groups, d.y.n*d.y.plane(), d.x.c/d.groups*window
		d.total, d.channels, d.part = d.y.elems(), d.y.c, d.y.plane()
	case tensor.Conv2dGradInput, tensor.LinearGradInput:
		d.way, d.x, d.y = toInput, bp.dims(op.Out[0]), bp.dims(op.In[0])
		d.classes = d.win.SH * d.win.SW
		d.rows, d.cols = d.x.c/d.groups, d.x.n*ceil(d.x.h, d.win.SH)*ceil(d.x.w, d.win.SW)
		d.depth = d.y.c / d.groups * ceil(d.win.KH, d.win.SH) * ceil(d.win.KW, d.win.SW)
		d.total, d.channels, d.part = d.x.elems(), d.x.c, d.x.plane()
	default:
		d.way, d.x, d.y, d.a = toWeight, bp.dims(op.In[0]), bp.dims(op.In[1]), buf(op.In[1])
		d.rows, d.cols, d.depth = d.y.c/d.groups, d.x.c/d.groups*window, d.y.n*d.y.plane()
		d.total, d.channels, d.part = d.rows*d.groups*d.cols, 1, 1
	}
	return d
}

// window is the constants of kernels that go over windows.
func (d *direction) window() []uint32 { return u32(d.win.KH, d.win.KW, d.win.SH, d.win.SW) }

// blocked is 1 where the sum goes through blocks of eight channels, tap by tap, so that
// the terms of a slab share their tap: see shaders/order.glsl.
func (d *direction) blocked() uint32 {
	summed := d.x.c / d.groups
	if d.way == toInput {
		summed = d.y.c / d.groups
	}
	if d.way != toWeight && summed%slabTerms == 0 {
		return 1
	}
	return 0
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
