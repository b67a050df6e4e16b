package resnet

import (
	"fmt"
	"math/bits"

	"resnet-tui/tensor"
)

// Cost is what a layer or subtree holds and does: exact integers.
type Cost struct {
	Params  int64 // learnable elements
	Buffers int64 // elements of running statistics
	MACs    int64 // multiply-adds of convolutions and linear layers, per image
	// FLOPs are the arithmetic operations of every layer, per image: two a
	// multiply-add, one a bias, two an element of a batch norm in eval mode,
	// one an element of a ReLU or an addition, k²−1 comparisons a result of a
	// max pool, one an operand of an average. The conventions of other tools
	// are in Counts.
	FLOPs int64

	// Bytes of the whole batch, each layer by itself: a pass that
	// fuses layers moves fewer. What need not move anything (flattening,
	// dropout outside training) has none.
	ReadBytes       int64 // operands and parameters
	WriteBytes      int64 // results
	ActivationBytes int64 // results, as a backward pass would keep them
}

func (c *Cost) add(o Cost) {
	c.Params += o.Params
	c.Buffers += o.Buffers
	c.MACs += o.MACs
	c.FLOPs += o.FLOPs
	c.ReadBytes += o.ReadBytes
	c.WriteBytes += o.WriteBytes
	c.ActivationBytes += o.ActivationBytes
}

// maxMACs bounds a net, so that no sum of costs overflows.
const maxMACs = 1 << 56

// cost fills in a layer's cost.
func (n *net) cost(l *Layer, operands int) {
	if n.err != nil {
		return
	}
	c := &l.Cost
	for _, id := range l.Params {
		p := n.Params[id]
		if p.Role.Learnable() {
			c.Params += int64(p.Shape.Elems())
		} else {
			c.Buffers += int64(p.Shape.Elems())
		}
	}
	if macs, ok := n.macs(l); ok && macs <= maxMACs-n.total {
		c.MACs = macs
		n.total += macs
	} else {
		n.err = fmt.Errorf("%s needs more multiply-adds an image than can be counted: a smaller image, or fewer channels", l.Path)
		return
	}
	c.FLOPs = flops(l, c.MACs)
	c.ActivationBytes = activationBytes(l.Out)
	switch l.Kind {
	case tensor.Flatten:
		c.ActivationBytes = 0 // the same memory
	case tensor.Dropout:
	default:
		c.ReadBytes = int64(operands)*activationBytes(l.In) + n.paramBytes(l)
		c.WriteBytes = c.ActivationBytes
	}
}

// activationType is the type of the images, of what layers compute, and of
// gradients.
const activationType = tensor.Float32

func activationBytes(s tensor.Shape) int64 { return activationType.Bytes(s) }

// paramBytes is the size of a layer's parameters and running statistics.
func (n *net) paramBytes(l *Layer) (bytes int64) {
	for _, id := range l.Params {
		bytes += n.Params[id].Bytes()
	}
	return bytes
}

// macs are a layer's multiply-adds: each element of the result takes as many
// as a row of the weight has. It reports whether they can be counted.
func (n *net) macs(l *Layer) (int64, bool) {
	if l.Kind != tensor.Conv2d && l.Kind != tensor.Linear {
		return 0, true
	}
	row := tensor.Shape(n.Params[l.Params[0]].Shape[1:]).Elems()
	hi, lo := bits.Mul64(uint64(perImage(l.Out)), uint64(row))
	return int64(lo), hi == 0 && lo <= maxMACs
}

// perImage is the number of elements of one image of a batch.
func perImage(s tensor.Shape) int64 { return int64(s[1:].Elems()) }

// flops are a layer's operations on one image; see Cost.
func flops(l *Layer, macs int64) int64 {
	in, out := perImage(l.In), perImage(l.Out)
	switch l.Kind {
	case tensor.Conv2d, tensor.Linear:
		if len(l.Params) == 2 {
			return 2*macs + out
		}
		return 2 * macs
	case tensor.BatchNorm2d:
		return 2 * out
	case tensor.ReLU, tensor.Add:
		return out
	case tensor.MaxPool2d:
		return out * int64(l.op.KH*l.op.KW-1)
	case tensor.AdaptiveAvgPool2d:
		return in
	}
	return 0
}
