package resnet

import (
	"fmt"
	"strconv"

	"resnet-tui/tensor"
)

// resNet is table 1 of He et al. 2015, or section 4.2 for CIFAR: a stem,
// stages of blocks, each half as large and twice as wide as the one before, a
// global average and a classifier.
func (n *net) resNet(x value, stages []int) {
	x = n.stem(x)
	for s, repeats := range stages {
		last := s == len(stages)-1
		x = n.within(fmt.Sprint("layer", s+1), "Sequential", func() value { return n.stage(x, s, repeats, last) })
	}
	if n.Config.Variant == V2 {
		x = n.same(n.norm(x, "post_bn"), "post_relu", tensor.Op{Kind: tensor.ReLU}, "")
	}
	x = n.flatten(n.avgPool(x, 1))
	n.linear(x, "fc", n.Config.Classes)
}

// stem is what stands before the stages. Pre-activation nets leave its
// normalisation to the first block.
func (n *net) stem(x value) value {
	c := convSpec{out: 64, k: 7, stride: 2, bare: n.Config.Variant == V2}
	if n.Config.Family == CIFAR {
		c.out, c.k, c.stride = 16, 3, 1
	}
	x = n.conv(x, "conv1", c)
	if !c.bare {
		x = n.relu(n.norm(x, "bn1"))
	}
	if n.Config.Family == CIFAR {
		return x
	}
	return n.maxPool(x, "maxpool", 3, 2)
}

// stage adds the blocks of stage s. The first block of each stage but the
// first strides; in Keras's v2 nets it is the last block of each but the last.
func (n *net) stage(x value, s, repeats int, last bool) value {
	c := &n.Config
	planes := 64 << s
	if c.Family == CIFAR {
		planes = 16 << s
	}
	striding, strides := 0, s > 0
	if c.Keras && c.Variant == V2 {
		striding, strides = repeats-1, !last
	}
	for i := range repeats {
		b := blockSpec{inner: planes, out: planes, stride: 1}
		if c.Block == Bottleneck {
			b.inner, b.out = planes*c.WidthPerGroup/64*c.Groups, planes*expansion
		}
		if strides && i == striding {
			b.stride = 2
		}
		b.skip = c.skipOf(x.shape[1], b.out, b.stride)
		x = n.block(x, i, b)
	}
	return x
}

// vgg is table 1 of Simonyan and Zisserman 2014, with torchvision's numbers
// for names and its average pool before the classifier.
func (n *net) vgg(x value, stages []int) {
	x = n.within("features", "Sequential", func() value { return n.vggFeatures(x, stages) })
	x = n.flatten(n.avgPool(x, 7))
	n.within("classifier", "Sequential", func() value {
		for _, i := range []int{0, 3} {
			x = n.linear(x, strconv.Itoa(i), 4096)
			x = n.same(x, strconv.Itoa(i+1), tensor.Op{Kind: tensor.ReLU}, "")
			x = n.same(x, strconv.Itoa(i+2), tensor.Op{Kind: tensor.Dropout, Eps: 0.5}, "p 0.5")
		}
		return n.linear(x, "6", n.Config.Classes)
	})
}

func (n *net) vggFeatures(x value, stages []int) value {
	i := -1
	next := func() string { i++; return strconv.Itoa(i) }
	for s, repeats := range stages {
		for range repeats {
			x = n.conv(x, next(), convSpec{out: min(64<<s, 512), k: 3, stride: 1})
			if n.Config.Norm == NormBatch {
				x = n.norm(x, next())
			}
			x = n.same(x, next(), tensor.Op{Kind: tensor.ReLU}, "")
		}
		x = n.maxPool(x, next(), 2, 2)
	}
	return x
}
