package gpu

import "resnet-tui/tensor"

// poolKernels are by kind.
var poolKernels = map[tensor.Kind]string{
	tensor.MaxPool2d: "pool_max", tensor.MaxPool2dGrad: "pool_max_grad",
	tensor.AvgPool2d: "pool_mean", tensor.AvgPool2dGrad: "pool_mean_grad",
	tensor.AdaptiveAvgPool2d: "pool_adaptive", tensor.AdaptiveAvgPool2dGrad: "pool_adaptive_grad",
}

// pool is a pool or its gradient, one thread an element of the result. x is the
// forward operation's operand, y its result.
func pool(bp *Blueprint, st *Step, op *tensor.Op) error {
	out := bp.dims(op.Out[0])
	x, y := bp.dims(op.In[0]), out
	k := Kernel{Name: poolKernels[op.Kind], Groups: over(out.elems())}
	k.write(2, buf(op.Out[0]))
	switch op.Kind {
	case tensor.MaxPool2dGrad:
		y = bp.dims(op.In[1])
		k.read(0, buf(op.In[0]))
		k.read(1, buf(op.In[1]))
	case tensor.AvgPool2dGrad, tensor.AdaptiveAvgPool2dGrad:
		x, y = out, x
		k.read(1, buf(op.In[0]))
	default:
		k.read(0, buf(op.In[0]))
	}
	zero := 0
	if op.PadZero {
		zero = 1
	}
	k.Push = u32(out.elems(), x.h, x.w, y.h, y.w, op.KH, op.KW, op.SH, op.SW, op.Top, op.Left, zero)
	window := max(op.KH*op.KW, ceil(x.plane(), y.plane()))
	st.FLOPs = int64(window) * int64(y.elems())
	st.add(k)
	return nil
}

// loss is the softmax and the cross-entropy, one workgroup an image, or its gradient.
func loss(bp *Blueprint, st *Step, op *tensor.Op) error {
	x := bp.dims(op.In[0])
	st.Targets, st.Classes = []tensor.BufferID{op.In[1]}, x.c
	st.FLOPs = 4 * int64(x.elems())
	k := Kernel{Name: "loss_gradient", Groups: int64(min(x.n, maxSpread)), Push: append(u32(x.n, x.c), f32(op.Eps))}
	k.read(0, buf(op.In[0]))
	k.read(1, buf(op.In[1]))
	if op.Kind == tensor.CrossEntropyGrad {
		k.write(2, buf(op.Out[0]))
		st.add(k)
		return nil
	}
	losses := bp.scratch(4 * int64(x.n))
	k.Name = "loss_forward"
	k.write(2, buf(op.Out[1]))
	k.write(3, losses)
	st.add(k)
	bp.reduce(st, reduction{
		name: "total", endName: "total", x: dims{1, 1, 1, x.n},
		in: [Bindings]Ref{losses}, out: [4]Ref{buf(op.Out[0])},
	})
	return nil
}
