package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"resnet-tui/resnet"
	"resnet-tui/resnet/builtin"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

const builtinPrefix = "builtin:"

// builtinNet is the net whose weights the program carries that --weights names;
// false if it names a file or nothing.
func (m *modelFlags) builtinNet() (builtin.Net, bool, error) {
	name, ok := strings.CutPrefix(m.weights, builtinPrefix)
	if !ok {
		return builtin.Net{}, false, nil
	}
	n, err := builtin.Find(name)
	if err != nil {
		return n, false, usage("--weights: %w", err)
	}
	return n, true, nil
}

// adoptBuiltin takes from carried weights what the flags leave open: the net
// and the extents of its images.
func (m *modelFlags) adoptBuiltin(fs *pflag.FlagSet) error {
	n, ok, err := m.builtinNet()
	if !ok {
		return err
	}
	c, of := &m.config, n.Config()
	if !given(fs, "arch") && !given(fs, "family") && !given(fs, "depth") && !c.Plain {
		c.Arch = of.Arch
	}
	c.Channels, c.Classes = cmp.Or(c.Channels, of.Channels), cmp.Or(c.Classes, of.Classes)
	c.Height, c.Width = cmp.Or(c.Height, of.Height), cmp.Or(c.Width, of.Width)
	return nil
}

// twinWeights are the carried weights of the twin, "" if m's are none of the
// carried.
func (m *modelFlags) twinWeights() string {
	if n, ok, _ := m.builtinNet(); ok {
		return builtinPrefix + n.Twin
	}
	return ""
}

// samples are the carried images for a net with carried weights, nil for
// another. Without --batch it is all of them; a larger batch repeats them.
func (m *modelFlags) samples() (*images, []int, error) {
	n, ok, err := m.builtinNet()
	if !ok {
		return nil, nil, err
	}
	all, labels, err := builtin.Samples()
	if err != nil {
		return nil, nil, err
	}
	of := n.Config()
	if m.config.Channels != of.Channels || m.config.Height != of.Height || m.config.Width != of.Width {
		return nil, nil, nil // another size: random input
	}
	m.config.Batch = cmp.Or(m.config.Batch, len(labels))
	in := &images{
		batch:  tensor.New(m.config.Batch, of.Channels, of.Height, of.Width),
		source: fmt.Sprintf("test images of %s, carried with the program", n.Data),
	}
	names := vision.Labels(n.Data, of.Classes)
	classes := make([]int, m.config.Batch)
	per := all.Shape[1:].Elems()
	for i := range classes {
		from := i % len(labels)
		copy(in.batch.Data[i*per:], all.Data[from*per:(from+1)*per])
		classes[i] = labels[from]
		in.names = append(in.names, names[classes[i]])
	}
	return in, classes, nil
}

// classNames are the usual ones of the data set that a family's nets are
// trained on, nil where the number of classes is another. Small grey images
// are Fashion-MNIST's.
func classNames(c resnet.Config) []string {
	switch {
	case c.Family == resnet.CIFAR && c.Channels == 1:
		return vision.Labels("fashion-mnist", c.Classes)
	case c.Family == resnet.CIFAR:
		return vision.Labels("cifar10", c.Classes)
	}
	return vision.Labels("imagenet", c.Classes)
}
