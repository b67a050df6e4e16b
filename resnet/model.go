package resnet

import (
	"fmt"

	"resnet-tui/resnet/nn"
)

// Model is a net of the family, with the Config that it was built from.
type Model struct {
	*nn.Model
	Config Config // resolved; Config.Arch is Name
}

// Build makes the tree of a net: names, shapes and costs, but no weights. With
// lesions, it builds the lesioned net with the parameters of the intact one, so
// that both run on the same state.
//
// It returns the errors of Config.Resolve, and one that names the layer or block if
// the image is too small for it, its tensors would be too large, or a lesion
// doesn't apply to it.
func Build(c Config, lesions ...nn.Lesion) (*Model, error) {
	c, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	b, image := nn.NewBuilder(c.Arch, c.kind(), c.input())
	m, err := c.build(b, image)
	if err != nil {
		return nil, err
	}
	if len(lesions) > 0 {
		if b, image, err = nn.NewLesionedBuilder(m, lesions); err != nil {
			return nil, err
		}
		if m, err = c.build(b, image); err != nil {
			return nil, err
		}
	}
	return &Model{m, c}, nil
}

// kind is the module kind of the tree's root.
func (c *Config) kind() string {
	switch {
	case c.Family == VGG:
		return "VGG"
	case c.Plain:
		return "PlainNet"
	}
	return "ResNet"
}

// build adds every layer of a resolved Config's net.
func (c *Config) build(b *nn.Builder, image nn.Value) (*nn.Model, error) {
	stages, err := c.stages()
	if err != nil {
		return nil, err
	}
	n := &net{Builder: b, config: c}
	if c.Family == VGG {
		n.vgg(image, stages)
	} else {
		n.resNet(image, stages)
	}
	m, err := b.Model()
	if err != nil {
		return nil, fmt.Errorf("%s on a %v input: %w", c.Arch, c.input(), err)
	}
	return m, nil
}
