package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// CompareOptions say what a net is compared with.
type CompareOptions struct {
	// With has the other net, its lesions, weights and seed, and what runs it where that
	// isn't what runs the first; nil: the plain twin. See Variation.
	With *Spec `json:"with,omitempty"`
}

// CompareBatch is the number of images where neither the spec nor its images say it.
const CompareBatch = 8

// compareRuns is the number of passes of which times are medians.
const compareRuns = 5

// Compare runs two nets, one after the other, forward and backward on the same
// images and labels. Both begin with the same weights where both have them.
func (v Service) Compare(ctx context.Context, spec Spec, o CompareOptions, l Listener) (*report.Compare, error) {
	spec.Step.Backward = true
	x, err := resolve(ctx, spec, CompareBatch, l)
	if err != nil {
		return nil, err
	}
	other, err := x.other(o.With)
	if err != nil {
		return nil, err
	}
	y, err := x.beside(other, l)
	if err != nil {
		return nil, err
	}
	if err := v.tryDevice(ctx, y, x); err != nil {
		return nil, err
	}
	a, err := v.side(ctx, x, l)
	if err != nil {
		return nil, err
	}
	b, err := v.side(ctx, y, l)
	if err != nil {
		return nil, err
	}
	return report.NewCompare(a, b), nil
}

// Variation is what the other net of a comparison with a begins as, before it is
// changed to what with says: a's net without its weights and lesions; no net yet, where
// with names another one altogether; or all of a, where with changes what runs it alone.
func Variation(a, with Spec) (Spec, error) {
	if with.Net == (resnet.Config{}) && with.Weights == "" && len(with.Lesions) == 0 && with.Seed == nil {
		return a, nil
	}
	base := a
	base.Lesions, base.Weights, base.Partial, base.Net = nil, "", false, resnet.Config{}
	if _, _, err := with.builtinNet(); err != nil {
		return base, err
	}
	n := with.Net
	named := n.Arch != "" || n.Family != resnet.FamilyDefault
	if named || with.Weights != "" && n.Depth == 0 && !n.Plain {
		return base, nil
	}
	c, err := a.config(Listener{})
	if err != nil {
		return base, err
	}
	if c, err = c.Resolve(); err != nil {
		return base, refused(err)
	}
	c.Arch = ""
	c.Classes, c.Channels, c.Height, c.Width, c.Batch = 0, 0, 0, 0, 0 // as the first net has them
	if n.Depth != 0 || n.Blocks != (resnet.Blocks{}) {
		c.Depth, c.Block, c.Blocks = 0, resnet.BlockDefault, resnet.Blocks{}
	}
	base.Net = c
	return base, nil
}

// other is the spec of the net beside s: with, or that of the plain twin.
func (s *subject) other(with *Spec) (Spec, error) {
	if with != nil {
		other := *with
		if other.Run == (Run{}) {
			other.Run = s.spec.Run
		}
		other.Input, other.Step = s.spec.Input, s.spec.Step
		other.Run.Mode, other.Run.NoCalibrate = s.spec.Run.Mode, s.spec.Run.NoCalibrate
		return other, nil
	}
	other := s.spec
	other.Lesions, other.Weights, other.Partial = nil, s.spec.twinWeights(), false
	if s.spec.Weights != "" && other.Weights == "" {
		return other, refuse("{weights} belong to the net, and its twin needs some of its own: " +
			"name the twin by {with}, as \"--plain --weights FILE\"")
	}
	var ok bool
	if other.Net, ok = s.model.Config.Twin(); !ok {
		return other, refuse("%s has no plain twin: name the other net by {with}", s.model.Name)
	}
	return other, nil
}

// tryDevice refuses a device of the second net's own that can't be had, before the first
// net runs.
func (v Service) tryDevice(ctx context.Context, s, first *subject) error {
	if s.spec.Run == first.spec.Run {
		return nil
	}
	dev, err := v.openDevice(ctx, s.spec.Run, Listener{})
	if err != nil {
		return err
	}
	return dev.Close()
}

// beside is the other net on the images and labels of s. What it leaves open of
// their extents is as for s.
func (s *subject) beside(other Spec, l Listener) (*subject, error) {
	c, err := other.config(l)
	if err != nil {
		return nil, err
	}
	of := s.model.Config
	c.Classes = cmp.Or(c.Classes, of.Classes)
	c.Channels = cmp.Or(c.Channels, of.Channels)
	c.Height = cmp.Or(c.Height, of.Height)
	c.Width = cmp.Or(c.Width, of.Width)
	c.Batch = cmp.Or(c.Batch, of.Batch)
	y, err := newSubject(other, c, s.images)
	if err != nil {
		return nil, err
	}
	return y, s.share(y)
}

// share gives two nets the same images and labels, if they can take them.
func (s *subject) share(y *subject) error {
	if !s.model.Root.In.Equal(y.model.Root.In) {
		return refuse("%s takes %v and %s %v: to compare them, both must take the same images",
			s.model.Name, s.model.Root.In, y.model.Name, y.model.Root.In)
	}
	classes := min(s.model.Config.Classes, y.model.Config.Classes)
	if s.images == nil {
		s.images = &images{batch: s.input(), source: fmt.Sprintf("random, seed %d", s.spec.seed())}
	}
	switch {
	case !s.labelled:
		s.target = nn.RandomTarget(s.spec.seed(), s.model.Config.Batch, classes)
	case slices.Max(s.target) >= classes:
		return refuse("the data has more classes than %s and %s both have", s.model.Name, y.model.Name)
	}
	y.images, y.target = s.images, s.target
	return nil
}

// side runs one net.
func (v Service) side(ctx context.Context, s *subject, l Listener) (side report.Side, err error) {
	b, err := v.equip(ctx, s, l)
	if err != nil {
		return side, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	side.Run, err = b.onePass(ctx, func(ctx context.Context, session *nn.Session, _ *report.Run) error {
		if side.Responses, err = session.Responses(ctx); err != nil {
			return err
		}
		side.Profile, err = profile.Measure(ctx, session, profile.MeasureOptions{Runs: compareRuns, Warmup: 1})
		return err
	})
	return side, err
}
