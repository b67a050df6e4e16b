package app

import (
	"fmt"
	"strconv"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// DataSets is how data sets are named, for help and messages.
const DataSets = vision.DataSpecs

// openData opens a part of the data set for the net c; pictures are resized to suit
// it.
func (in *Input) openData(c resnet.Config, split vision.Split, seed uint64, l Listener) (vision.Dataset, error) {
	d := &in.Data
	if d.Name == "" {
		return nil, refuse("{data} is missing: %s", DataSets)
	}
	c, err := c.Resolve()
	if err != nil {
		return nil, refused(err)
	}
	data, err := vision.OpenData(d.Name, vision.DataOptions{
		Split: split, Limit: d.Limit, Seed: seed,
		Transform: in.Preprocess.transform(c), Norm: vision.Norm{Mean: d.Mean, Std: d.Std},
	})
	if err != nil {
		return nil, refuse("{data}: %w", err)
	}
	_, skipped, ok := vision.PicturesOf(data)
	if !ok {
		return data, in.Preprocess.unused(d.Name)
	}
	noticeSkipped(l, skipped)
	return data, nil
}

// adoptData sets c's extents and classes by a data set's, unless asked disagrees.
func adoptData(c *resnet.Config, asked resnet.Config, data vision.Dataset, name string) error {
	if err := adoptImages(c, asked, data, name); err != nil {
		return err
	}
	return adoptFrom(name, extent{"classes", asked.Classes, &c.Classes, len(data.Classes())})
}

// adoptImages sets c's extents by a data set's images, unless asked disagrees.
func adoptImages(c *resnet.Config, asked resnet.Config, data vision.Dataset, name string) error {
	channels, h, w := data.Shape()
	return adoptFrom(name,
		extent{"channels", asked.Channels, &c.Channels, channels},
		extent{"size", asked.Height, &c.Height, h},
		extent{"size", asked.Width, &c.Width, w})
}

// adoptFrom sets extents by those of a data set.
func adoptFrom(name string, extents ...extent) error {
	for _, e := range extents {
		if err := adopt([]extent{e}, say("{data} %s, which has %d", name, e.found)); err != nil {
			return err
		}
	}
	return nil
}

// describeData tells training sets apart in checkpoints.
func (in *Input) describeData(data vision.Dataset) string {
	d := &in.Data
	c, h, w := data.Shape()
	name := fmt.Sprintf("%s, %d images of %d×%d×%d", d.Name, data.Len(), c, h, w)
	if d.Mean != nil || d.Std != nil {
		name += fmt.Sprintf(", mean %s, std %s", list(d.Mean), list(d.Std))
	}
	if in.Preprocess != (Preprocess{}) {
		p, _ := describePictures(data)
		name += ", " + p.String()
	}
	return name
}

func list(xs []float32) string {
	var text []string
	for _, x := range xs {
		text = append(text, strconv.FormatFloat(float64(x), 'g', -1, 32))
	}
	return strings.Join(text, ",")
}

// firstImages are the first n images of a data set, with their labels.
func firstImages(data vision.Dataset, n int, name string) (*images, error) {
	if data.Len() < n {
		return nil, refuse("{batch} %d: {data} %s has %d images", n, name, data.Len())
	}
	c, h, w := data.Shape()
	in := &images{
		batch:  tensor.New(n, c, h, w),
		source: fmt.Sprintf("the first %d of %s", n, name),
		labels: make([]int, n),
		norm:   vision.NormOf(data),
	}
	in.preprocess, in.leftOut = describePictures(data)
	per := c * h * w
	for i := range in.labels {
		var err error
		if in.labels[i], err = data.Read(i, in.batch.Data[i*per:(i+1)*per]); err != nil {
			return nil, err
		}
	}
	return in, nil
}
