package onnxcases

import (
	"slices"

	"resnet-tui/tensor"
)

// axis is a window along one dimension.
type axis struct{ kernel, stride, before, after int }

// window reads the geometry of a convolution or pool over rows or images.
func (b *builder) window(kernel []int) (tensor.Window, error) {
	if len(kernel) < 1 || len(kernel) > 2 {
		return tensor.Window{}, unfit("neither over rows nor over images")
	}
	if slices.ContainsFunc(b.node.list["dilations"], func(d int) bool { return d != 1 }) {
		return tensor.Window{}, unfit("dilated")
	}
	axes := []axis{{1, 1, 0, 0}, {1, 1, 0, 0}}
	for i := range kernel {
		axes[2-len(kernel)+i] = b.axis(kernel, i)
	}
	y, x := axes[0], axes[1]
	return tensor.Window{KH: y.kernel, KW: x.kernel, SH: y.stride, SW: x.stride,
		Top: y.before, Left: x.before, Bottom: y.after, Right: x.after}, nil
}

// axis resolves strides, padding, auto_pad and ceil_mode of dimension i.
func (b *builder) axis(kernel []int, i int) axis {
	a := axis{kernel: kernel[i], stride: 1}
	if s := b.node.list["strides"]; len(s) > i {
		a.stride = s[i]
	}
	if p := b.node.list["pads"]; len(p) == 2*len(kernel) {
		a.before, a.after = p[i], p[len(kernel)+i]
	}
	in, out := b.operands[0].shape[2+i], b.outputs[0].shape[2+i]
	missing := (out-1)*a.stride + a.kernel - in
	switch auto := b.node.text["auto_pad"]; {
	case auto == "SAME_UPPER":
		a.before, a.after = missing/2, missing-missing/2
	case auto == "SAME_LOWER":
		a.before, a.after = missing-missing/2, missing/2
	case b.node.integer["ceil_mode"] == 1:
		a.after = max(a.after, missing-a.before)
	}
	return a
}
