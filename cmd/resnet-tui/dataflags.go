package main

import (
	"github.com/spf13/cobra"

	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// dataFlags say on which images.
type dataFlags struct {
	spec      string
	mean, std string
	limit     int
}

func (d *dataFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&d.spec, "data", "", "data set: "+vision.DataSpecs)
	fs.StringVar(&d.mean, "mean", "", "subtracted from each channel, as 0.485,0.456,0.406 (default: the data set's usual ones)")
	fs.StringVar(&d.std, "std", "", "divided by in each channel (default: the data set's usual ones)")
	wholeFlag(fs, &d.limit, "limit", "", 1, 1<<31-1, "at most so many images")
}

// open opens a part of the data set, and takes from it what the flags leave open: the
// images' extents and the number of classes.
func (d *dataFlags) open(cmd *cobra.Command, m *modelFlags, split vision.Split) (vision.Dataset, error) {
	if d.spec == "" {
		return nil, usage("--data is missing: %s", vision.DataSpecs)
	}
	if err := m.adoptBuiltin(cmd.Flags()); err != nil {
		return nil, err
	}
	o := vision.DataOptions{Split: split, Limit: d.limit, Seed: m.seed}
	var err error
	if o.Norm.Mean, err = floats(d.mean); err != nil {
		return nil, usage("--mean: %w", err)
	}
	if o.Norm.Std, err = floats(d.std); err != nil {
		return nil, usage("--std: %w", err)
	}
	c, err := m.config.Resolve()
	if err != nil {
		return nil, asUsage(err)
	}
	o.Transform = transform(c)
	data, err := vision.OpenData(d.spec, o)
	if err != nil {
		return nil, usage("--data: %w", err)
	}
	return data, d.adopt(cmd, m, data)
}

// adopt sets the net's extents by the data's.
func (d *dataFlags) adopt(cmd *cobra.Command, m *modelFlags, data vision.Dataset) error {
	c, h, w := data.Shape()
	for _, e := range []struct {
		flag  string
		value *int
		data  int
	}{
		{"channels", &m.config.Channels, c}, {"size", &m.config.Height, h}, {"size", &m.config.Width, w},
		{"classes", &m.config.Classes, len(data.Classes())},
	} {
		if cmd.Flags().Changed(e.flag) && *e.value != e.data {
			return usage("--%s %d does not agree with --data %s, which has %d", e.flag, *e.value, d.spec, e.data)
		}
		*e.value = e.data
	}
	return nil
}

// firstImages are the first images of a data set, and their labels.
func firstImages(data vision.Dataset, shape tensor.Shape) (*images, []int, error) {
	in := &images{batch: tensor.New(shape...)}
	labels := make([]int, shape[0])
	per := shape[1:].Elems()
	for i := range labels {
		var err error
		if labels[i], err = data.Read(i, in.batch.Data[i*per:(i+1)*per]); err != nil {
			return nil, nil, err
		}
	}
	return in, labels, nil
}
