package app

import (
	"cmp"
	"fmt"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/builtin"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

const builtinPrefix = "builtin:"

// Builtins are the weights that the program carries, as Spec.Weights names them.
func Builtins() []string {
	var names []string
	for _, n := range builtin.Nets() {
		names = append(names, builtinPrefix+n.Name)
	}
	return names
}

// builtinNet is the net whose carried weights the spec names; false if it names a
// file or nothing.
func (s *Spec) builtinNet() (builtin.Net, bool, error) {
	name, ok := strings.CutPrefix(s.Weights, builtinPrefix)
	if !ok {
		return builtin.Net{}, false, nil
	}
	n, err := builtin.Find(name)
	if err != nil {
		return n, false, refuse("{weights}: %w", err)
	}
	return n, true, nil
}

// config is the net that the spec names. What it leaves open is taken from its weights:
// the net, and of carried ones the extents of its images too.
func (s *Spec) config(l Listener) (resnet.Config, error) {
	c := s.Net
	if s.Partial && s.Weights == "" {
		return c, refuse("{partial} is about {weights}, and none are named")
	}
	n, ok, err := s.builtinNet()
	if err == nil && !ok && s.Weights != "" && !namesNet(c) {
		return s.netOfWeights(l)
	}
	if !ok {
		return c, err
	}
	of := n.Config()
	if c.Arch == "" && c.Family == resnet.FamilyDefault && c.Depth == 0 && !c.Plain {
		c.Arch = of.Arch
	}
	c.Channels = cmp.Or(c.Channels, of.Channels)
	c.Classes = cmp.Or(c.Classes, of.Classes)
	c.Height = cmp.Or(c.Height, of.Height)
	c.Width = cmp.Or(c.Width, of.Width)
	return c, nil
}

// twinWeights are the carried weights of the twin; "" if the spec's own are not
// carried.
func (s *Spec) twinWeights() string {
	if n, ok, _ := s.builtinNet(); ok {
		return builtinPrefix + n.Twin
	}
	return ""
}

// samples are the images that are carried with the spec's weights, as many as c
// asks for: all if it leaves the batch open, and over again if it wants more. It is
// nil for a net without carried weights, and for another size of image.
func (s *Spec) samples(c resnet.Config) (*images, error) {
	n, ok, err := s.builtinNet()
	if !ok {
		return nil, err
	}
	of := n.Config()
	if c.Channels != of.Channels || c.Height != of.Height || c.Width != of.Width {
		return nil, nil
	}
	all, labels, err := builtin.Samples()
	if err != nil {
		return nil, err
	}
	batch := cmp.Or(c.Batch, len(labels))
	if err := (tensor.Shape{batch, of.Channels, of.Height, of.Width}).Check(); err != nil {
		return nil, refuse("input: %w", err)
	}
	in := &images{
		batch:  tensor.New(batch, of.Channels, of.Height, of.Width),
		source: fmt.Sprintf("test images of %s, carried with the program", n.Data),
		labels: make([]int, batch),
	}
	names := vision.Labels(n.Data, of.Classes)
	per := all.Shape[1:].Elems()
	for i := range in.labels {
		from := i % len(labels)
		copy(in.batch.Data[i*per:], all.Data[from*per:(from+1)*per])
		in.labels[i] = labels[from]
		in.names = append(in.names, names[labels[from]])
	}
	return in, nil
}

// ClassNames are the usual names of the classes of the data set that a family's
// nets are trained on, nil where the number of classes is another. Small grey
// images are Fashion-MNIST's.
func ClassNames(c resnet.Config) []string {
	switch {
	case c.Family == resnet.CIFAR && c.Channels == 1:
		return vision.Labels("fashion-mnist", c.Classes)
	case c.Family == resnet.CIFAR:
		return vision.Labels("cifar10", c.Classes)
	}
	return vision.Labels("imagenet", c.Classes)
}
