package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet/train"
	"resnet-tui/resnet/vision"
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

const evalBatch = 64

// evalCommand scores a net on a data set.
func evalCommand(a *app) *cobra.Command {
	var m modelFlags
	var r runFlags
	var d dataFlags
	var o outputFlags
	cmd := &cobra.Command{
		Use:     "eval",
		Short:   "accuracy and loss of a checkpoint on a data set",
		Example: "resnet-tui eval --arch cifar_resnet20 --weights resnet20.th --data cifar10:test_batch.bin",
	}
	m.add(cmd)
	d.add(cmd)
	r.addEngine(cmd)
	o.add(cmd)
	cmd.Flags().Lookup("batch").Usage = fmt.Sprintf("images in a pass (default %d)", evalBatch)
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := o.check(); err != nil {
			return err
		}
		e, err := evaluate(cmd, &m, &r, &d)
		if err != nil {
			return err
		}
		return o.print(cmd, e)
	})
	return cmd
}

// open opens the data set, and takes from it what the flags leave open: the
// images' extents and the number of classes.
func (d *dataFlags) open(cmd *cobra.Command, m *modelFlags) (vision.Dataset, error) {
	if d.spec == "" {
		return nil, usage("--data is missing: %s", vision.DataSpecs)
	}
	o := vision.DataOptions{Limit: d.limit, Seed: m.seed}
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
	if !cmd.Flags().Changed("batch") {
		m.config.Batch = min(evalBatch, max(data.Len(), 1))
	}
	return nil
}

// evaluate scores the net that the flags name.
func evaluate(cmd *cobra.Command, m *modelFlags, r *runFlags, d *dataFlags) (e *report.Eval, err error) {
	data, err := d.open(cmd, m)
	if err != nil {
		return nil, err
	}
	s, err := prepare(cmd, m, r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	ctx, show := cmd.Context(), newProgress(cmd.ErrOrStderr())
	session, err := s.session(ctx, show)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	begin := time.Now()
	score, err := train.Evaluate(ctx, session, s.model.Root.In, data, func(sc train.Score) {
		show.say("%d of %d images, %.2f %% right", sc.Total, data.Len(), 100*float64(sc.Correct)/float64(sc.Total))
	})
	show.clear()
	if err != nil {
		return nil, err
	}
	e = report.NewEval(score)
	e.Seconds = time.Since(begin).Seconds()
	e.Model, e.Device = s.describe(session), profile.DescribeDevice(s.device.Info(), s.options)
	e.Data, e.Batch = d.spec, s.model.Config.Batch
	return e, nil
}
