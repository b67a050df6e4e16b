package selfcheck

import "resnet-tui/tensor"

// window is a geometry that overlaps each edge by another amount.
var window = tensor.Window{KH: 3, KW: 2, SH: 2, SW: 1, Top: 1, Left: 0, Bottom: 2, Right: 1}

// A product is a convolution of images n×c×h×w to k channels by window. One of them
//   - has groups;
//   - has more rows and columns than the largest tile, and no whole number of them;
//   - has a sum so long that it is cut into slices, forward and to the operand;
//   - has so many pixels that the sum for the weights is.
var products = []struct{ n, c, h, w, k, groups int }{
	{3, 6, 9, 5, 4, 2},
	{2, 5, 18, 9, 131, 1},
	{1, 97, 9, 3, 131, 1},
	{2, 3, 37, 19, 5, 1},
}

// forwardProducts adds convolutions and a linear layer, by themselves and with a tail.
func (b *builder) forwardProducts(few bool) {
	for _, p := range products {
		for _, tail := range []bool{false, true} {
			oh, ow := window.Out(p.h, p.w)
			op := plain(tensor.Conv2d)
			op.Window, op.Groups = window, p.groups
			op.Params = []tensor.ParamID{b.param(tensor.Weight, p.k, p.c/p.groups, window.KH, window.KW), b.param(tensor.Bias, p.k)}
			y := b.unary(op, b.input(p.n, p.c, p.h, p.w), p.n, p.k, oh, ow)
			if tail {
				b.tail(b.follow(y, b.norm(p.k, false)))
			}
		}
	}
	if few {
		return
	}
	op := plain(tensor.Linear)
	op.Params = []tensor.ParamID{b.param(tensor.Weight, 11, 37), b.param(tensor.Bias, 11)}
	b.unary(op, b.input(3, 37), 3, 11)
}

// backwardProducts adds the gradients of these.
func (b *builder) backwardProducts(few bool) {
	for _, p := range products {
		oh, ow := window.Out(p.h, p.w)
		op := back(tensor.Conv2dGradInput)
		op.Window, op.Groups = window, p.groups
		op.Params = []tensor.ParamID{b.param(tensor.Weight, p.k, p.c/p.groups, window.KH, window.KW)}
		b.unary(op, b.input(p.n, p.k, oh, ow), p.n, p.c, p.h, p.w)
		op.Kind, op.Params = tensor.Conv2dGradWeight, nil
		b.add(op, []tensor.BufferID{b.input(p.n, p.c, p.h, p.w), b.input(p.n, p.k, oh, ow)},
			tensor.Shape{p.k, p.c / p.groups, window.KH, window.KW})
	}
	if few {
		return
	}
	op := back(tensor.LinearGradInput)
	op.Params = []tensor.ParamID{b.param(tensor.Weight, 11, 37)}
	b.unary(op, b.input(3, 11), 3, 37)
	b.add(back(tensor.LinearGradWeight), []tensor.BufferID{b.input(3, 37), b.input(3, 11)}, tensor.Shape{11, 37})
}

// image is the shape of what maps, norms and pools are checked on: more pixels than a
// workgroup has threads, no multiple of them, and enough for a sum to be cut.
var image = []int{2, 3, 37, 31}

// forwardRest adds everything else of the forward pass.
func (b *builder) forwardRest() {
	b.unary(plain(tensor.ReLU), b.input(image...), image...)
	scaled := plain(tensor.Add)
	scaled.Scalar = factor
	y := b.add(scaled, []tensor.BufferID{b.input(image...), b.input(image...)}, image)[0]
	b.follow(y, plain(tensor.ReLU))
	b.tail(b.unary(b.norm(image[1], false), b.input(image...), image...))
	b.tail(b.unary(b.norm(image[1], true), b.input(image...), image...))
	twice := b.unary(b.norm(image[1], true), b.input(image...), image...)
	b.tail(b.follow(twice, b.norm(image[1], false)))
	b.add(b.norm(image[1], true), []tensor.BufferID{b.input(image...)}, image, image[1:2], image[1:2])
	mask := tensor.Op{Kind: tensor.Dropout, Train: true, Eps: 0.3, Scalar: seed}
	b.unary(mask, b.input(image...), image...)
	scale := plain(tensor.Scale)
	scale.Scalar = factor
	b.unary(scale, b.input(image...), image...)
	b.unary(plain(tensor.Flatten), b.input(2, 3, 5, 7), 2, 105)
	b.unary(plain(tensor.Moments), b.input(image...), 2)
	b.unary(plain(tensor.Norm), b.input(image...), 1)
	b.histograms()
	pad := plain(tensor.Pad)
	pad.SH, pad.SW, pad.PadBefore, pad.PadAfter = 2, 2, 1, 3
	b.unary(pad, b.input(image...), 2, 7, 19, 16)
	b.pools(false)
	loss := plain(tensor.CrossEntropy)
	loss.Eps = 0.1
	b.add(loss, []tensor.BufferID{b.input(5, 263), b.buffer(tensor.Input, classes, 5)}, tensor.Shape{1}, tensor.Shape{5, 263})
}

// histograms adds those of an operand and of a parameter, with all that they can have.
func (b *builder) histograms() {
	results := func(channels int) []tensor.Shape {
		return []tensor.Shape{{2, tensor.HistogramCounts}, {tensor.HistogramFigures}, {tensor.HistogramRows, channels}}
	}
	op := plain(tensor.Histogram)
	op.Axis = 1
	b.add(op, []tensor.BufferID{b.input(image...)}, results(image[1])...)
	op.Axis, op.Params = 0, []tensor.ParamID{b.param(tensor.Weight, 7, 5, 3, 3)}
	b.add(op, nil, results(7)...)
}

// pools adds pools over operands with equal values, or their gradients.
func (b *builder) pools(gradients bool) {
	s := tensor.Shape{2, 3, 11, 14}
	oh, ow := window.Out(s[2], s[3])
	for _, zero := range []bool{false, true} {
		op := plain(tensor.MaxPool2d)
		op.Window, op.PadZero = window, zero
		x := []tensor.BufferID{b.buffer(tensor.Input, stepped, s...)}
		if !gradients {
			b.add(op, x, tensor.Shape{2, 3, oh, ow})
			continue
		}
		op.Kind, op.Pass = tensor.MaxPool2dGrad, tensor.Backward
		b.add(op, append(x, b.input(2, 3, oh, ow)), s)
	}
	average, adaptive := plain(tensor.AvgPool2d), plain(tensor.AdaptiveAvgPool2d)
	average.Window = window
	if !gradients {
		b.unary(average, b.input(s...), 2, 3, oh, ow)
		b.unary(adaptive, b.input(s...), 2, 3, 4, 3)
		return
	}
	average.Kind, average.Pass = tensor.AvgPool2dGrad, tensor.Backward
	b.unary(average, b.input(2, 3, oh, ow), s...)
	b.unary(back(tensor.AdaptiveAvgPool2dGrad), b.input(2, 3, 4, 3), s...)
}

// backwardRest adds everything else of the backward pass.
func (b *builder) backwardRest() {
	pair := func() []tensor.BufferID { return []tensor.BufferID{b.input(image...), b.input(image...)} }
	b.add(back(tensor.ReLUGrad), pair(), image)
	c := image[1:2]
	for _, train := range []bool{true, false} {
		for _, behind := range []bool{true, false} { // a ReLU
			in := pair()
			if behind {
				dy := b.add(back(tensor.ReLUGrad), pair(), image)[0]
				b.Buffers[dy].Class, in[1] = tensor.Scratch, dy
			}
			op := back(tensor.BatchNorm2dGrad)
			op.Train, op.Eps = train, 1e-3
			op.Params = []tensor.ParamID{b.param(tensor.Gamma, c...)}
			if train {
				in = append(in, b.input(c...), b.buffer(tensor.Input, positive, c...))
			} else {
				op.Params = append(op.Params, b.param(tensor.RunningMean, c...), b.param(tensor.RunningVar, c...))
			}
			b.add(op, in, image, c, c)
		}
	}
	alone := back(tensor.BatchNorm2dGrad)
	alone.Eps = 1e-3
	alone.Params = []tensor.ParamID{b.param(tensor.Gamma, c...), b.param(tensor.RunningMean, c...), b.param(tensor.RunningVar, c...)}
	b.add(alone, pair(), image)
	b.unary(back(tensor.Conv2dGradBias), b.input(image...), c...)
	b.add(back(tensor.Join), pair(), image, tensor.Shape{4})
	pad := back(tensor.PadGrad)
	pad.SH, pad.SW, pad.PadBefore, pad.PadAfter = 2, 2, 1, 3
	b.unary(pad, b.input(2, 7, 19, 16), image...)
	b.pools(true)
	loss := back(tensor.CrossEntropyGrad)
	loss.Eps = 0.1
	b.add(loss, []tensor.BufferID{b.input(5, 263), b.buffer(tensor.Input, classes, 5)}, tensor.Shape{5, 263})
}

// updates adds steps of SGD: without momentum, with it, and Nesterov's.
func (b *builder) updates() {
	for i := range 3 {
		op := tensor.Op{Kind: tensor.SGD, Pass: tensor.Update, Decay: 0.25, Scalar: rate}
		op.Params = []tensor.ParamID{b.param(tensor.Weight, 7, 5, 3, 3)}
		if i > 0 {
			op.Momentum, op.Nesterov = 0.75, i == 2
			op.Params = append(op.Params, b.param(tensor.Slot, 7, 5, 3, 3))
		}
		b.add(op, []tensor.BufferID{b.input(7, 5, 3, 3)})
	}
}

// plan is all cases, or those of products alone, which come in several precisions and for
// which there are several kernels. Few leaves out what takes a device that compiles slowly
// more than a second, and shows little: products with other windows.
func plan(few, all bool) *tensor.Plan {
	b := newBuilder()
	b.forwardProducts(few)
	if all {
		b.forwardRest()
	}
	b.backwardProducts(few)
	if all {
		b.backwardRest()
		b.updates()
	}
	return &b.Plan
}
