package app

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"resnet-tui/profile/report"
	"resnet-tui/resnet/inspect"
)

// InspectField reports what a unit of a layer's or block's output sees of an image. unit is
// "C,Y,X", or "C" of a vector; the place is that of the look.
func (v Service) InspectField(
	ctx context.Context, spec Spec, look Look, unit string, l Listener,
) (_ *report.UnitField, err error) {
	s, err := resolve(ctx, spec, 1, l)
	if err != nil {
		return nil, err
	}
	place, err := s.place(look.At)
	if err != nil {
		return nil, err
	}
	u, err := unitOf(place, unit)
	if err != nil {
		return nil, err
	}
	if err := s.checkImage(look.Image); err != nil {
		return nil, err
	}
	b, err := v.equip(ctx, s, l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	base, err := b.session(ctx)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	f, err := inspect.MeasureField(ctx, inspect.Sample{Session: base, Batch: b.input(), Index: look.Image}, place, u)
	if err != nil {
		return nil, b.explainMemory(err)
	}
	r := report.NewUnitField(f, u)
	r.Model, r.Device, r.Input, r.Mode = b.describe(base), b.describeDevice(), b.describeInput(), b.spec.Run.Mode
	r.Image, r.At, r.Layer = look.Image, look.At, string(place.At())
	return r, nil
}

// unitOf reads a {unit} of a place's output.
func unitOf(p inspect.Place, text string) (u inspect.Unit, err error) {
	if text == "" {
		return u, refuse("{unit} is missing: channel, row and column of a unit of %s, such as 0,0,0; its output is %v",
			p.Path, p.Layer.Out[1:])
	}
	parts := strings.Split(text, ",")
	if len(parts) == 1 && len(p.Layer.Out) == 2 {
		parts = append(parts, "0", "0")
	}
	to := []*int{&u.C, &u.Y, &u.X}
	if len(parts) != len(to) {
		return u, refuse("{unit} %s: it must be C,Y,X: channel, row and column, from 0", text)
	}
	for i, part := range parts {
		if *to[i], err = strconv.Atoi(strings.TrimSpace(part)); err != nil {
			return u, refuse("{unit} %s: %q is not a whole number", text, part)
		}
	}
	if err := u.Check(p.Layer); err != nil {
		return u, refuse("{unit} %s: %w", text, err)
	}
	return u, nil
}
