package tui

import (
	"errors"
	"math"
	"time"

	"resnet-tui/internal/app"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// baseline is what the net gave before it had lesions, on the same images.
type baseline struct {
	batch  int
	mode   nn.Mode
	logits *tensor.Tensor
	loss   float64 // NaN without a backward pass
	grads  *gradients
	back   bool
	wall   time.Duration // of a pass, 0 if it was not measured
}

// effect is what lesions do to the output, compared with the net without them.
type effect struct {
	train.Change
	loss  float64 // of the intact net, NaN if not known
	grads *gradients
	wall  time.Duration // of the intact net
}

// fits reports whether a baseline is of such passes.
func (b *baseline) fits(batch int, o nn.SessionOptions) bool {
	return b != nil && b.batch == batch && b.mode == o.Mode && (b.back || o.Backward == nil)
}

// remember takes the newest pass of a net without lesions as the baseline.
func (e *engine) remember(s *nn.Session) {
	logits, err := s.Logits()
	if err != nil {
		return
	}
	o := s.Options()
	e.intact = &baseline{batch: s.Model().Batch(), mode: o.Mode, logits: logits, loss: math.NaN(), back: o.Backward != nil}
	if g := e.gather(s); g != nil {
		e.intact.loss, e.intact.grads = g.loss, g
	}
}

// keepIntact makes sure that there is a baseline for a net with lesions: if
// need be it runs the whole net once, on the same weights.
func (e *engine) keepIntact(whole *resnet.Model, to aim) error {
	if len(to.lesions) == 0 || to.stepping {
		return nil
	}
	o := e.session.Options()
	e.options(to)(&o)
	alike := to
	alike.lesions, alike.twin = nil, e.have.twin
	if alike.same(e.have) {
		e.remember(e.session)
	}
	if !e.intact.fits(to.batch, o) {
		if err := e.runIntact(whole, to); err != nil {
			return err
		}
	}
	if alike.same(e.have) && e.intact != nil {
		e.intact.wall = e.typicalPass()
	}
	return nil
}

// typicalPass is the median time of a pass, 0 if too few were measured.
func (e *engine) typicalPass() time.Duration {
	var s profile.Snapshot
	if e.state.program.recorder.Snapshot(&s); s.Wall.N < 3 {
		return 0
	}
	return s.Wall.P50
}

// runIntact makes a baseline of one pass.
func (e *engine) runIntact(whole *resnet.Model, to aim) error {
	feed := func(s *nn.Session) error {
		return errors.Join(s.SetInput(e.opts.input(whole.Model)), e.aimAt(s, whole.Model))
	}
	return app.WithIntact(e.ctx, e.session, whole.Model, e.options(to), feed, func(s *nn.Session) error {
		if err := s.Run(e.ctx, nil); err != nil {
			return err
		}
		e.remember(s)
		return nil
	})
}

// rescale reaches the target by other αs alone, if that is all there is to do.
func (e *engine) rescale(to aim) bool {
	like := e.have
	like.lesions, like.twin = to.lesions, to.twin
	if !like.same(to) || len(to.lesions) != len(e.have.lesions) {
		return false
	}
	for i, l := range to.lesions {
		was := e.have.lesions[i]
		if was.Alpha = l.Alpha; was != l {
			return false
		}
	}
	for _, l := range to.lesions {
		if l.Kind == nn.ScaleBranch && e.session.SetAlpha(l.Path, l.Alpha) != nil {
			return false
		}
	}
	return true
}

// judge compares the newest logits with the baseline's; nil without one.
func (e *engine) judge(logits *tensor.Tensor) *effect {
	o := e.session.Options()
	if len(e.have.lesions) == 0 || !e.intact.fits(e.session.Model().Batch(), o) {
		return nil
	}
	f := &effect{loss: e.intact.loss, grads: e.intact.grads, wall: e.intact.wall}
	var labels []int
	if len(e.opts.Target) > 0 { // seeded targets aren't the images' classes
		labels = e.opts.target(e.session.Model())
	}
	f.Change = app.LesionChange(e.intact.logits, logits, labels)
	return f
}
