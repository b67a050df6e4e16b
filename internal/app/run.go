package app

import (
	"context"
	"errors"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet/nn"
)

// RunOptions say what a report of one pass shows.
type RunOptions struct {
	Count string `json:"count,omitempty"` // how printed operations are counted, see Conventions; "" means macs
}

// Run makes one pass and reports what came out of it and of every layer. Of a net
// with lesions it also reports what they changed.
func (v Service) Run(ctx context.Context, spec Spec, o RunOptions, l Listener) (*report.Run, error) {
	b, ops, err := v.openCounted(ctx, spec, o.Count, l)
	if err != nil {
		return nil, err
	}
	rep, err := b.onePass(ctx, b.lesionEffect, b.pathLengths)
	if err := errors.Join(err, b.Close()); err != nil {
		return nil, err
	}
	rep.Ops = ops
	return rep, nil
}

// afterPass adds to the report of a session's pass.
type afterPass func(ctx context.Context, s *nn.Session, rep *report.Run) error

// onePass runs the net once and reports on the pass.
func (b *Bench) onePass(ctx context.Context, then ...afterPass) (*report.Run, error) {
	s, err := b.session(ctx, probeOutputs, probeBlocks, probeParameters)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	rep, err := b.pass(ctx, s)
	if err != nil {
		return nil, err
	}
	rep.Model, rep.Device, rep.Input = b.describe(s), b.describeDevice(), b.describeInput()
	rep.Memory.PeakRSSBytes = peakRSS()
	if !rep.Finite() {
		b.listener.notice("the logits of %s are not all finite numbers: %s", rep.Model.Arch, b.whyNotFinite(s))
	}
	for _, f := range then {
		if err := f(ctx, s, rep); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

// pass makes a session's pass and reports what came out.
func (b *Bench) pass(ctx context.Context, s *nn.Session) (*report.Run, error) {
	times, err := timedPass(ctx, s)
	if err != nil {
		return nil, err
	}
	rep, err := report.NewRun(s, times, ClassNames(b.model.Config))
	if err != nil {
		return nil, err
	}
	return rep, b.addLoss(s, rep)
}

// addLoss adds what the labels and the backward pass, if there are any, say.
func (b *Bench) addLoss(s *nn.Session, rep *report.Run) error {
	switch {
	case b.spec.Step.Backward:
		return rep.SetGradients(s)
	case b.target != nil:
		logits, err := s.Logits()
		if err != nil {
			return err
		}
		return rep.SetLabels(logits, b.target)
	}
	return nil
}

// timedPass makes the pass. In eval mode one that nobody watches goes first, since
// the first touches all memory; in train mode it would move the running statistics.
func timedPass(ctx context.Context, s *nn.Session) (*profile.Recorder, error) {
	if s.Options().Mode == nn.Eval {
		if err := s.Run(ctx, nil); err != nil {
			return nil, err
		}
	}
	times := profile.NewRecorder(s.Lowered(), s.Kernels(), 1)
	return times, s.Run(ctx, times)
}

// pathLengths adds path lengths to a report, if the spec asks for them.
func (b *Bench) pathLengths(ctx context.Context, s *nn.Session, rep *report.Run) error {
	if b.spec.Step.Paths == 0 {
		return nil
	}
	spectra, err := s.PathLengths(ctx, b.spec.Step.Paths, func(done, total int64) {
		if total > 0 {
			b.listener.progress(percent("path lengths", done, total))
		}
	})
	rep.SetPaths(spectra)
	return err
}
