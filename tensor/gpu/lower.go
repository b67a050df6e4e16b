package gpu

import (
	"fmt"
	"math"

	"resnet-tui/tensor"
)

// lowering makes the kernels of a group, whose head is the operation.
type lowering func(bp *Blueprint, st *Step, op *tensor.Op) error

// lowerings is by the kind of the group's head.
var lowerings map[tensor.Kind]lowering

func init() {
	lowerings = map[tensor.Kind]lowering{
		tensor.Conv2d: product, tensor.Conv2dGradInput: product, tensor.Conv2dGradWeight: product,
		tensor.Linear: product, tensor.LinearGradInput: product, tensor.LinearGradWeight: product,
		tensor.Conv2dGradBias: probe, tensor.LinearGradBias: probe, tensor.Moments: probe, tensor.Norm: probe, tensor.Join: probe,
		tensor.Histogram:   histogram,
		tensor.BatchNorm2d: norm, tensor.BatchNorm2dGrad: normGrad,
		tensor.ReLU: relu, tensor.ReLUGrad: reluGrad, tensor.Add: add, tensor.Scale: scale,
		tensor.Flatten: flatten, tensor.Unflatten: flatten, tensor.Pad: pad, tensor.PadGrad: pad,
		tensor.Dropout: dropout, tensor.DropoutGrad: dropout,
		tensor.MaxPool2d: pool, tensor.AvgPool2d: pool, tensor.AdaptiveAvgPool2d: pool,
		tensor.MaxPool2dGrad: pool, tensor.AvgPool2dGrad: pool, tensor.AdaptiveAvgPool2dGrad: pool,
		tensor.CrossEntropy: loss, tensor.CrossEntropyGrad: loss, tensor.SGD: update,
	}
}

// maxElems is how many elements of a tensor kernels can count.
const maxElems = 1<<31 - 1

func (bp *Blueprint) lower(st *Step, op *tensor.Op) error {
	lower := lowerings[op.Kind]
	if lower == nil {
		return fmt.Errorf("no kernel computes it")
	}
	for _, b := range append(op.In, op.Out...) {
		if n := bp.Plan.Buffers[b].Shape.Elems(); n > maxElems {
			limit := min(4*maxElems, bp.traits.MaxTensor())
			return &tensor.TooLargeError{Device: bp.traits.Name, Tensor: bp.name(int(b)), Bytes: 4 * int64(n), Limit: limit}
		}
	}
	return lower(bp, st, op)
}

// buf names a buffer of the plan, par a parameter.
func buf(id tensor.BufferID) Ref { return Ref{Arena, int(id)} }
func par(id tensor.ParamID) Ref  { return Ref{Param, int(id)} }

// scratch adds memory that lives during one step.
func (bp *Blueprint) scratch(bytes int64) Ref {
	bp.sizes = append(bp.sizes, roundUp(bytes, bp.traits.Align))
	return Ref{Arena, len(bp.sizes) - 1}
}

// read and write give a kernel memory at a binding.
func (k *Kernel) read(binding int, r Ref) { k.Buffers[binding] = r }

func (k *Kernel) write(binding int, r Ref) {
	k.Buffers[binding] = r
	if r.Kind != Absent {
		k.Writes |= 1 << binding
	}
}

// add appends a kernel to a step.
func (st *Step) add(k Kernel) { st.Kernels = append(st.Kernels, k) }

// result is the buffer that a group writes.
func (bp *Blueprint) result(st *Step) Ref { return buf(bp.Plan.Ops[st.Group.Last()].Out[0]) }

// dims are the extents of images, or of rows of features.
type dims struct{ n, c, h, w int }

func dimsOf(s tensor.Shape) dims {
	d := [4]int{1, 1, 1, 1}
	copy(d[:], s)
	return dims{d[0], d[1], d[2], d[3]}
}

func (d dims) plane() int { return d.h * d.w }
func (d dims) elems() int { return d.n * d.c * d.plane() }

func (bp *Blueprint) dims(id tensor.BufferID) dims { return dimsOf(bp.Plan.Buffers[id].Shape) }

func f32(v float64) uint32 { return math.Float32bits(float32(v)) }

func u32(v ...int) []uint32 {
	u := make([]uint32, len(v))
	for i, x := range v {
		u[i] = uint32(int32(x))
	}
	return u
}

// maxSpread bounds the workgroups of kernels that go over elements: each takes
// several if there are very many.
const maxSpread = 1 << 15

// over is how many workgroups go over n elements.
func over(n int) int64 { return int64(min(ceil(n, Threads), maxSpread)) }
