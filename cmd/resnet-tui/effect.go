package main

import (
	"context"
	"errors"

	"resnet-tui/profile/report"
	"resnet-tui/resnet"
)

// lesionEffect adds to the report of a pass with lesions what they changed:
// the net without them runs on the same weights, images and labels.
func (s *setup) lesionEffect(ctx context.Context, session *resnet.Session, rep *report.Run) (err error) {
	if len(s.model.Lesions) == 0 {
		return nil
	}
	whole, err := resnet.Build(s.model.Config)
	if err != nil {
		return err
	}
	intact, err := session.Beside(ctx, whole, nil)
	if err != nil {
		return s.explain(err)
	}
	defer func() { err = errors.Join(err, intact.Close()) }()
	if err := errors.Join(intact.SetInput(s.input()), s.aim(intact)); err != nil {
		return err
	}
	times, err := timedPass(ctx, intact)
	if err != nil {
		return err
	}
	before, err := report.NewRun(intact, times, classNames(whole.Config))
	if err != nil {
		return err
	}
	if err := s.addLoss(intact, before); err != nil {
		return err
	}
	rep.SetEffect(before, s.labelled)
	return nil
}
