package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/train"
)

// runCommand makes one pass.
func runCommand(a *app) *cobra.Command {
	var m modelFlags
	var r runFlags
	var o outputFlags
	var labels string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "one pass: likeliest classes, logits, every layer's output and time",
		Example: "resnet-tui run --depth 50 --weights resnet50.pth --input cat.jpg\n" +
			"resnet-tui run --depth 18 --no-fuse --format json",
	}
	m.add(cmd)
	r.addEngine(cmd)
	r.addInput(cmd)
	r.addCount(cmd)
	cmd.Flags().StringVar(&labels, "labels", "", "the right classes, as 3,7, one an image: adds the loss")
	o.add(cmd)
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := o.check(); err != nil {
			return err
		}
		s, err := prepare(cmd, &m, &r)
		if err != nil {
			return err
		}
		s.options.Moments = true
		rep, err := s.onePass(cmd, labels)
		if err := errors.Join(err, s.close()); err != nil {
			return err
		}
		if !rep.Finite() {
			fmt.Fprintln(cmd.ErrOrStderr(), "the logits are not all finite numbers: the net's values overflowed")
		}
		return o.print(cmd, rep)
	})
	return cmd
}

// onePass runs the net and reports on the pass.
func (s *setup) onePass(cmd *cobra.Command, labels string) (*report.Run, error) {
	classes, err := s.labels(labels)
	if err != nil {
		return nil, err
	}
	ctx := cmd.Context()
	session, err := s.session(ctx, newProgress(cmd.ErrOrStderr()))
	if err != nil {
		return nil, err
	}
	defer session.Close()
	times, err := timedPass(ctx, session)
	if err != nil {
		return nil, err
	}
	rep, err := report.NewRun(session, times, classNames(s.model.Config))
	if err != nil {
		return nil, err
	}
	rep.Model, rep.Device = s.describe(session), profile.DescribeDevice(s.device.Info(), s.options)
	rep.Input = s.describeInput()
	rep.Memory.PeakRSSBytes, rep.Ops = peakRSS(), s.ops
	if classes == nil {
		return rep, nil
	}
	logits, err := session.Logits()
	if err != nil {
		return nil, err
	}
	return rep, rep.SetLabels(logits, classes)
}

// timedPass makes the pass. In eval mode one that nobody watches goes before,
// since the first touches all memory; in train mode it would move the running
// statistics.
func timedPass(ctx context.Context, s *resnet.Session) (*profile.Recorder, error) {
	if !s.Options().Train {
		if err := s.Run(ctx, nil); err != nil {
			return nil, err
		}
	}
	times := profile.NewRecorder(s.Lowered(), s.Model(), 1)
	return times, s.Run(ctx, times)
}

// labels reads --labels; nil if there are none.
func (s *setup) labels(list string) ([]int, error) {
	if list == "" {
		return nil, nil
	}
	labels, err := integers(list)
	if err == nil {
		err = train.CheckLabels(labels, s.model.Config.Batch, s.model.Config.Classes)
	}
	if err != nil {
		return nil, usage("--labels: %w", err)
	}
	return labels, nil
}
