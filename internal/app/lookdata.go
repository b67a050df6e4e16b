package app

import (
	"cmp"
	"context"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/resnet/vision"
)

// LookBatch is the number of images per pass where one looks at a whole set and the spec
// leaves it open. What a layer gives for all of them is held at once.
const LookBatch = 16

// lookAtSet opens the images that a spec names and builds its net for them. Their classes
// need not be the net's: nobody asks whether it is right.
func lookAtSet(ctx context.Context, spec Spec, l Listener) (*subject, vision.Dataset, error) {
	spec, err := spec.settle()
	if err != nil {
		return nil, nil, err
	}
	c, err := spec.config(l)
	if err != nil {
		return nil, nil, err
	}
	data, err := spec.imageSet(ctx, &c, l)
	if err != nil {
		return nil, nil, err
	}
	c.Batch = cmp.Or(spec.Net.Batch, min(LookBatch, data.Len()))
	s, err := newSubject(spec, c, nil)
	if err != nil {
		return nil, nil, err
	}
	return s, data, s.wholeBatches(data.Len())
}

// imageSet is the spec's data set, or the images of its files, which set the extents of c
// that the spec leaves open.
func (s *Spec) imageSet(ctx context.Context, c *resnet.Config, l Listener) (vision.Dataset, error) {
	switch {
	case s.Input.Data.Name != "" && len(s.Input.Files) > 0:
		return nil, refuse("{data} and {input} both bring images: give one of them")
	case len(s.Input.Files) > 0:
		in, err := s.Input.readFiles(ctx, *c, l)
		if err != nil {
			return nil, err
		}
		asked := s.Net
		asked.Batch = 0
		return fileSet{in}, adoptBatch(c, asked, in.batch.Shape)
	}
	data, err := s.Input.openData(*c, vision.Test, s.seed(), l)
	if err != nil {
		return nil, err
	}
	return data, adoptImages(c, s.Net, data, s.Input.Data.Name)
}

// nameSet names the images in reports.
func (in *Input) nameSet() string { return cmp.Or(in.Data.Name, strings.Join(in.Files, ", ")) }

// wholeBatches refuses to fill up the last batch where batch norm would take the filling
// for images.
func (s *subject) wholeBatches(images int) error {
	if b := s.model.Config.Batch; s.spec.Run.Mode == ModeTrain && images%b != 0 {
		return refuse("{mode} train: %d images are no whole number of batches of %d, and one that is filled up "+
			"would have other statistics ({batch} or {limit} changes that)", images, b)
	}
	return nil
}

// fileSet is a set of images that came in files.
type fileSet struct{ *images }

func (f fileSet) Len() int             { return f.batch.Shape[0] }
func (f fileSet) Shape() (c, h, w int) { return f.batch.Shape[1], f.batch.Shape[2], f.batch.Shape[3] }
func (f fileSet) Classes() []string    { return nil }

func (f fileSet) Read(i int, dst []float32) (label int, err error) {
	copy(dst, f.batch.Data[i*len(dst):])
	return 0, nil
}

// keepAll are probes of what leaves some places.
func keepAll(at []nn.At) []nn.Probe {
	var probes []nn.Probe
	for _, a := range at {
		probes = append(probes, nn.Probe{At: a, What: nn.Keep})
	}
	return probes
}

// eachBatch runs a session on all images of a set, and calls visit after each pass with the
// labels of the batch's images, as many as count.
func (b *Bench) eachBatch(ctx context.Context, s *nn.Session, data vision.Dataset, visit func(labels []int) error) error {
	done := 0
	return train.EachBatch(ctx, s, b.model.Root.In, data, func(labels []int) error {
		done += len(labels)
		b.listener.progress(percent("images", int64(done), int64(data.Len())))
		return visit(labels)
	})
}
