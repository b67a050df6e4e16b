package tensortest

import "resnet-tui/tensor"

// net is a small net that ends in logits, in either mode of its norms.
type net struct {
	name  string
	build func(b *Builder, train bool, batch int) (logits tensor.BufferID)
}

// nets are one of each sort that the family has.
var nets = []net{
	{"mixed", mixedNet},
	{"basic", basicNet},
	{"bottleneck", bottleneckNet},
	{"pre-activation", preActivationNet},
	{"plain, dropout", plainNet},
	{"without norms", normlessNet},
}

// SmallNet is a residual net with a stem, a max pool, a projection, the
// shortcut of option A, groups and a bias. Two of them share their parameters'
// names, whatever the batch and the mode.
func SmallNet(train bool, batch int) (b *Builder, logits tensor.BufferID) {
	b = &Builder{}
	return b, mixedNet(b, train, batch)
}

// layer adds a convolution and a norm.
func (b *Builder) layer(x tensor.BufferID, k int, w tensor.Window, groups int, train bool) tensor.BufferID {
	return b.Norm(b.Conv(x, k, w, groups, false), train)
}

// join adds a branch to its skip, and a ReLU.
func (b *Builder) join(branch, skip tensor.BufferID) tensor.BufferID {
	return b.ReLU(b.Add(branch, skip, tensor.NoScalar))
}

// classify adds a global pool and a classifier.
func (b *Builder) classify(x tensor.BufferID, classes int) tensor.BufferID {
	return b.Linear(b.Flatten(b.AvgPool(x, 1, 1)), classes, true)
}

func mixedNet(b *Builder, train bool, batch int) tensor.BufferID {
	x := b.ReLU(b.layer(b.Input(batch, 3, 21, 19), 20, tensor.Square(5, 2, 2), 1, train))
	x = b.MaxPool(x, tensor.Square(3, 2, 1), false)
	x = b.join(b.layer(b.ReLU(b.layer(x, 20, three, 1, train)), 20, three, 1, train), x)
	branch := b.layer(b.ReLU(b.layer(x, 40, tensor.Square(3, 2, 1), 4, train)), 48, tensor.Square(1, 1, 0), 1, train)
	x = b.join(branch, b.layer(x, 48, tensor.Square(1, 2, 0), 1, train))
	x = b.join(b.Conv(x, 64, tensor.Square(3, 2, 1), 1, true), b.Pad(x, 2, 8, 8))
	return b.classify(x, 7)
}

// basicNet has blocks of two 3×3 convolutions, as ResNet-18.
func basicNet(b *Builder, train bool, batch int) tensor.BufferID {
	x := b.ReLU(b.layer(b.Input(batch, 3, 12, 13), 16, three, 1, train))
	x = b.join(b.layer(b.ReLU(b.layer(x, 16, three, 1, train)), 16, three, 1, train), x)
	branch := b.layer(b.ReLU(b.layer(x, 32, tensor.Square(3, 2, 1), 1, train)), 32, three, 1, train)
	x = b.join(branch, b.layer(x, 32, tensor.Square(1, 2, 0), 1, train))
	return b.classify(x, 10)
}

// bottleneckNet has blocks of 1×1, 3×3 and 1×1, the second in groups.
func bottleneckNet(b *Builder, train bool, batch int) tensor.BufferID {
	x := b.ReLU(b.layer(b.Input(batch, 3, 11, 10), 24, three, 1, train))
	for i, stride := range []int{1, 1, 2} {
		groups := 1 + i%2*7 // 1, 8, 1
		y := b.ReLU(b.layer(x, 16, tensor.Square(1, 1, 0), 1, train))
		y = b.ReLU(b.layer(y, 16, tensor.Square(3, stride, 1), groups, train))
		y = b.layer(y, 64, tensor.Square(1, 1, 0), 1, train)
		if i != 1 {
			x = b.layer(x, 64, tensor.Square(1, stride, 0), 1, train)
		}
		x = b.join(y, x)
	}
	return b.classify(x, 5)
}

// preActivationNet norms before each convolution, and shares the first norm of
// a block with its projection.
func preActivationNet(b *Builder, train bool, batch int) tensor.BufferID {
	x := b.Conv(b.Input(batch, 1, 14, 9), 16, three, 1, false)
	for _, k := range []int{16, 24} {
		stride := 1 + (k-16)/8
		pre := b.ReLU(b.Norm(x, train))
		y := b.Conv(pre, k, tensor.Square(3, stride, 1), 1, false)
		y = b.Conv(b.ReLU(b.Norm(y, train)), k, three, 1, false)
		if k != 16 {
			x = b.Conv(pre, k, tensor.Square(1, stride, 0), 1, false)
		}
		x = b.Add(y, x, tensor.NoScalar)
	}
	return b.classify(b.ReLU(b.Norm(x, train)), 6)
}

// plainNet has no skips, as VGG, and a dropout before its classifier.
func plainNet(b *Builder, train bool, batch int) tensor.BufferID {
	x := b.Input(batch, 3, 13, 13)
	for _, k := range []int{16, 33} {
		x = b.ReLU(b.layer(x, k, three, 1, train))
		x = b.MaxPool(x, tensor.Square(2, 2, 0), false)
	}
	x = b.ReLU(b.Linear(b.Flatten(x), 20, true))
	scalar := tensor.NoScalar
	if train {
		scalar = b.Scalar("seed")
	}
	return b.Linear(b.Dropout(x, 0.4, train, scalar), 9, true)
}

// normlessNet has biases in place of norms, and scaled branches.
func normlessNet(b *Builder, _ bool, batch int) tensor.BufferID {
	x := b.ReLU(b.Conv(b.Input(batch, 3, 10, 12), 16, three, 1, true))
	y := b.Conv(b.ReLU(b.Conv(x, 16, three, 1, true)), 16, three, 1, true)
	x = b.ReLU(b.Add(y, x, b.Scalar("α")))
	return b.classify(x, 4)
}
