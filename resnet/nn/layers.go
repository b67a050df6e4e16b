package nn

import (
	"fmt"
	"strconv"

	"resnet-tui/tensor"
)

// Conv describes a convolution: a K×K window, padded by K/2 so that only the
// stride changes the size.
type Conv struct {
	Out, K, Stride int
	Groups         int // 0 means 1
	Bias           bool
}

// Conv2d adds a convolution.
func (b *Builder) Conv2d(x Value, name string, c Conv) Value {
	groups := max(c.Groups, 1)
	w := tensor.Square(c.K, c.Stride, c.K/2)
	oh, ow := w.Out(x.Shape[2], x.Shape[3])
	weight := tensor.Shape{c.Out, x.Shape[1] / groups, c.K, c.K}
	params := []tensor.Param{{Name: "weight", Shape: weight, Role: tensor.Weight}}
	if c.Bias {
		params = append(params, tensor.Param{Name: "bias", Shape: tensor.Shape{c.Out}, Role: tensor.Bias})
	}
	desc := fmt.Sprintf("%d→%d, %d×%d", x.Shape[1], c.Out, c.K, c.K)
	return b.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.Conv2d, Window: w, Groups: groups}, params: params,
		out: tensor.Shape{x.Shape[0], c.Out, oh, ow}, reach: c.K, stride: c.Stride,
		desc: desc + unlessOne(", stride ", c.Stride) + unlessOne(", groups ", groups),
	}, x)
}

// BatchNorm2d adds a batch normalisation per channel (Ioffe and Szegedy 2015,
// arXiv 1502.03167).
func (b *Builder) BatchNorm2d(x Value, name string, eps float64) Value {
	c := tensor.Shape{x.Shape[1]}
	return b.elementwise(x, name, tensor.Op{Kind: tensor.BatchNorm2d, Eps: eps}, strconv.Itoa(c[0])+" channels",
		tensor.Param{Name: "weight", Shape: c, Role: tensor.Gamma},
		tensor.Param{Name: "bias", Shape: c, Role: tensor.Beta},
		tensor.Param{Name: "running_mean", Shape: c, Role: tensor.RunningMean},
		tensor.Param{Name: "running_var", Shape: c, Role: tensor.RunningVar})
}

// ReLU adds max(x, 0). Like every layer without parameters, a ReLU of the same
// name in the same module is another call of that module.
func (b *Builder) ReLU(x Value, name string) Value {
	return b.elementwise(x, name, tensor.Op{Kind: tensor.ReLU}, "")
}

// Dropout adds a dropout: in train mode, elements become 0 with probability p and
// are scaled by 1/(1−p) otherwise.
func (b *Builder) Dropout(x Value, name string, p float64) Value {
	return b.elementwise(x, name, tensor.Op{Kind: tensor.Dropout, Eps: p}, fmt.Sprint("p ", p))
}

// elementwise adds an operation that works element by element.
func (b *Builder) elementwise(x Value, name string, op tensor.Op, desc string, params ...tensor.Param) Value {
	return b.add(layerSpec{name: name, op: op, out: x.Shape, params: params, reach: 1, stride: 1, desc: desc}, x)
}

// MaxPool2d adds a max pool of k×k, padded by (k−1)/2. With padZero the padding
// is zeros that take part in the maximum, as in Keras's explicit padding.
func (b *Builder) MaxPool2d(x Value, name string, k, stride int, padZero bool) Value {
	w := tensor.Square(k, stride, (k-1)/2)
	oh, ow := w.Out(x.Shape[2], x.Shape[3])
	return b.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.MaxPool2d, Window: w, PadZero: padZero && w.Top > 0},
		out: tensor.Shape{x.Shape[0], x.Shape[1], oh, ow}, reach: k, stride: stride,
		desc: fmt.Sprintf("%d×%d", k, k) + unlessOne(", stride ", stride),
	}, x)
}

// AvgPool2d adds an average pool of k×k. A last window that doesn't fit is cut, not
// left out, and averages what it has: PyTorch's ceil_mode.
func (b *Builder) AvgPool2d(x Value, name string, k, stride int) Value {
	rest := func(n int) int { return max(k-n, 0) + (stride-max(n-k, 0)%stride)%stride }
	w := tensor.Window{KH: k, KW: k, SH: stride, SW: stride, Bottom: rest(x.Shape[2]), Right: rest(x.Shape[3])}
	oh, ow := w.Out(x.Shape[2], x.Shape[3])
	return b.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.AvgPool2d, Window: w},
		out: tensor.Shape{x.Shape[0], x.Shape[1], oh, ow}, reach: k, stride: stride,
		desc: fmt.Sprintf("%d×%d", k, k) + unlessOne(", stride ", stride),
	}, x)
}

// AdaptiveAvgPool2d adds an average pool to size×size. Its windows grow with the
// image, and with them its receptive field and stride.
func (b *Builder) AdaptiveAvgPool2d(x Value, name string, size int) Value {
	extent := max(x.Shape[2], x.Shape[3])
	return b.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.AdaptiveAvgPool2d},
		out:   tensor.Shape{x.Shape[0], x.Shape[1], size, size},
		reach: (extent + size - 1) / size, stride: max(extent/size, 1),
		desc: fmt.Sprintf("to %d×%d", size, size),
	}, x)
}

// Pad adds option A's skip (He et al. 2015, section 4.1): x subsampled by the
// stride, with that many zero channels before and after its own.
func (b *Builder) Pad(x Value, name string, before, after, stride int) Value {
	w := tensor.Window{SH: stride, SW: stride}
	height, width := (x.Shape[2]-1)/stride+1, (x.Shape[3]-1)/stride+1
	out := x.Shape[1] + before + after
	return b.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.Pad, Window: w, PadBefore: before, PadAfter: after},
		out: tensor.Shape{x.Shape[0], out, height, width}, reach: 1, stride: stride,
		desc: fmt.Sprintf("%d→%d", x.Shape[1], out) + unlessOne(", stride ", stride),
	}, x)
}

// Flatten turns each image into one row of features.
func (b *Builder) Flatten(x Value, name string) Value {
	features := tensor.Shape(x.Shape[1:]).Elems()
	return b.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.Flatten},
		out: tensor.Shape{x.Shape[0], features}, reach: 1, stride: 1,
	}, x)
}

// Linear adds a fully connected layer with a bias.
func (b *Builder) Linear(x Value, name string, out int) Value {
	in := x.Shape[1]
	return b.add(layerSpec{
		name: name, op: tensor.Op{Kind: tensor.Linear}, out: tensor.Shape{x.Shape[0], out}, reach: 1, stride: 1,
		params: []tensor.Param{
			{Name: "weight", Shape: tensor.Shape{out, in}, Role: tensor.Weight},
			{Name: "bias", Shape: tensor.Shape{out}, Role: tensor.Bias},
		},
		desc: fmt.Sprintf("%d→%d", in, out),
	}, x)
}

// addition adds α·branch + skip; scaled names the scalar input α, "" for 1.
func (b *Builder) addition(branch, skip Value, scaled string) Value {
	return b.add(layerSpec{
		name: "add", op: tensor.Op{Kind: tensor.Add}, out: branch.Shape, reach: 1, stride: 1, scaled: scaled,
	}, branch, skip)
}

// scale adds a multiplication by the scalar input of that name.
func (b *Builder) scale(x Value, scaled string) Value {
	return b.add(layerSpec{
		name: "scale", op: tensor.Op{Kind: tensor.Scale}, out: x.Shape, reach: 1, stride: 1, scaled: scaled,
	}, x)
}

// unlessOne is a part of a description that goes without saying if v is 1.
func unlessOne(label string, v int) string {
	if v == 1 {
		return ""
	}
	return label + strconv.Itoa(v)
}
