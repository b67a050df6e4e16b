package tensor

import "math"

// call is one operation with its values, as far as it has them.
type call[T Real] struct {
	op    *Op
	x     [4]images[T] // operands
	y     [3]images[T] // results
	w     [4][]T       // parameters
	alpha T            // the scalar, or 1
}

// formula computes one operation.
type formula[T Real] func(c *call[T]) error

// formulas are those of all kinds. dy is the gradient of the loss by a forward
// operation's result, dx by its operand.
func formulas[T Real]() map[Kind]formula[T] {
	// never is a formula that can't fail.
	never := func(f func(c *call[T])) formula[T] {
		return func(c *call[T]) error { f(c); return nil }
	}
	return map[Kind]formula[T]{
		Conv2d:            never(func(c *call[T]) { conv2d(c.y[0], c.x[0], c.w[0], c.w[1], c.op) }),
		Linear:            never(func(c *call[T]) { linear(c.y[0], c.x[0], c.w[0], c.w[1]) }),
		BatchNorm2d:       never(norm[T]),
		ReLU:              never(func(c *call[T]) { relu(c.y[0], c.x[0]) }),
		Add:               never(func(c *call[T]) { add(c.y[0], c.x[0], c.x[1], c.alpha) }),
		Scale:             never(func(c *call[T]) { scale(c.y[0], c.x[0], c.alpha) }),
		MaxPool2d:         never(func(c *call[T]) { maxPool2d(c.y[0], c.x[0], c.op) }),
		AvgPool2d:         never(func(c *call[T]) { avgPool2d(c.y[0], c.x[0], imageWindows(c.x[0], c.y[0], c.op)) }),
		AdaptiveAvgPool2d: never(func(c *call[T]) { avgPool2d(c.y[0], c.x[0], adaptiveWindows(c.x[0], c.y[0])) }),
		Pad:               never(func(c *call[T]) { pad(c.y[0], c.x[0], c.op) }),
		Dropout:           never(dropout[T]),
		Flatten:           never(func(c *call[T]) { copy(c.y[0].data, c.x[0].data) }),
		Unflatten:         never(func(c *call[T]) { copy(c.y[0].data, c.x[0].data) }),
		Moments:           never(meanAndDeviation[T]),
		Histogram:         never(histogram[T]),
		Norm:              never(func(c *call[T]) { c.y[0].data[0] = T(math.Sqrt(inner(c.x[0], c.x[0]))) }),

		CrossEntropy:     func(c *call[T]) error { return crossEntropy(c.y[0], c.y[1], c.x[0], c.x[1], c.op.Eps) },
		CrossEntropyGrad: func(c *call[T]) error { return crossEntropyGrad(c.y[0], c.x[0], c.x[1], c.op.Eps) },

		Conv2dGradInput:       never(func(c *call[T]) { conv2dGradInput(c.y[0], c.x[0], c.w[0], c.op) }),
		Conv2dGradWeight:      never(func(c *call[T]) { conv2dGradWeight(c.y[0].data, c.x[0], c.x[1], c.op) }),
		Conv2dGradBias:        never(func(c *call[T]) { gradBias(c.y[0].data, c.x[0]) }),
		LinearGradInput:       never(func(c *call[T]) { linearGradInput(c.y[0], c.x[0], c.w[0]) }),
		LinearGradWeight:      never(func(c *call[T]) { linearGradWeight(c.y[0].data, c.x[0], c.x[1]) }),
		LinearGradBias:        never(func(c *call[T]) { gradBias(c.y[0].data, c.x[0]) }),
		BatchNorm2dGrad:       never(normGrad[T]),
		ReLUGrad:              never(func(c *call[T]) { reluGrad(c.y[0], c.x[0], c.x[1]) }),
		MaxPool2dGrad:         never(func(c *call[T]) { maxPool2dGrad(c.y[0], c.x[0], c.x[1], c.op) }),
		AvgPool2dGrad:         never(func(c *call[T]) { avgPool2dGrad(c.y[0], c.x[0], imageWindows(c.y[0], c.x[0], c.op)) }),
		AdaptiveAvgPool2dGrad: never(func(c *call[T]) { avgPool2dGrad(c.y[0], c.x[0], adaptiveWindows(c.y[0], c.x[0])) }),
		PadGrad:               never(func(c *call[T]) { padGrad(c.y[0], c.x[0], c.op) }),
		DropoutGrad:           never(dropout[T]),
		Join:                  never(func(c *call[T]) { join(c.y[0], c.y[1].data, c.x[0], c.x[1]) }),

		SGD: never(func(c *call[T]) { sgd(c.w[0], c.w[1], c.x[0].data, c.alpha, c.op) }),
	}
}

// norm is BatchNorm2d in either mode.
func norm[T Real](c *call[T]) {
	gamma, beta := c.w[0], c.w[1]
	mean, variance := c.w[2], c.w[3]
	if c.op.Train {
		mean, variance = batchStatistics(c.x[0])
		moveStatistics(c.w[2], c.w[3], mean, variance, c.x[0], c.op.Momentum)
		saveStatistics(c.y[1].data, c.y[2].data, mean, variance, c.op.Eps)
	}
	batchNorm2d(c.y[0], c.x[0], gamma, beta, mean, variance, c.op.Eps)
}

// normGrad is BatchNorm2dGrad. In train mode the batch's statistics were saved as
// mean and 1/√(σ²+ε); in eval mode they follow from the running ones.
func normGrad[T Real](c *call[T]) {
	if c.op.Train {
		batchNorm2dGrad(c.y, c.x[0], c.x[1], c.w[0], c.x[2].data, c.x[3].data, true)
		return
	}
	rstd := make([]T, len(c.w[2]))
	saveStatistics(nil, rstd, nil, c.w[2], c.op.Eps)
	batchNorm2dGrad(c.y, c.x[0], c.x[1], c.w[0], c.w[1], rstd, false)
}

// dropout is Dropout, or its gradient: the same mask.
func dropout[T Real](c *call[T]) {
	copy(c.y[0].data, c.x[0].data)
	if c.op.Train {
		drop(c.y[0], DropoutStream(float32(c.alpha), c.op.Path), c.op.Eps)
	}
}

// meanAndDeviation is Moments.
func meanAndDeviation[T Real](c *call[T]) {
	mean, std := moments(c.x[0])
	c.y[0].data[0] = T(mean)
	c.y[0].data[1] = T(std)
}
