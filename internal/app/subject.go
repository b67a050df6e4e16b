package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// subject is what a spec means: a net and its images. No device and no weights are
// open yet.
type subject struct {
	spec     Spec // settled
	model    *resnet.Model
	images   *images // nil: seeded noise
	target   []int   // the images' classes, or random ones for a backward pass; nil: none
	labelled bool    // target holds the right classes, not random ones
}

// resolve reads the images of a spec and builds its net for them. Where neither
// the spec nor its images say how many there are, it is batch.
func resolve(ctx context.Context, spec Spec, batch int, l Listener) (*subject, error) {
	spec, err := spec.settle()
	if err != nil {
		return nil, err
	}
	c, err := spec.config(l)
	if err != nil {
		return nil, err
	}
	in, err := spec.images(ctx, &c, batch, l)
	if err != nil {
		return nil, err
	}
	c.Batch = cmp.Or(c.Batch, batch)
	return newSubject(spec, c, in)
}

// images are what the spec's input names, or what comes with its weights; nil for
// seeded noise. They set the extents of c that the spec leaves open.
func (s *Spec) images(ctx context.Context, c *resnet.Config, batch int, l Listener) (*images, error) {
	switch {
	case s.Input.Data.Name != "":
		return s.firstOfData(c, batch, l)
	case len(s.Input.Files) > 0:
		in, err := s.Input.readFiles(ctx, *c, l)
		if err != nil {
			return nil, err
		}
		return in, adoptBatch(c, s.Net, in.batch.Shape)
	}
	in, err := s.samples(*c)
	if err == nil {
		err = s.Input.Preprocess.unused("no file: {input} names pictures")
	}
	if in != nil {
		c.Batch = in.batch.Shape[0]
	}
	return in, err
}

// firstOfData are the first images of the spec's data set.
func (s *Spec) firstOfData(c *resnet.Config, batch int, l Listener) (*images, error) {
	if len(s.Input.Files) > 0 || s.Input.Labels != nil {
		return nil, refuse("{data} brings images and labels: it does not go with {input} and {labels}")
	}
	data, err := s.openData(c, vision.Test, l)
	if err != nil {
		return nil, err
	}
	return firstImages(data, cmp.Or(c.Batch, batch), s.Input.Data.Name)
}

// openData opens a part of the spec's data set, which sets the extents and classes
// of c that the spec leaves open.
func (s *Spec) openData(c *resnet.Config, split vision.Split, l Listener) (vision.Dataset, error) {
	data, err := s.Input.openData(*c, split, s.seed(), l)
	if err != nil {
		return nil, err
	}
	return data, adoptData(c, s.Net, data, s.Input.Data.Name)
}

// newSubject builds the net c of a settled spec for its images.
func newSubject(spec Spec, c resnet.Config, in *images) (*subject, error) {
	s := &subject{spec: spec, images: in}
	var err error
	if s.model, err = spec.build(c); err != nil {
		return nil, err
	}
	switch labels := spec.Input.Labels; {
	case labels != nil:
		if err := train.CheckLabels(labels, s.model.Config.Batch, s.model.Config.Classes); err != nil {
			return nil, refuse("{labels}: %w", err)
		}
		s.target, s.labelled = labels, true
	case in != nil && in.labels != nil:
		s.target, s.labelled = in.labels, true
	case spec.Step.Backward:
		s.target = nn.RandomTarget(spec.seed(), s.model.Config.Batch, s.model.Config.Classes)
	}
	return s, nil
}

// build builds the net c with the spec's lesions.
func (s *Spec) build(c resnet.Config) (*resnet.Model, error) {
	var lesions []nn.Lesion
	for _, text := range s.Lesions {
		l, err := nn.ParseLesion(text)
		if err != nil {
			return nil, refuse("{lesion}%s", strings.TrimPrefix(err.Error(), "lesion"))
		}
		if slices.Contains(lesions, l) {
			return nil, refuse("{lesion} %s is given twice", text)
		}
		lesions = append(lesions, l)
	}
	m, err := resnet.Build(c, lesions...)
	return m, refused(err)
}

// input is what the net runs on.
func (s *subject) input() *tensor.Tensor {
	if s.images != nil {
		return s.images.batch
	}
	return nn.RandomInput(s.spec.seed(), s.model.Root.In)
}

// describeInput says what the input is, and the names of its pictures.
func (s *subject) describeInput() report.RunInput {
	in := report.RunInput{Shape: s.model.Root.In, Source: fmt.Sprintf("random, seed %d", s.spec.seed())}
	if s.images != nil {
		in.Source, in.Names = s.images.source, s.images.names
		in.Preprocess, in.LeftOut = s.images.preprocess, s.images.leftOut
	}
	return in
}

// convention is how operations are counted in a report; "" means MACs.
func (s *subject) convention(name string) (report.Convention, error) {
	ops, err := report.FindConvention(s.model, cmp.Or(name, defaultCount))
	return ops, refused(err)
}
