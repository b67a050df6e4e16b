package app

import (
	"context"
	"errors"
	"time"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// WithIntact makes a session of the net without its lesions beside s, on the same
// weights, and hands it to use. change, if not nil, changes its options from those of
// s; feed gives it the input and the target. It is closed afterwards.
func WithIntact(
	ctx context.Context, s *nn.Session, whole *nn.Model, change func(*nn.SessionOptions),
	feed, use func(intact *nn.Session) error,
) (err error) {
	intact, err := s.Share(ctx, whole, change)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, intact.Close()) }()
	if err := feed(intact); err != nil {
		return err
	}
	return use(intact)
}

// LesionChange is how far lesions have moved a net's logits, N×classes, on the same
// images. labels are the right classes of the images, nil if they aren't known.
func LesionChange(intact, lesioned *tensor.Tensor, labels []int) train.Change {
	var c train.Change
	for i := range intact.Shape[0] {
		label := -1
		if i < len(labels) {
			label = labels[i]
		}
		c.Add(train.Image(intact, i), train.Image(lesioned, i), label)
	}
	return c
}

// effectTime is how long the measurement of an effect on time may take.
const effectTime = 2 * time.Second

// lesionEffect adds to the report of a pass with lesions what they changed: the net
// without them runs on the same weights, images and labels.
func (b *Bench) lesionEffect(ctx context.Context, s *nn.Session, rep *report.Run) error {
	if len(b.model.Lesions) == 0 {
		return nil
	}
	whole, err := resnet.Build(b.model.Config)
	if err != nil {
		return err
	}
	after, err := s.Logits()
	if err != nil {
		return err
	}
	err = WithIntact(ctx, s, whole.Model, nil, b.feed, func(intact *nn.Session) error {
		pass, err := b.pass(ctx, intact)
		if err != nil {
			return err
		}
		before, err := intact.Logits()
		if err != nil {
			return err
		}
		rep.SetEffect(pass, LesionChange(before, after, b.Labels()))
		rep.Effect.Time, err = profile.TakeTurns(ctx, intact, s, effectTime)
		return err
	})
	return ExplainMemory(b.device, b.model.Model, s.Options(), err)
}
