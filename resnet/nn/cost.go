package nn

import (
	"fmt"
	"math/bits"

	"resnet-tui/tensor"
)

// Cost is what a layer or subtree holds and computes, in exact integers.
type Cost struct {
	Params  int64 // learnable elements
	Buffers int64 // elements of running statistics
	MACs    int64 // multiply-adds of convolutions and linear layers, per image
	// Operations are the arithmetic operations of every layer, per image: two per
	// multiply-add, one per bias, two per element of a batch norm in eval mode,
	// one per element of a ReLU, an addition or a scaling, k²−1 comparisons per
	// result of a max pool, one per operand of an average. They are not FLOPs, which
	// are two per multiply-add and nothing else; the conventions of other tools are
	// in Counts.
	Operations int64

	// Bytes of the whole batch, for each layer run alone: a device that fuses
	// layers moves fewer. Layers that need not move anything (flattening, dropout
	// in eval mode) have none.
	ReadBytes       int64 // operands and parameters
	WriteBytes      int64 // results
	ActivationBytes int64 // results, as a backward pass would keep them
}

// FLOPs returns the floating-point operations per image: two per multiply-add.
func (c *Cost) FLOPs() int64 { return 2 * c.MACs }

// Add adds another cost.
func (c *Cost) Add(o Cost) {
	c.Params += o.Params
	c.Buffers += o.Buffers
	c.MACs += o.MACs
	c.Operations += o.Operations
	c.ReadBytes += o.ReadBytes
	c.WriteBytes += o.WriteBytes
	c.ActivationBytes += o.ActivationBytes
}

// maxMACs bounds a net, so that no sum of costs overflows.
const maxMACs = 1 << 56

// addCost fills in a layer's cost.
func (b *Builder) addCost(l *Layer) {
	if b.err != nil {
		return
	}
	c := &l.Cost
	for _, id := range l.Params {
		p := b.model.Params[id]
		if p.Role.Learnable() {
			c.Params += int64(p.Shape.Elems())
		} else {
			c.Buffers += int64(p.Shape.Elems())
		}
	}
	macs, ok := b.countMACs(l)
	if !ok || macs > maxMACs-b.macs {
		b.err = fmt.Errorf("%s needs more multiply-adds per image than can be counted: "+
			"use a smaller image or fewer channels", l.Path)
		return
	}
	b.macs += macs
	c.MACs = macs
	c.Operations = operations(l, macs)
	l.countBytes(b.model.Params)
}

// countBytes fills in the bytes of a layer's cost, which depend on the batch.
func (l *Layer) countBytes(params []tensor.Param) {
	c := &l.Cost
	c.ActivationBytes = activationBytes(l.Out)
	switch l.Kind {
	case tensor.Flatten:
		c.ActivationBytes = 0 // the same memory
	case tensor.Dropout:
	default:
		c.ReadBytes = int64(len(l.Inputs)) * activationBytes(l.In)
		for _, id := range l.Params {
			c.ReadBytes += params[id].Bytes()
		}
		c.WriteBytes = c.ActivationBytes
	}
}

// activationType is the type of the images, of what layers compute, and of
// gradients.
const activationType = tensor.Float32

func activationBytes(s tensor.Shape) int64 { return activationType.Bytes(s) }

// countMACs counts a layer's multiply-adds: each element of the result takes as
// many as a row of the weight has. It reports whether they can be counted.
func (b *Builder) countMACs(l *Layer) (int64, bool) {
	if l.Kind != tensor.Conv2d && l.Kind != tensor.Linear {
		return 0, true
	}
	row := tensor.Shape(b.model.Params[l.Params[0]].Shape[1:]).Elems()
	hi, lo := bits.Mul64(uint64(perImage(l.Out)), uint64(row))
	return int64(lo), hi == 0 && lo <= maxMACs
}

// perImage is the number of elements of one image of a batch.
func perImage(s tensor.Shape) int64 { return int64(s[1:].Elems()) }

// operations are a layer's operations on one image; see Cost.
func operations(l *Layer, macs int64) int64 {
	in, out := perImage(l.In), perImage(l.Out)
	switch l.Kind {
	case tensor.Conv2d, tensor.Linear:
		if len(l.Params) == 2 {
			return 2*macs + out
		}
		return 2 * macs
	case tensor.BatchNorm2d:
		return 2 * out
	case tensor.ReLU, tensor.Add, tensor.Scale:
		return out
	case tensor.MaxPool2d:
		return out * int64(l.Op.KH*l.Op.KW-1)
	case tensor.AvgPool2d, tensor.AdaptiveAvgPool2d:
		return in
	}
	return 0
}
