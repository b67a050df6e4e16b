package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"resnet-tui/profile/report"
	"resnet-tui/resnet/train"
	"resnet-tui/resnet/vision"
)

// EvalBatch is the number of images per pass where the spec leaves it open.
const EvalBatch = 64

// Evaluate scores a net on the test images of the spec's data set.
func (v Service) Evaluate(ctx context.Context, spec Spec, l Listener) (e *report.Eval, err error) {
	s, data, err := resolveData(spec, l)
	if err != nil {
		return nil, err
	}
	b, err := v.equip(ctx, s, l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	session, err := b.session(ctx)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	begin := time.Now()
	score, err := train.Evaluate(ctx, session, b.model.Root.In, data, func(sc train.Score) {
		right := 100 * float64(sc.Correct) / float64(sc.Total)
		l.progress(Progress{
			Stage: "images", Done: int64(sc.Total), Total: int64(data.Len()),
			Text: fmt.Sprintf("%d of %d images, %.2f %% right", sc.Total, data.Len(), right),
		})
	})
	if err != nil {
		return nil, err
	}
	if score.Loss-score.Loss != 0 {
		l.notice("the loss is not a finite number: %s",
			cmp.Or(b.weightFault(), "an image or the net's values are not finite"))
	}
	e = report.NewEval(score)
	e.Seconds = time.Since(begin).Seconds()
	e.Model, e.Device = b.describe(session), b.describeDevice()
	e.Preprocess, e.LeftOut = describePictures(data)
	e.Data, e.Batch = spec.Input.Data.Name, b.model.Config.Batch
	return e, nil
}

// resolveData opens the test images of a spec and builds its net for them.
func resolveData(spec Spec, l Listener) (*subject, vision.Dataset, error) {
	spec, err := spec.settle()
	if err != nil {
		return nil, nil, err
	}
	c, err := spec.config(l)
	if err != nil {
		return nil, nil, err
	}
	data, err := spec.openData(&c, vision.Test, l)
	if err != nil {
		return nil, nil, err
	}
	c.Batch = cmp.Or(c.Batch, min(EvalBatch, max(data.Len(), 1)))
	s, err := newSubject(spec, c, nil)
	return s, data, err
}
