package resnet

import "strconv"

// blockSpec is one residual block, or its plain twin.
type blockSpec struct {
	inner  int // of the branch's inside
	out    int
	stride int
	skip   SkipKind
}

// block adds a block and marks its module.
func (n *net) block(x value, index int, b blockSpec) value {
	kind, build := "BasicBlock", n.basic
	preAct := n.Config.Variant == V2
	switch {
	case preAct && n.Config.Block == Bottleneck:
		kind, build = "PreActBottleneck", n.preActBottleneck
	case preAct:
		kind, build = "PreActBlock", n.preActBasic
	case n.Config.Block == Bottleneck:
		kind, build = "Bottleneck", n.bottleneck
	}
	return n.within(strconv.Itoa(index), kind, func() value {
		n.at.Block = &Block{Skip: b.skip, Stride: b.stride, PreAct: preAct}
		n.part = Branch
		y := build(x, b)
		n.part = Trunk
		n.at.from, n.at.to = x.layer, y.layer
		return y
	})
}

// basic is figure 5, left, of He et al. 2015.
func (n *net) basic(x value, b blockSpec) value {
	y := n.relu(n.norm(n.conv(x, "conv1", convSpec{out: b.inner, k: 3, stride: b.stride}), "bn1"))
	y = n.norm(n.conv(y, "conv2", convSpec{out: b.out, k: 3, stride: 1}), "bn2")
	return n.relu(n.join(y, x, b))
}

// bottleneck is figure 5, right, of He et al. 2015; with groups, figure 3(c)
// of Xie et al. 2016. The paper strides on the first 1×1, v1.5 on the 3×3.
func (n *net) bottleneck(x value, b blockSpec) value {
	first, second := 1, b.stride
	if n.Config.Variant == V1 {
		first, second = b.stride, 1
	}
	y := n.relu(n.norm(n.conv(x, "conv1", convSpec{out: b.inner, k: 1, stride: first}), "bn1"))
	y = n.relu(n.norm(n.conv(y, "conv2", convSpec{out: b.inner, k: 3, stride: second, groups: n.Config.Groups}), "bn2"))
	y = n.norm(n.conv(y, "conv3", convSpec{out: b.out, k: 1, stride: 1}), "bn3")
	return n.relu(n.join(y, x, b))
}

// preActBasic is figure 1(b) of He et al. 2016.
func (n *net) preActBasic(x value, b blockSpec) value {
	a := n.preAct(x, b)
	y := n.conv(a, "conv1", convSpec{out: b.inner, k: 3, stride: b.stride})
	y = n.conv(n.relu(n.norm(y, "bn2")), "conv2", convSpec{out: b.out, k: 3, stride: 1, bare: true})
	return n.join(y, skipInput(x, a, b), b)
}

// preActBottleneck is the same with three convolutions (He et al. 2016, A.1).
func (n *net) preActBottleneck(x value, b blockSpec) value {
	a := n.preAct(x, b)
	y := n.conv(a, "conv1", convSpec{out: b.inner, k: 1, stride: 1})
	y = n.conv(n.relu(n.norm(y, "bn2")), "conv2", convSpec{out: b.inner, k: 3, stride: b.stride, groups: n.Config.Groups})
	y = n.conv(n.relu(n.norm(y, "bn3")), "conv3", convSpec{out: b.out, k: 1, stride: 1, bare: true})
	return n.join(y, skipInput(x, a, b), b)
}

// preAct is the normalisation and ReLU at the head of a block. A projection
// takes their result, so that they belong to both paths.
func (n *net) preAct(x value, b blockSpec) value {
	if b.skip == Projection {
		n.part = Trunk
	}
	a := n.relu(n.norm(x, "bn1"))
	n.part = Branch
	return a
}

// skipInput is what a pre-activation block's skip starts from.
func skipInput(x, activated value, b blockSpec) value {
	if b.skip == Projection {
		return activated
	}
	return x
}

// join adds the skip of x to the branch y. A plain block has none.
func (n *net) join(y, x value, b blockSpec) value {
	if b.skip == NoSkip {
		return y
	}
	n.part = Skip
	s := n.skip(x, b)
	n.part = Join
	return n.sum(y, s)
}

// skip is S(x): He et al. 2015, section 3.3, options A, B and C.
func (n *net) skip(x value, b blockSpec) value {
	switch b.skip {
	case Projection:
		return n.within("downsample", "Sequential", func() value {
			preAct := n.Config.Variant == V2
			y := n.conv(x, "0", convSpec{out: b.out, k: 1, stride: b.stride, bare: preAct})
			if preAct {
				return y
			}
			return n.norm(y, "1")
		})
	case ZeroPad:
		return n.pad(x, b.out, b.stride)
	case PoolSkip:
		return n.maxPool(x, "pool", 1, b.stride)
	}
	return x
}

// skipOf chooses a block's skip.
func (c *Config) skipOf(in, out, stride int) SkipKind {
	switch {
	case c.Plain:
		return NoSkip
	case c.Shortcut == ShortcutC:
		return Projection
	case in == out && stride == 1:
		return Identity
	case in == out && c.Keras && c.Variant == V2:
		return PoolSkip
	case c.Shortcut == ShortcutA:
		return ZeroPad
	}
	return Projection
}
