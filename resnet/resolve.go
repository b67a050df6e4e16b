package resnet

import (
	"cmp"
	"errors"
	"fmt"

	"resnet-tui/tensor"
)

// Resolve fills in every default and refuses what contradicts itself or is out
// of range. Arch becomes the net's canonical name. Resolving twice changes
// nothing.
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

// Twin is the plain net of the same layers, or the residual one of a plain
// net; false for VGG, which has none.
func (c Config) Twin() (Config, bool) {
	c, err := c.Resolve()
	if err != nil || c.Family == VGG {
		return c, false
	}
	c.Arch, c.Plain = "", !c.Plain
	c, err = c.Resolve()
	return c, err == nil
}

// merge takes from a name what it says, and reports the first thing that c says
// otherwise.
func (c *Config) merge(named Config) error {
	return cmp.Or(
		take(c.Arch, "family", &c.Family, named.Family),
		take(c.Arch, "depth", &c.Depth, named.Depth),
		take(c.Arch, "variant", &c.Variant, named.Variant),
		take(c.Arch, "block", &c.Block, named.Block),
		take(c.Arch, "shortcut", &c.Shortcut, named.Shortcut),
		take(c.Arch, "plain", &c.Plain, named.Plain),
		take(c.Arch, "norm", &c.Norm, named.Norm),
		take(c.Arch, "Keras", &c.Keras, named.Keras),
		take(c.Arch, "groups", &c.Groups, named.Groups),
		take(c.Arch, "width per group", &c.WidthPerGroup, named.WidthPerGroup),
	)
}

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

// fill sets defaults, but for the block, which the depth decides.
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
	c.Depth = cmp.Or(c.Depth, 50)
	c.Norm = cmp.Or(c.Norm, NormBatch)
	if c.Family != VGG {
		c.Variant = cmp.Or(c.Variant, V15)
		c.Shortcut = cmp.Or(c.Shortcut, c.defaultShortcut())
		c.Groups = cmp.Or(c.Groups, 1)
		c.WidthPerGroup = cmp.Or(c.WidthPerGroup, 64)
	}
	c.Classes = cmp.Or(c.Classes, classes)
	c.Channels = cmp.Or(c.Channels, 3)
	c.Height = cmp.Or(c.Height, size)
	c.Width = cmp.Or(c.Width, size)
	c.Batch = cmp.Or(c.Batch, 1)
}

// defaultShortcut is A for CIFAR, as in He et al. 2015, section 4.2, else B.
func (c *Config) defaultShortcut() Shortcut {
	if c.Family == CIFAR {
		return ShortcutA
	}
	return ShortcutB
}

// contradiction reports choices that do not go together.
func (c *Config) contradiction() error {
	switch {
	case c.Family == VGG && (c.Plain || c.Keras || c.Shortcut != 0 || c.Variant != 0 || c.Block != 0 || c.Groups != 0 || c.WidthPerGroup != 0):
		return errors.New("VGG has no blocks: variant, block, shortcut, plain and groups do not apply to it")
	case c.Family == VGG:
		return nil
	case c.Keras && (c.Family != ImageNet || c.Block != Bottleneck):
		return errors.New("nets of Keras's own are ImageNet's of depth 50, 101 and 152")
	case c.Keras && c.Variant == V15:
		return errors.New("nets of Keras's own are v1 and v2, not v1.5")
	case c.Keras && c.Shortcut != ShortcutB:
		return fmt.Errorf("nets of Keras's own have shortcut B, not %v", c.Shortcut)
	case c.Groups < 1 || c.WidthPerGroup < 1:
		return fmt.Errorf("%d groups of width %d: both must be at least 1", c.Groups, c.WidthPerGroup)
	case (c.Groups != 1 || c.WidthPerGroup != 64) && (c.Family != ImageNet || c.Block != Bottleneck || c.Keras):
		return errors.New("groups and width per group apply to ImageNet's bottlenecks only (depth 50, 101, 152)")
	case c.Groups > maxWidth || c.WidthPerGroup > maxWidth:
		return fmt.Errorf("%d groups of width %d: at most %d each", c.Groups, c.WidthPerGroup, maxWidth)
	}
	return nil
}

// maxWidth bounds groups and their width, far above any known net.
const maxWidth = 4096

// checkExtents reports extents below one, and an image or a batch so large
// that its elements can't be counted.
func (c *Config) checkExtents() error {
	for _, e := range []struct {
		name  string
		value int
	}{{"classes", c.Classes}, {"channels", c.Channels}, {"height", c.Height}, {"width", c.Width}, {"batch", c.Batch}} {
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

// input is the shape of the net's input.
func (c *Config) input() tensor.Shape {
	return tensor.Shape{c.Batch, c.Channels, c.Height, c.Width}
}
