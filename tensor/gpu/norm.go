package gpu

import "resnet-tui/tensor"

// reduction is a sum over the images and the plane of each channel: workgroups add up
// slices, and a second kernel adds the slices in order.
type reduction struct {
	name, endName   string
	x               dims
	flags, endFlags uint32
	eps, momentum   float64
	in              [Bindings]Ref // operands, at their bindings
	out             [4]Ref        // results of the second kernel, at bindings 6 to 9
}

// wanted is how many workgroups keep a GPU busy.
const wanted = 512

// reduce adds the kernels of a reduction and returns the sums by channel, of four
// values each.
func (bp *Blueprint) reduce(st *Step, r reduction) Ref {
	count := r.x.n * r.x.plane()
	slices := min(max(min(ceil(wanted, r.x.c), count/(4*Threads)), 1), 1024)
	part := bp.scratch(16 * int64(slices) * int64(r.x.c))
	args := func(flags uint32) []uint32 {
		return append(u32(r.x.c, r.x.plane(), count, slices), flags, f32(r.eps), f32(r.momentum))
	}
	first := Kernel{Name: "sums_" + r.name, Groups: int64(slices) * int64(r.x.c), Push: args(r.flags), Buffers: r.in}
	first.write(2, part)
	end := Kernel{Name: "sums_" + r.endName + "_end", Groups: int64(ceil(r.x.c, Threads)), Push: args(r.endFlags)}
	end.write(2, part)
	for i, out := range r.out {
		end.write(6+i, out)
	}
	st.FLOPs += 3 * int64(r.x.elems())
	st.add(first)
	st.add(end)
	return part
}

// norm is a batch norm that no convolution absorbed. What it absorbs runs with it: the
// addition, the ReLU and, behind one in train mode, another in eval mode.
func norm(bp *Blueprint, st *Step, op *tensor.Op) error {
	x := bp.dims(op.In[0])
	last := mapArgs{}
	skip, second := Ref{}, (*tensor.Op)(nil)
	for _, a := range st.Group.Absorbed {
		switch a := &bp.Plan.Ops[a]; a.Kind {
		case tensor.BatchNorm2d:
			second = a
		case tensor.Add:
			last.flags |= 1
			skip = buf(a.In[1])
		case tensor.ReLU:
			last.flags |= 2
		}
	}
	name := "norm_eval"
	mean, spread := par(op.Params[2]), par(op.Params[3])
	if op.Train {
		name = "norm"
		mean, spread = bp.statistics(st, op, x)
	}
	in := buf(op.In[0])
	if second != nil {
		between := bp.scratch(4 * int64(x.elems()))
		st.mapping(name, mapArgs{f: op.Eps}, x, in, Ref{}, between, Ref{}, par(op.Params[0]), par(op.Params[1]), mean, spread)
		in, name, op = between, "norm_eval", second
		mean, spread = par(op.Params[2]), par(op.Params[3])
	}
	last.f = op.Eps
	st.mapping(name, last, x, in, skip, bp.result(st), Ref{}, par(op.Params[0]), par(op.Params[1]), mean, spread)
	return nil
}

// statistics are a batch's mean and 1/√(σ² + ε), by which the running ones move.
func (bp *Blueprint) statistics(st *Step, op *tensor.Op, x dims) (mean, spread Ref) {
	if len(op.Out) > 1 {
		mean, spread = buf(op.Out[1]), buf(op.Out[2])
	} else {
		mean, spread = bp.scratch(4*int64(x.c)), bp.scratch(4*int64(x.c))
	}
	st.Changes = append(st.Changes, op.Params[2], op.Params[3])
	bp.reduce(st, reduction{
		name: "statistics", endName: "statistics", x: x, eps: op.Eps, momentum: op.Momentum,
		in: [Bindings]Ref{buf(op.In[0])}, out: [4]Ref{mean, spread, par(op.Params[2]), par(op.Params[3])},
	})
	return mean, spread
}

func normGrad(bp *Blueprint, st *Step, op *tensor.Op) error {
	bp.normGradient(st, op, op, Ref{})
	return nil
}

// normGradient is a batch norm's gradient, through the ReLU behind it if that is the
// head.
func (bp *Blueprint) normGradient(st *Step, head, op *tensor.Op, relu Ref) {
	x, dy := buf(op.In[0]), buf(head.In[1])
	flags := uint32(0)
	if relu.Kind != Absent {
		flags = 1
	}
	d := bp.dims(op.In[0])
	name, eps := "norm_grad", -1.0 // the spread is 1/√(σ² + ε) already
	var mean, spread, part Ref
	if op.Train {
		mean, spread = buf(op.In[2]), buf(op.In[3])
	} else {
		name, eps = "norm_grad_eval", op.Eps
		mean, spread = par(op.Params[1]), par(op.Params[2])
	}
	if op.Train || len(op.Out) > 1 {
		r := reduction{
			name: "gradient", endName: "gradient", x: d, flags: flags, eps: eps,
			in: [Bindings]Ref{0: x, 1: dy, 3: relu, 4: mean, 5: spread},
		}
		if len(op.Out) > 1 {
			r.endFlags = 2
			r.out = [4]Ref{buf(op.Out[1]), buf(op.Out[2])}
		}
		part = bp.reduce(st, r)
	}
	args := mapArgs{flags: flags, f: eps, g: 1 / float64(d.n*d.plane())}
	st.mapping(name, args, d, x, dy, buf(op.Out[0]), relu, par(op.Params[0]), Ref{}, mean, spread, part)
}

// probe is a sum over all elements, or over each channel's.
func probe(bp *Blueprint, st *Step, op *tensor.Op) error {
	x := bp.dims(op.In[0])
	r := reduction{
		name: "norms", endName: "norms", x: dims{1, 1, 1, x.elems()},
		in: [Bindings]Ref{buf(op.In[0]), buf(op.In[0])}, out: [4]Ref{buf(op.Out[len(op.Out)-1])},
	}
	switch op.Kind {
	case tensor.Moments:
		r.name, r.endName = "statistics", "moments"
	case tensor.Join:
		r.in[1], r.endFlags = buf(op.In[1]), 1
		st.mapping("add", mapArgs{}, x, buf(op.In[0]), buf(op.In[1]), buf(op.Out[0]))
	case tensor.Conv2dGradBias, tensor.LinearGradBias:
		r.name, r.endName, r.x = "total", "total", x
	}
	bp.reduce(st, r)
	return nil
}
