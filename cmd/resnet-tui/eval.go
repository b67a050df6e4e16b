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
	m.addLesions(cmd)
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

// evaluate scores the net that the flags name.
func evaluate(cmd *cobra.Command, m *modelFlags, r *runFlags, d *dataFlags) (e *report.Eval, err error) {
	data, err := d.open(cmd, m, vision.Test)
	if err != nil {
		return nil, err
	}
	if !given(cmd.Flags(), "batch") {
		m.config.Batch = min(evalBatch, max(data.Len(), 1))
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
