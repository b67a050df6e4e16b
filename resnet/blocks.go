package resnet

import (
	"strconv"

	"resnet-tui/resnet/nn"
)

// blockSpec is the geometry of one residual block, or of its plain twin.
type blockSpec struct {
	inner  int // channels inside the branch
	out    int // channels of the block's output
	stride int
	skip   nn.SkipKind
}

// block adds a block, named by its number within the stage.
func (n *net) block(x nn.Value, number int, b blockSpec) nn.Value {
	kind, build := "BasicBlock", n.basic
	preAct := n.config.Variant == V2
	switch {
	case preAct && n.config.Block == Bottleneck:
		kind, build = "PreActBottleneck", n.preActBottleneck
	case preAct:
		kind, build = "PreActBlock", n.preActBasic
	case n.config.Block == Bottleneck:
		kind, build = "Bottleneck", n.bottleneck
	}
	block := nn.Block{Skip: b.skip, Stride: b.stride, PreAct: preAct}
	return n.Block(x, strconv.Itoa(number), kind, block, func() nn.Value { return build(x, b) })
}

// basic adds the block of He et al. 2015, figure 5, left.
func (n *net) basic(x nn.Value, b blockSpec) nn.Value {
	y := n.relu(n.norm(n.conv(x, "conv1", nn.Conv{Out: b.inner, K: 3, Stride: b.stride}), "bn1"))
	y = n.norm(n.conv(y, "conv2", nn.Conv{Out: b.out, K: 3, Stride: 1}), "bn2")
	return n.relu(n.join(y, x, b))
}

// bottleneck adds the block of He et al. 2015, figure 5, right; with groups, that
// of Xie et al. 2016, figure 3(c). v1, as in the paper, strides on the first 1×1
// convolution, v1.5 on the 3×3.
func (n *net) bottleneck(x nn.Value, b blockSpec) nn.Value {
	first, second := 1, b.stride
	if n.config.Variant == V1 {
		first, second = b.stride, 1
	}
	y := n.relu(n.norm(n.conv(x, "conv1", nn.Conv{Out: b.inner, K: 1, Stride: first}), "bn1"))
	y = n.relu(n.norm(n.conv(y, "conv2", nn.Conv{Out: b.inner, K: 3, Stride: second, Groups: n.config.Groups}), "bn2"))
	y = n.norm(n.conv(y, "conv3", nn.Conv{Out: b.out, K: 1, Stride: 1}), "bn3")
	return n.relu(n.join(y, x, b))
}

// preActBasic adds the block of He et al. 2016, figure 1(b).
func (n *net) preActBasic(x nn.Value, b blockSpec) nn.Value {
	a := n.preAct(x, b)
	y := n.conv(a, "conv1", nn.Conv{Out: b.inner, K: 3, Stride: b.stride})
	y = n.bare(n.relu(n.norm(y, "bn2")), "conv2", nn.Conv{Out: b.out, K: 3, Stride: 1})
	return n.join(y, skipInput(x, a, b), b)
}

// preActBottleneck adds the same with three convolutions (He et al. 2016, A.1).
func (n *net) preActBottleneck(x nn.Value, b blockSpec) nn.Value {
	a := n.preAct(x, b)
	y := n.conv(a, "conv1", nn.Conv{Out: b.inner, K: 1, Stride: 1})
	middle := nn.Conv{Out: b.inner, K: 3, Stride: b.stride, Groups: n.config.Groups}
	y = n.conv(n.relu(n.norm(y, "bn2")), "conv2", middle)
	y = n.bare(n.relu(n.norm(y, "bn3")), "conv3", nn.Conv{Out: b.out, K: 1, Stride: 1})
	return n.join(y, skipInput(x, a, b), b)
}

// preAct adds the normalisation and ReLU at the head of a block. A projection
// starts from their output; they then belong to both paths.
func (n *net) preAct(x nn.Value, b blockSpec) nn.Value {
	build := func() nn.Value { return n.relu(n.norm(x, "bn1")) }
	if b.projects() {
		return n.Shared(build)
	}
	return build()
}

// skipInput is the value from which a pre-activation block's skip starts.
func skipInput(x, activated nn.Value, b blockSpec) nn.Value {
	if b.projects() {
		return activated
	}
	return x
}

// join adds the skip that starts at x to the branch y. A plain block has no skip,
// and is its branch.
func (n *net) join(y, x nn.Value, b blockSpec) nn.Value {
	if b.skip == nn.NoSkip {
		return n.Join(y, nil)
	}
	return n.Join(y, func() nn.Value { return n.skip(x, b) })
}

// skip adds S(x), the skip without the branch: He et al. 2015, section 3.3, options
// A, B and C, and option D.
func (n *net) skip(x nn.Value, b blockSpec) nn.Value {
	switch b.skip {
	case nn.Projection, nn.PooledProjection:
		return n.Within("downsample", "Sequential", func() nn.Value { return n.projection(x, b) })
	case nn.ZeroPad:
		extra := b.out - x.Shape[1]
		before := extra / 2
		if n.config.Shortcut == ShortcutAEnd {
			before = 0
		}
		return n.Pad(x, "pad", before, extra-before, b.stride)
	case nn.PoolSkip:
		return n.MaxPool2d(x, "pool", 1, b.stride, n.config.Keras)
	}
	return x
}

// projection adds W·x of He et al. 2015, equation 2. Option D halves x by an average
// pool of 2×2, so that no pixel is left out (He et al. 2018, figure 2(c)); its names
// are timm's, in which a pool or its placeholder comes first.
func (n *net) projection(x nn.Value, b blockSpec) nn.Value {
	c, conv, norm := nn.Conv{Out: b.out, K: 1, Stride: b.stride}, "0", "1"
	if n.config.Shortcut == ShortcutD {
		conv, norm = "1", "2"
	}
	if b.skip == nn.PooledProjection {
		x = n.AvgPool2d(x, "0", 2, b.stride)
		c.Stride = 1
	}
	if n.config.Variant == V2 {
		return n.bare(x, conv, c)
	}
	return n.norm(n.conv(x, conv, c), norm)
}

// projects reports whether the skip has a convolution.
func (b blockSpec) projects() bool { return b.skip == nn.Projection || b.skip == nn.PooledProjection }

// skipOf chooses the skip of a block from its shapes: in and out are channels.
func (c *Config) skipOf(in, out, stride int) nn.SkipKind {
	switch {
	case c.Plain:
		return nn.NoSkip
	case c.Shortcut == ShortcutC:
		return nn.Projection
	case in == out && stride == 1:
		return nn.Identity
	case in == out && c.Keras && c.Variant == V2:
		return nn.PoolSkip
	case c.Shortcut == ShortcutA, c.Shortcut == ShortcutAEnd:
		return nn.ZeroPad
	case c.Shortcut == ShortcutD && stride > 1:
		return nn.PooledProjection
	}
	return nn.Projection
}
