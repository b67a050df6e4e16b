package gpu

import (
	"math"

	"resnet-tui/tensor"
)

// mapArgs are the arguments of map.comp after its extents.
type mapArgs struct {
	flags, word uint32
	f, g        float64
	rest        []uint32
}

// mapping adds a kernel of map.comp over a tensor: operands x and y, result d, and a
// third operand and vectors by channel where it has them.
func (st *Step) mapping(name string, args mapArgs, over_ dims, x, y, d Ref, more ...Ref) {
	k := Kernel{Name: "map_" + name, Groups: over(over_.elems())}
	k.read(0, x)
	k.read(1, y)
	k.write(2, d)
	for i, r := range more {
		k.read(3+i, r)
	}
	k.read(9, Ref{Kind: Uniform})
	k.Push = append(u32(over_.elems(), over_.c, over_.plane()), args.flags, args.word, f32(args.f), f32(args.g))
	k.Push = append(k.Push, args.rest...)
	st.FLOPs += int64(over_.elems())
	st.add(k)
}

func relu(bp *Blueprint, st *Step, op *tensor.Op) error {
	st.mapping("relu", mapArgs{}, bp.dims(op.In[0]), buf(op.In[0]), Ref{}, buf(op.Out[0]))
	return nil
}

func reluGrad(bp *Blueprint, st *Step, op *tensor.Op) error {
	if len(st.Group.Absorbed) > 0 {
		bp.normGradient(st, op, &bp.Plan.Ops[st.Group.Absorbed[0]], buf(op.In[0]))
		return nil
	}
	st.mapping("relu_grad", mapArgs{}, bp.dims(op.In[0]), buf(op.In[0]), buf(op.In[1]), buf(op.Out[0]))
	return nil
}

func add(bp *Blueprint, st *Step, op *tensor.Op) error {
	args := mapArgs{}
	if op.Scalar != tensor.NoScalar {
		args.flags, args.word = 1, uint32(op.Scalar)
	}
	if len(st.Group.Absorbed) > 0 {
		args.flags |= 2
	}
	st.mapping("add", args, bp.dims(op.In[0]), buf(op.In[0]), buf(op.In[1]), bp.result(st))
	return nil
}

func scale(bp *Blueprint, st *Step, op *tensor.Op) error {
	st.mapping("copy", mapArgs{flags: 1, word: uint32(op.Scalar)}, bp.dims(op.In[0]), buf(op.In[0]), Ref{}, buf(op.Out[0]))
	return nil
}

func flatten(bp *Blueprint, st *Step, op *tensor.Op) error {
	st.mapping("copy", mapArgs{}, bp.dims(op.In[0]), buf(op.In[0]), Ref{}, buf(op.Out[0]))
	st.FLOPs = 0
	return nil
}

// pad is the shortcut of option A, or its gradient.
func pad(bp *Blueprint, st *Step, op *tensor.Op) error {
	x, y := bp.dims(op.In[0]), bp.dims(op.Out[0])
	name, over := "pad", y
	if op.Kind == tensor.PadGrad {
		name, x, y, over = "pad_grad", y, x, y
	}
	args := mapArgs{rest: u32(x.h, x.w, y.h, y.w, op.SH, op.SW, op.PadBefore, y.c)}
	st.mapping(name, args, over, buf(op.In[0]), Ref{}, buf(op.Out[0]))
	st.Kernels[0].Push[1], st.Kernels[0].Push[2] = uint32(x.c), uint32(x.plane())
	st.FLOPs = 0
	return nil
}

// dropout is a mask on the elements, or nothing in eval mode. The mask's key depends
// on a scalar: RunWords puts it behind the scalars.
func dropout(bp *Blueprint, st *Step, op *tensor.Op) error {
	x := bp.dims(op.In[0])
	if !op.Train {
		st.mapping("copy", mapArgs{}, x, buf(op.In[0]), Ref{}, buf(op.Out[0]))
		return nil
	}
	// A 53-bit number below bar drops the element: Uniform(i) < p.
	bar := uint64(math.Ceil(op.Eps * (1 << 53)))
	args := mapArgs{word: uint32(bp.Words), f: 1 / (1 - op.Eps), rest: []uint32{uint32(bar), uint32(bar >> 32)}}
	bp.Words += 2
	bp.masks = append(bp.masks, op)
	st.mapping("dropout", args, x, buf(op.In[0]), Ref{}, buf(op.Out[0]))
	return nil
}

// RunWords fills the uniform memory of a run: its scalars, and the keys of dropouts.
func (bp *Blueprint) RunWords(words []uint32, scalars []float32) {
	for i, v := range scalars {
		words[i] = math.Float32bits(v)
	}
	for i, op := range bp.masks {
		key := uint64(tensor.DropoutStream(scalars[op.Scalar], op.Path))
		at := len(scalars) + 2*i
		words[at], words[at+1] = uint32(key), uint32(key>>32)
	}
}

// update is a step of SGD.
func update(bp *Blueprint, st *Step, op *tensor.Op) error {
	args := mapArgs{word: uint32(op.Scalar), f: op.Momentum, g: op.Decay}
	slot := Ref{}
	if len(op.Params) > 1 {
		args.flags, slot = 1, par(op.Params[1])
		if op.Nesterov {
			args.flags = 3
		}
	}
	st.Changes = op.Params
	g := bp.dims(op.In[0])
	st.mapping("update", args, g, buf(op.In[0]), Ref{}, par(op.Params[0]))
	st.Kernels[0].write(1, slot)
	st.FLOPs = 6 * int64(g.elems())
	return nil
}
