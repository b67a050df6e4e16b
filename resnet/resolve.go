package resnet

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// Resolve returns c with every default filled in and Arch set to the net's canonical
// name; resolving twice changes nothing. It returns an error that says what is wrong
// and what is possible if Arch is unknown, if a field contradicts Arch or another
// field, or if a number is out of range.
func (c Config) Resolve() (Config, error) {
	if c.Arch != "" {
		named, err := parseName(c.Arch)
		if err != nil {
			return c, err
		}
		if err := c.merge(named); err != nil {
			return c, err
		}
	}
	c.fill()
	if _, err := c.stages(); err != nil {
		return c, err
	}
	if err := c.contradiction(); err != nil {
		return c, err
	}
	if err := c.checkExtents(); err != nil {
		return c, err
	}
	c.Arch = c.name()
	return c, nil
}

// Twin returns the plain net with the same layers, or the residual twin of a plain
// net. It reports false for VGG, which has no twin, and if c doesn't resolve.
func (c Config) Twin() (Config, bool) {
	c, err := c.Resolve()
	if err != nil || c.Family == VGG {
		return c, false
	}
	c.Arch, c.Plain = "", !c.Plain
	c, err = c.Resolve()
	return c, err == nil
}

// merge sets the fields that a name determines, and returns an error for the first
// that c has set to something else.
func (c *Config) merge(named Config) error {
	return cmp.Or(
		take(c.Arch, "family", &c.Family, named.Family),
		take(c.Arch, "depth", &c.Depth, named.Depth),
		take(c.Arch, "blocks", &c.Blocks, named.Blocks),
		take(c.Arch, "variant", &c.Variant, named.Variant),
		take(c.Arch, "block", &c.Block, named.Block),
		take(c.Arch, "stem", &c.Stem, named.Stem),
		take(c.Arch, "shortcut", &c.Shortcut, named.Shortcut),
		take(c.Arch, "plain", &c.Plain, named.Plain),
		take(c.Arch, "norm", &c.Norm, named.Norm),
		take(c.Arch, "Keras", &c.Keras, named.Keras),
		take(c.Arch, "groups", &c.Groups, named.Groups),
		take(c.Arch, "width per group", &c.WidthPerGroup, named.WidthPerGroup),
	)
}

// take sets a field to what the name says, unless it is set already.
func take[T comparable](arch, what string, asked *T, named T) error {
	var unset T
	if *asked != unset && named != unset && *asked != named {
		return fmt.Errorf("%s has %s %v, not %v", arch, what, named, *asked)
	}
	if *asked == unset {
		*asked = named
	}
	return nil
}

// fill sets defaults, except for the block, which depends on the depth.
func (c *Config) fill() {
	c.Family = cmp.Or(c.Family, ImageNet)
	if c.Family == VGG {
		c.Depth = cmp.Or(c.Depth, 19)
		c.Norm = cmp.Or(c.Norm, NormNone)
	}
	if c.Keras {
		c.Variant = cmp.Or(c.Variant, V1)
	}
	size, classes := 224, 1000
	if c.Family == CIFAR {
		size, classes = 32, 10
	}
	if c.Blocks != (Blocks{}) {
		c.fillBlocks()
	}
	c.Depth = cmp.Or(c.Depth, 50)
	c.Norm = cmp.Or(c.Norm, NormBatch)
	if c.Family != VGG {
		c.Variant = cmp.Or(c.Variant, V15)
		c.Stem = cmp.Or(c.Stem, c.defaultStem())
		c.Shortcut = cmp.Or(c.Shortcut, c.defaultShortcut())
		c.Groups = cmp.Or(c.Groups, 1)
		c.WidthPerGroup = cmp.Or(c.WidthPerGroup, defaultWidth)
	}
	c.Classes = cmp.Or(c.Classes, classes)
	c.Channels = cmp.Or(c.Channels, 3)
	c.Height = cmp.Or(c.Height, size)
	c.Width = cmp.Or(c.Width, size)
	c.Batch = cmp.Or(c.Batch, 1)
}

// defaultStem is the 3×3 convolution for CIFAR, as in He et al. 2015, section 4.2.
func (c *Config) defaultStem() Stem {
	if c.Family == CIFAR {
		return Stem3x3
	}
	return Stem7x7
}

// UsualStem reports whether a resolved net has the stem of its family.
func (c Config) UsualStem() bool { return c.Family == VGG || c.Stem == c.defaultStem() }

// UsualWidth reports whether the 3×3 convolutions of a resolved net's bottlenecks are
// as wide as the papers' and have one group.
func (c Config) UsualWidth() bool {
	return c.Family == VGG || c.Groups == 1 && c.WidthPerGroup == defaultWidth
}

// defaultShortcut is A for CIFAR, as in He et al. 2015, section 4.2, else B.
func (c *Config) defaultShortcut() Shortcut {
	if c.Family == CIFAR {
		return ShortcutA
	}
	return ShortcutB
}

// contradiction returns an error for choices that exclude each other.
func (c *Config) contradiction() error {
	if c.Family == VGG {
		return c.checkVGG()
	}
	if c.Family == CIFAR && c.Stem != Stem3x3 {
		return fmt.Errorf("the family cifar has a stem of its own, 3×3 with 16 channels: it has no stem %v", c.Stem)
	}
	if c.Keras {
		if err := c.checkKeras(); err != nil {
			return err
		}
	}
	return c.checkGroups()
}

// checkVGG refuses every choice that is about residual blocks.
func (c *Config) checkVGG() error {
	blocks := Config{
		Variant: c.Variant, Block: c.Block, Shortcut: c.Shortcut, Plain: c.Plain, Keras: c.Keras,
		Blocks: c.Blocks, Stem: c.Stem, Groups: c.Groups, WidthPerGroup: c.WidthPerGroup,
	}
	if blocks != (Config{}) {
		return errors.New("VGG has no blocks: variant, block, blocks, stem, shortcut, plain and groups don't apply to it")
	}
	return nil
}

// checkKeras refuses nets that Keras Applications doesn't have.
func (c *Config) checkKeras() error {
	switch {
	case c.Family != ImageNet || !slices.Contains([]int{50, 101, 152}, c.Depth) || c.Blocks != Blocks{}:
		return errors.New("the ResNets of Keras are for ImageNet, with depth 50, 101 or 152")
	case c.Variant == V15:
		return errors.New("the ResNets of Keras are v1 or v2, not v1.5")
	case c.Stem != Stem7x7:
		return fmt.Errorf("the ResNets of Keras have the stem 7x7, not %v", c.Stem)
	case c.Shortcut != ShortcutB:
		return fmt.Errorf("the ResNets of Keras have shortcut B, not %v", c.Shortcut)
	}
	return nil
}

const (
	// defaultWidth is the channels of a bottleneck's 3×3 convolution in the first
	// stage, which other widths are relative to.
	defaultWidth = 64
	// maxWidth bounds groups and their width, far above any known net.
	maxWidth = 4096
)

// checkGroups checks the numbers of ResNeXt and Wide ResNet.
func (c *Config) checkGroups() error {
	own := !c.UsualWidth()
	switch {
	case c.Groups < 1 || c.WidthPerGroup < 1:
		return fmt.Errorf("%d groups of width %d: both must be at least 1", c.Groups, c.WidthPerGroup)
	case own && (c.Family != ImageNet || c.Block != Bottleneck || c.Keras):
		return errors.New("groups and width per group apply to ImageNet's bottlenecks only (depth 26, 50 and more)")
	case c.Groups > maxWidth || c.WidthPerGroup > maxWidth:
		return fmt.Errorf("%d groups of width %d: at most %d each", c.Groups, c.WidthPerGroup, maxWidth)
	}
	return nil
}

// checkExtents refuses extents below 1, and an input or output with more elements
// than a tensor can have.
func (c *Config) checkExtents() error {
	for _, e := range []struct {
		name  string
		value int
	}{
		{"classes", c.Classes}, {"channels", c.Channels}, {"height", c.Height}, {"width", c.Width}, {"batch", c.Batch},
	} {
		if e.value < 1 {
			return fmt.Errorf("%s %d: it must be at least 1", e.name, e.value)
		}
	}
	if err := c.input().Check(); err != nil {
		return fmt.Errorf("input: %w", err)
	}
	if err := (tensor.Shape{c.Batch, c.Classes}).Check(); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// input is the shape of the net's input, N×C×H×W.
func (c *Config) input() tensor.Shape {
	return tensor.Shape{c.Batch, c.Channels, c.Height, c.Width}
}
