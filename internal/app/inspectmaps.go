package app

import (
	"context"
	"errors"

	"resnet-tui/profile/report"
)

// InspectMaps makes a pass and reports what left a layer or block, channel by channel, for
// one image of the batch.
func (v Service) InspectMaps(ctx context.Context, spec Spec, look Look, l Listener) (_ *report.Maps, err error) {
	b, place, err := v.openLook(ctx, spec, look, l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	s, kept, err := b.keep(ctx, place)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	r := report.NewMaps(kept, look.Image)
	r.Model, r.Device, r.Input, r.Mode = b.describe(s), b.describeDevice(), b.describeInput(), b.spec.Run.Mode
	r.At, r.Layer = look.At, string(place.At())
	return r, nil
}
