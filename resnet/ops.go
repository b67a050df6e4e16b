package resnet

import (
	"fmt"
	"strings"

	"resnet-tui/tensor"
)

// convSpec is a convolution to be added: a k×k window, padded to keep the size but
// for the stride.
type convSpec struct {
	out, k, stride int
	groups         int  // 0 means 1
	bare           bool // no normalisation follows it
}

// conv adds a convolution. It has a bias where the net's makers gave it one:
// VGG's have, Keras's v1 nets' and its bare ones in v2, and all convolutions
// of a net without normalisation.
func (n *net) conv(x value, name string, c convSpec) value {
	groups := max(c.groups, 1)
	w := tensor.Square(c.k, c.stride, c.k/2)
	oh, ow := w.Out(x.shape[2], x.shape[3])
	params := []tensor.Param{{Name: "weight", Shape: tensor.Shape{c.out, x.shape[1] / groups, c.k, c.k}, Role: tensor.Weight}}
	cfg := n.Config
	if cfg.Family == VGG || cfg.Norm == NormNone || cfg.Keras && (cfg.Variant == V1 || c.bare) {
		params = append(params, tensor.Param{Name: "bias", Shape: tensor.Shape{c.out}, Role: tensor.Bias})
	}
	return n.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.Conv2d, Window: w, Groups: groups}, params: params,
		out: tensor.Shape{x.shape[0], c.out, oh, ow}, reach: c.k, step: c.stride,
		desc: fmt.Sprintf("%d→%d, %d×%d", x.shape[1], c.out, c.k, c.k) + unlessOne(", stride ", c.stride) + unlessOne(", groups ", groups),
	}, x)
}

// norm adds a batch normalisation, or nothing in a net without.
func (n *net) norm(x value, name string) value {
	if n.Config.Norm == NormNone {
		return x
	}
	eps := 1e-5
	if n.Config.Keras {
		eps = 1.001e-5
	}
	c := tensor.Shape{x.shape[1]}
	return n.same(x, name, tensor.Op{Kind: tensor.BatchNorm2d, Eps: eps}, fmt.Sprintf("%d channels", c[0]),
		tensor.Param{Name: "weight", Shape: c, Role: tensor.Gamma},
		tensor.Param{Name: "bias", Shape: c, Role: tensor.Beta},
		tensor.Param{Name: "running_mean", Shape: c, Role: tensor.RunningMean},
		tensor.Param{Name: "running_var", Shape: c, Role: tensor.RunningVar})
}

// relu adds a call of the module "relu".
func (n *net) relu(x value) value { return n.same(x, "relu", tensor.Op{Kind: tensor.ReLU}, "") }

// same adds an operation that works element by element.
func (n *net) same(x value, name string, op tensor.Op, desc string, params ...tensor.Param) value {
	return n.add(layerSpec{name: name, op: op, out: x.shape, params: params, reach: 1, step: 1, desc: desc}, x)
}

// maxPool adds a max pool of k×k. Keras pads it with zeros, explicitly.
func (n *net) maxPool(x value, name string, k, stride int) value {
	w := tensor.Square(k, stride, (k-1)/2)
	oh, ow := w.Out(x.shape[2], x.shape[3])
	return n.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.MaxPool2d, Window: w, PadZero: n.Config.Keras && w.Top > 0},
		out: tensor.Shape{x.shape[0], x.shape[1], oh, ow}, reach: k, step: stride,
		desc: fmt.Sprintf("%d×%d", k, k) + unlessOne(", stride ", stride),
	}, x)
}

// avgPool adds an adaptive average pool to size×size. Its windows grow with
// the image, and so do its receptive field and stride.
func (n *net) avgPool(x value, size int) value {
	extent := max(x.shape[2], x.shape[3])
	return n.add(layerSpec{
		name: "avgpool", op: tensor.Op{Kind: tensor.AdaptiveAvgPool2d},
		out: tensor.Shape{x.shape[0], x.shape[1], size, size}, reach: (extent + size - 1) / size, step: max(extent/size, 1),
		desc: fmt.Sprintf("to %d×%d", size, size),
	}, x)
}

// sum adds the skip to the branch.
func (n *net) sum(branch, skip value) value {
	return n.add(layerSpec{name: "add", op: tensor.Op{Kind: tensor.Add}, out: branch.shape, reach: 1, step: 1}, branch, skip)
}

// pad is the skip of option A: x subsampled, zero channels half before and
// half after.
func (n *net) pad(x value, out, stride int) value {
	before := (out - x.shape[1]) / 2
	after := out - x.shape[1] - before
	w := tensor.Window{SH: stride, SW: stride}
	h, wd := (x.shape[2]-1)/stride+1, (x.shape[3]-1)/stride+1
	return n.add(layerSpec{
		name: "pad", op: tensor.Op{Kind: tensor.Pad, Window: w, PadBefore: before, PadAfter: after},
		out: tensor.Shape{x.shape[0], out, h, wd}, reach: 1, step: stride,
		desc: fmt.Sprintf("%d→%d", x.shape[1], out) + unlessOne(", stride ", stride),
	}, x)
}

// flatten makes a row of features of each image.
func (n *net) flatten(x value) value {
	s := x.shape
	return n.add(layerSpec{
		name: "flatten", op: tensor.Op{Kind: tensor.Flatten},
		out: tensor.Shape{s[0], tensor.Shape(s[1:]).Elems()}, reach: 1, step: 1,
	}, x)
}

// linear adds a fully connected layer.
func (n *net) linear(x value, name string, out int) value {
	in := x.shape[1]
	return n.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.Linear}, out: tensor.Shape{x.shape[0], out}, reach: 1, step: 1,
		params: []tensor.Param{
			{Name: "weight", Shape: tensor.Shape{out, in}, Role: tensor.Weight},
			{Name: "bias", Shape: tensor.Shape{out}, Role: tensor.Bias},
		},
		desc: fmt.Sprintf("%d→%d", in, out),
	}, x)
}

func unlessOne(label string, v int) string {
	if v == 1 {
		return ""
	}
	return strings.TrimRight(fmt.Sprint(label, v), " ")
}
