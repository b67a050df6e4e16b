package resnet

import (
	"fmt"
	"strconv"

	"resnet-tui/resnet/nn"
)

// resNet adds the net of He et al. 2015, table 1, or section 4.2 for CIFAR: a stem;
// stages of blocks, each with half the height and width and twice the channels of
// the one before; a global average pool and a classifier.
func (n *net) resNet(x nn.Value, stages []int) {
	x = n.stem(x)
	for s, repeats := range stages {
		last := s == len(stages)-1
		x = n.Within(fmt.Sprint("layer", s+1), "Sequential", func() nn.Value { return n.stage(x, s, repeats, last) })
	}
	if n.config.Variant == V2 {
		x = n.ReLU(n.norm(x, "post_bn"), "post_relu")
	}
	x = n.Flatten(n.AdaptiveAvgPool2d(x, "avgpool", 1), "flatten")
	n.Linear(x, "fc", n.config.Classes)
}

// stem adds the layers before the stages. In pre-activation nets its normalisation
// is left to the first block.
func (n *net) stem(x nn.Value) nn.Value {
	if n.config.Stem == StemDeep {
		x = n.Within("conv1", "Sequential", func() nn.Value { return n.deepStem(x) })
	} else {
		x = n.plainStem(x)
	}
	if n.config.Variant != V2 {
		x = n.relu(n.norm(x, "bn1"))
	}
	if n.config.Stem == Stem3x3 {
		return x
	}
	return n.MaxPool2d(x, "maxpool", 3, 2, n.config.Keras)
}

// plainStem adds one convolution, before its normalisation.
func (n *net) plainStem(x nn.Value) nn.Value {
	c := nn.Conv{Out: n.config.firstPlanes(), K: 7, Stride: 2}
	if n.config.Stem == Stem3x3 {
		c.K, c.Stride = 3, 1
	}
	if n.config.Variant == V2 {
		return n.bare(x, "conv1", c)
	}
	return n.conv(x, "conv1", c)
}

// deepStem adds the three convolutions of He et al. 2018, figure 2(b), with timm's
// names, before the normalisation of the last.
func (n *net) deepStem(x nn.Value) nn.Value {
	half := n.config.firstPlanes() / 2
	x = n.ReLU(n.norm(n.conv(x, "0", nn.Conv{Out: half, K: 3, Stride: 2}), "1"), "2")
	x = n.ReLU(n.norm(n.conv(x, "3", nn.Conv{Out: half, K: 3, Stride: 1}), "4"), "5")
	last := nn.Conv{Out: 2 * half, K: 3, Stride: 1}
	if n.config.Variant == V2 {
		return n.bare(x, "6", last)
	}
	return n.conv(x, "6", last)
}

// stage adds the blocks of stage s, counted from 0. Blocks that a lesion has swapped
// keep their numbers and so their parameters.
func (n *net) stage(x nn.Value, s, repeats int, last bool) nn.Value {
	for i := range repeats {
		number := n.BlockAt(i)
		b := n.config.blockSpec(s, n.config.strideOf(s, number, repeats, last))
		b.skip = n.config.skipOf(x.Shape[1], b.out, b.stride)
		x = n.block(x, number, b)
	}
	return x
}

// strideOf is the stride of a block. The first block of every stage but the first
// strides; in Keras's v2 nets, the last block of every stage but the last.
func (c *Config) strideOf(stage, number, repeats int, last bool) int {
	striding, strides := 0, stage > 0
	if c.Keras && c.Variant == V2 {
		striding, strides = repeats-1, !last
	}
	if strides && number == striding {
		return 2
	}
	return 1
}

// blockSpec is the geometry of the blocks of stage s, without their skip.
func (c *Config) blockSpec(s, stride int) blockSpec {
	planes := c.firstPlanes() << s
	if c.Block == Bottleneck {
		inner := planes * c.WidthPerGroup / defaultWidth * c.Groups
		return blockSpec{inner: inner, out: planes * expansion, stride: stride}
	}
	return blockSpec{inner: planes, out: planes, stride: stride}
}

// firstPlanes is the channels of the stem, and of the first stage's 3×3 convolutions.
func (c *Config) firstPlanes() int {
	if c.Family == CIFAR {
		return 16
	}
	return 64
}

// vgg adds the net of Simonyan and Zisserman 2014, table 1, with torchvision's
// numbers as names and its average pool before the classifier.
func (n *net) vgg(x nn.Value, stages []int) {
	x = n.Within("features", "Sequential", func() nn.Value { return n.vggFeatures(x, stages) })
	x = n.Flatten(n.AdaptiveAvgPool2d(x, "avgpool", 7), "flatten")
	n.Within("classifier", "Sequential", func() nn.Value {
		for _, i := range []int{0, 3} {
			x = n.Linear(x, strconv.Itoa(i), 4096)
			x = n.ReLU(x, strconv.Itoa(i+1))
			x = n.Dropout(x, strconv.Itoa(i+2), 0.5)
		}
		return n.Linear(x, "6", n.config.Classes)
	})
}

// vggFeatures adds the convolutions and max pools, numbered as in torchvision.
func (n *net) vggFeatures(x nn.Value, stages []int) nn.Value {
	i := -1
	next := func() string { i++; return strconv.Itoa(i) }
	for s, repeats := range stages {
		for range repeats {
			x = n.conv(x, next(), nn.Conv{Out: min(64<<s, 512), K: 3, Stride: 1})
			if n.config.Norm == NormBatch {
				x = n.norm(x, next())
			}
			x = n.ReLU(x, next())
		}
		x = n.MaxPool2d(x, next(), 2, 2, false)
	}
	return x
}
