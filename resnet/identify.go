package resnet

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"resnet-tui/tensor"
)

// Identify returns the net whose parameters are among tensors, which have torchvision's
// names: from their names and shapes alone. Tensors that the net doesn't have, and a
// missing classifier, don't matter. What images decide (batch, height, width) is left
// open in the Config, and so is the number of classes without a classifier; the rest is
// resolved. See Alike for what names and shapes can't tell.
func Identify(tensors []tensor.Param) (Config, bool) {
	s := shapes{}
	for _, t := range tensors {
		s[t.Name] = t.Shape
	}
	c, ok := s.config()
	if !ok {
		return Config{}, false
	}
	classes := c.Classes
	m, err := Build(c)
	if err != nil || !s.hold(m) {
		return Config{}, false
	}
	c = m.Config
	c.Classes, c.Height, c.Width, c.Batch = classes, 0, 0, 0
	return c, true
}

// Choice is a field of a Config, as its flag is called, with a value.
type Choice struct{ Field, Value string }

// Alike lists choices with which a resolved net has parameters of the same names and
// shapes, and computes something else: of v1 and v1.5 with bottlenecks, which differ in a
// stride; of the two ways of option A and the plain twin, whose skips hold nothing.
func (c Config) Alike() (choices []Choice) {
	if c.Family == VGG || c.Keras {
		return nil
	}
	if c.Block == Bottleneck && c.Variant == V15 {
		choices = append(choices, Choice{"variant", V1.String()})
	}
	if c.Norm == NormNone && c.Variant != V2 {
		choices = append(choices, Choice{"variant", V2.String()})
	}
	if c.Shortcut == ShortcutA && !c.Plain {
		choices = append(choices, Choice{"shortcut", ShortcutAEnd.String()}, Choice{Field: "plain"})
	}
	return choices
}

// Over returns c with what it leaves open as in base, but Arch: a name is left out, since
// it could contradict what c has.
func (c Config) Over(base Config) Config {
	c.Family = cmp.Or(c.Family, base.Family)
	c.Depth = cmp.Or(c.Depth, base.Depth)
	c.Blocks = cmp.Or(c.Blocks, base.Blocks)
	c.Variant = cmp.Or(c.Variant, base.Variant)
	c.Block = cmp.Or(c.Block, base.Block)
	c.Stem = cmp.Or(c.Stem, base.Stem)
	c.Shortcut = cmp.Or(c.Shortcut, base.Shortcut)
	c.Plain = c.Plain || base.Plain
	c.Norm = cmp.Or(c.Norm, base.Norm)
	c.Keras = c.Keras || base.Keras
	c.Groups = cmp.Or(c.Groups, base.Groups)
	c.WidthPerGroup = cmp.Or(c.WidthPerGroup, base.WidthPerGroup)
	c.Classes = cmp.Or(c.Classes, base.Classes)
	c.Channels = cmp.Or(c.Channels, base.Channels)
	c.Height = cmp.Or(c.Height, base.Height)
	c.Width = cmp.Or(c.Width, base.Width)
	c.Batch = cmp.Or(c.Batch, base.Batch)
	return c
}

// shapes are those of tensors by name.
type shapes map[string]tensor.Shape

// hold reports whether a net's parameters are all there, but for the classifier.
func (s shapes) hold(m *Model) bool {
	for _, p := range m.Params {
		if isHead := strings.HasPrefix(p.Name, "fc."); !s[p.Name].Equal(p.Shape) && (!isHead || s[p.Name] != nil) {
			return false
		}
	}
	return true
}

// has reports whether there is a tensor of that name.
func (s shapes) has(name string) bool { return s[name] != nil }

// extent is an extent of a tensor, 0 if there is no such tensor or dimension.
func (s shapes) extent(name string, dim int) int {
	if dim >= len(s[name]) {
		return 0
	}
	return s[name][dim]
}

// config reads a net off the shapes. Whether the net has them all is not checked.
func (s shapes) config() (Config, bool) {
	if s.has("features.0.weight") {
		return s.vgg(), true
	}
	stages := s.stages()
	c := Config{
		Family: ImageNet, Norm: NormBatch, Variant: V15, Block: Basic,
		Classes: s.extent("fc.weight", 0), Channels: s.extent("conv1.weight", 1),
	}
	switch len(stages) {
	case 3:
		c.Family = CIFAR
	case 4:
	default:
		return c, false
	}
	if s.has("layer1.0.conv3.weight") {
		c.Block = Bottleneck
		s.groups(&c)
	}
	switch {
	case s.has("conv1.0.weight"):
		c.Stem, c.Channels = StemDeep, s.extent("conv1.0.weight", 1)
	case c.Family == ImageNet && s.extent("conv1.weight", 2) == 3:
		c.Stem = Stem3x3
	}
	copy(c.Blocks[:], stages)
	s.norms(&c)
	c.Shortcut = s.shortcut(stages)
	return c, true
}

// blockName is the name of a tensor in a block.
var blockName = regexp.MustCompile(`^layer([1-9])\.(\d{1,5})\.`)

// stages are the numbers of blocks, as many as there are numbers in the names.
func (s shapes) stages() (stages []int) {
	seen := map[string]bool{}
	for name := range s {
		g := blockName.FindStringSubmatch(name)
		if g == nil || seen[g[0]] {
			continue
		}
		seen[g[0]] = true
		stage := int(g[1][0] - '0')
		for len(stages) < stage {
			stages = append(stages, 0)
		}
		stages[stage-1]++
	}
	return stages
}

// groups reads the groups of a bottleneck off its 3×3 convolution, whose weight is
// inner × inner/groups × 3 × 3.
func (s shapes) groups(c *Config) {
	const middle = "layer1.0.conv2.weight"
	inner, in := s.extent(middle, 0), s.extent(middle, 1)
	if in > 0 && inner > 0 && inner%in == 0 && c.Family == ImageNet {
		c.Groups = inner / in
		c.WidthPerGroup = inner / c.Groups
	}
}

// norms reads the normalisation, and the order of a block, which starts with it in v2.
// Biases beside it are Keras's.
func (s shapes) norms(c *Config) {
	switch {
	case !s.has("layer1.0.bn1.weight"):
		c.Norm = NormNone
		return
	case !s.has("bn1.weight"):
		c.Variant = V2
	}
	if c.Keras = s.has("conv1.bias"); c.Keras && c.Variant != V2 {
		c.Variant = V1
	}
}

// shortcut reads the option off the blocks that have a projection.
func (s shapes) shortcut(stages []int) Shortcut {
	last := fmt.Sprintf("layer1.%d.downsample.0.weight", stages[0]-1)
	if s.has(last) && (stages[0] > 1 || !s.has("layer1.0.conv3.weight")) {
		return ShortcutC
	}
	found := ShortcutA
	for name, shape := range s {
		switch {
		case strings.HasSuffix(name, ".downsample.1.weight") && len(shape) == 4:
			return ShortcutD // behind a pool or its placeholder
		case strings.Contains(name, ".downsample."):
			found = ShortcutB
		}
	}
	return found
}

// vgg reads a VGG off its convolutions, which have weights of four dimensions.
func (s shapes) vgg() Config {
	c := Config{
		Family: VGG, Norm: NormNone, Depth: 3,
		Classes: s.extent("classifier.6.weight", 0), Channels: s.extent("features.0.weight", 1),
	}
	for name, shape := range s {
		if strings.HasPrefix(name, "features.") && len(shape) == 4 {
			c.Depth++
		}
	}
	if s.has("features.1.running_mean") {
		c.Norm = NormBatch
	}
	return c
}
