package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
)

// runCommand makes one pass.
func runCommand(a *app) *cobra.Command {
	var m modelFlags
	var r runFlags
	var o outputFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "one pass: likeliest classes, logits, every layer's output and time, gradients",
		Example: "resnet-tui run --depth 50 --weights resnet50.pth --input cat.jpg\n" +
			"resnet-tui run --depth 18 --no-fuse --format json\n" +
			"resnet-tui run --depth 50 --batch 4 --backward --paths 16 --lesion layer3.2=drop-branch",
	}
	m.add(cmd)
	r.addEngine(cmd)
	r.addInput(cmd)
	r.addCount(cmd)
	r.addBackward(cmd)
	r.addPaths(cmd)
	m.addLesions(cmd)
	o.add(cmd)
	cmd.RunE = a.run(func(cmd *cobra.Command) error {
		if err := o.check(); err != nil {
			return err
		}
		s, err := prepare(cmd, &m, &r)
		if err != nil {
			return err
		}
		s.options.Moments, s.options.Norms = true, r.backward
		rep, err := s.onePass(cmd, s.lesionEffect, pathLengths(cmd, r.paths))
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

// afterPass is what is done with a session whose pass is in a report.
type afterPass func(ctx context.Context, s *resnet.Session, rep *report.Run) error

// pathLengths adds path lengths to a report, if they are asked for.
func pathLengths(cmd *cobra.Command, paths int) afterPass {
	return func(ctx context.Context, s *resnet.Session, rep *report.Run) error {
		if paths == 0 {
			return nil
		}
		show := newProgress(cmd.ErrOrStderr())
		spectra, err := s.PathLengths(ctx, paths, func(done, total int64) { show.session("path lengths", done, total) })
		show.clear()
		rep.SetPaths(spectra)
		return err
	}
}

// onePass runs the net and reports on the pass.
func (s *setup) onePass(cmd *cobra.Command, then ...afterPass) (*report.Run, error) {
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
	if err := s.addLoss(session, rep); err != nil {
		return nil, err
	}
	for _, f := range then {
		if err := f(ctx, session, rep); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

// addLoss adds what the labels and the backward pass, if there are any, say.
func (s *setup) addLoss(session *resnet.Session, rep *report.Run) error {
	switch {
	case s.options.Backward:
		return rep.SetGradients(session)
	case s.target != nil:
		logits, err := session.Logits()
		if err != nil {
			return err
		}
		return rep.SetLabels(logits, s.target)
	}
	return nil
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
