package live

import (
	"context"
	"math"
	"time"

	"resnet-tui/internal/app"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// baseline is what a pass of the net without lesions gave.
type baseline struct {
	batch    int
	mode     nn.Mode
	backward bool
	logits   *tensor.Tensor
	loss     float64    // NaN without a backward pass
	grads    *Gradients // nil without a backward pass
}

// suits reports whether a baseline can be compared with passes of such a session.
func (b *baseline) suits(batch int, o nn.SessionOptions) bool {
	return b != nil && b.batch == batch && b.mode == o.Mode && (b.backward || o.Backward == nil)
}

// remember takes the newest pass of a session without lesions as the baseline.
func (r *runner) remember(s *nn.Session) {
	logits, err := s.Logits()
	if err != nil {
		return
	}
	o := s.Options()
	b := &baseline{batch: s.Model().Batch(), mode: o.Mode, backward: o.Backward != nil, logits: logits, loss: math.NaN()}
	if b.grads = r.options.gradients(s); b.grads != nil {
		b.loss = b.grads.Loss
	}
	r.intact = b
}

// keepIntact makes sure that there is a baseline for a target with lesions. If need
// be the whole net runs once.
func (r *runner) keepIntact(ctx context.Context, whole *resnet.Model, to target) error {
	if len(to.lesions) == 0 || to.stepping {
		return nil
	}
	if len(r.actual.lesions) == 0 && r.actual.target.sameNet(to) { // it is what the session runs now
		r.remember(r.session)
	}
	if !r.intact.suits(to.batch, r.changed(to)) {
		err := app.WithIntact(ctx, r.session, whole.Model, r.change(to), r.options.feed, func(s *nn.Session) error {
			if err := s.Run(ctx, nil); err != nil {
				return err
			}
			r.remember(s)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// effectTime is how long the measurement of an effect on time may take: whoever made a
// lesion waits for it.
const effectTime = time.Second

// timeLesions measures what lesions change in the time of a pass: passes of the net with
// and without them run turn about, since those of before ran in another spell of the
// machine.
func (r *runner) timeLesions(ctx context.Context) error {
	r.lesionTime = nil
	if len(r.actual.lesions) == 0 || r.actual.stepping {
		return nil
	}
	use := func(intact *nn.Session) (err error) {
		r.lesionTime, err = profile.TakeTurns(ctx, intact, r.session, effectTime)
		return err
	}
	return app.WithIntact(ctx, r.session, r.whole.Model, nil, r.options.feed, use)
}

// effect compares the newest logits with the baseline's; nil without one.
func (r *runner) effect(logits *tensor.Tensor) *Effect {
	if len(r.actual.lesions) == 0 || !r.intact.suits(r.session.Model().Batch(), r.session.Options()) {
		return nil
	}
	f := &Effect{IntactLoss: r.intact.loss, IntactGrads: r.intact.grads, Time: r.lesionTime}
	var labels []int
	if len(r.options.Target) > 0 { // seeded targets are not the images' classes
		labels = r.options.target(r.session.Model())
	}
	f.Change = app.LesionChange(r.intact.logits, logits, labels)
	return f
}
