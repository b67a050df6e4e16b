package live

import (
	"context"
	"errors"
	"fmt"
	"image"

	"resnet-tui/internal/app"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// eyes look at one image: programs for a batch of one, on the weights of the net's
// session and with its lesions.
type eyes struct {
	model    *nn.Model
	input    *tensor.Tensor // 1×C×H×W
	maps     *nn.Session    // keeps what leaves the place of the newest sight; nil before it
	occluder *occluder      // nil before it is needed
}

// sessions are those that there are; e may be nil.
func (e *eyes) sessions() (all []*nn.Session) {
	if e != nil && e.maps != nil {
		all = append(all, e.maps)
	}
	if e != nil && e.occluder != nil {
		all = append(all, e.occluder.session)
	}
	return all
}

// openEyes looks at the first image of the batch.
func (r *runner) openEyes() error {
	if r.eyes != nil {
		return nil
	}
	c := r.whole.Config
	c.Batch = 1
	m, err := resnet.Build(c, r.actual.lesions...)
	if err != nil {
		return err
	}
	r.eyes = &eyes{model: m.Model, input: r.options.input(m.Model)}
	return nil
}

// shutEyes frees what sights have needed. Nothing could be done about an error: the
// weights are the net's session's.
func (r *runner) shutEyes() {
	for _, s := range r.eyes.sessions() {
		s.Close()
	}
	r.eyes = nil
	r.actual.sight, r.actual.patch = Sight{}, image.Rectangle{}
}

// see answers a sight. What can't be seen is said in the answer: nothing else stops.
func (r *runner) see(ctx context.Context, to Sight) error {
	if to.At == "" {
		r.shutEyes()
		r.results.Seen, r.results.Occlusion = nil, nil
		return nil
	}
	seen := &Seen{Sight: to}
	if seen.Err = r.lookAt(ctx, seen); ctx.Err() != nil || app.Lost(seen.Err) {
		return seen.Err
	}
	r.results.Seen, r.actual.sight = seen, to
	return nil
}

// lookAt fills in what a sight asks for.
func (r *runner) lookAt(ctx context.Context, seen *Seen) (err error) {
	if err := r.openEyes(); err != nil {
		return err
	}
	e := r.eyes
	seen.Input = &tensor.Tensor{Shape: e.input.Shape[1:], Data: e.input.Data}
	if seen.Place, err = inspect.Find(e.model, seen.At); err != nil {
		return err
	}
	if err := r.lookInto(ctx, seen.Place); err != nil {
		return err
	}
	logits, err := e.maps.Logits()
	if err != nil {
		return err
	}
	seen.Classes = likeliest(train.Image(logits, 0), len(logits.Data))
	kept, err := e.maps.Kept(seen.Place.At())
	if err != nil {
		return err
	}
	seen.Maps = newMaps(kept)
	return nil
}

// lookInto makes a pass that keeps what leaves a place.
func (r *runner) lookInto(ctx context.Context, place inspect.Place) error {
	e, probe := r.eyes, nn.Probe{At: place.At(), What: nn.Keep}
	if e.maps != nil && e.maps.Options().Probes[0] == probe {
		return nil // the image and the weights are what they were
	}
	s, err := r.share(ctx, e.model, nn.Pass{Probes: []nn.Probe{probe}})
	if err != nil {
		return err
	}
	if err := errors.Join(s.SetInput(e.input), s.Run(ctx, nil)); err != nil {
		return errors.Join(err, s.Close())
	}
	if e.maps != nil {
		e.maps.Close()
	}
	e.maps = s
	return nil
}

// held is the memory of all sessions that there are.
func (r *runner) held() int64 {
	n := r.session.Memory().Total()
	if r.twin != nil {
		n += r.twin.session.Memory().Total()
	}
	for _, s := range r.eyes.sessions() {
		n += s.Memory().Total()
	}
	return n
}

// share makes a session beside the net's, on its weights, if both fit.
func (r *runner) share(ctx context.Context, m *nn.Model, pass nn.Pass) (*nn.Session, error) {
	change := func(o *nn.SessionOptions) { o.Pass, o.Fuse = pass, true }
	o := r.session.Options()
	change(&o)
	need, err := nn.Needs(r.device, m, o)
	if err != nil {
		return nil, err
	}
	if limit := r.options.limit(); limit > 0 && need+r.held() > limit {
		return nil, fmt.Errorf("looking inside takes %s beside what runs, which do not fit into %s",
			profile.FormatBytes(need), profile.FormatBytes(limit))
	}
	return r.session.Share(ctx, m, change)
}
