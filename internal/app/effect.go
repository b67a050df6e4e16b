package app

import (
	"context"
	"errors"

	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// lesionEffect adds to the report of a pass with lesions what they changed: the net
// without them runs on the same weights, images and labels.
func (b *Bench) lesionEffect(ctx context.Context, s *nn.Session, rep *report.Run) (err error) {
	if len(b.model.Lesions) == 0 {
		return nil
	}
	whole, err := resnet.Build(b.model.Config)
	if err != nil {
		return err
	}
	intact, err := s.Beside(ctx, whole.Model, nil)
	if err != nil {
		return explainMemory(b.device, b.model.Model, s.Options(), err)
	}
	defer func() { err = errors.Join(err, intact.Close()) }()
	if err := b.feed(intact); err != nil {
		return err
	}
	before, err := b.pass(ctx, intact)
	if err != nil {
		return err
	}
	rep.SetEffect(before, b.labelled)
	return nil
}
