package live

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"resnet-tui/internal/app"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// viewing is looking at one image: sessions for a batch of one, on the weights of the net's session
// and with its lesions. Whatever the net's passes do, batch norms use the running
// statistics: those of one image say little.
type viewing struct {
	base     *nn.Session
	sample   inspect.Sample
	place    inspect.Place
	maps     *Maps              // of place
	top      []Guess            // all classes
	known    *Explanation       // the newest; nil before it
	explains *inspect.Explainer // by known's method, at its place
	occluder *inspect.Occluder  // nil before it is needed
	watched  []*nn.Layer        // by the occluder
	compared time.Time          // when their outputs were read last
}

// close frees what a viewing holds. Nothing could be done about an error: the weights are
// the net's session's.
func (e *viewing) close() {
	if e.explains != nil {
		e.explains.Close()
	}
	if e.occluder != nil {
		e.occluder.Close()
	}
	e.base.Close()
}

// closeViewing has the next sight begin anew, with the net as it is then.
func (r *runner) closeViewing() {
	if r.viewing != nil {
		r.viewing.close()
	}
	r.viewing = nil
	r.actual.sight, r.actual.patch, r.actual.behind = Sight{}, image.Rectangle{}, false
}

// see looks at a place, or no more if that is "". What can't be seen is said in the
// answer: nothing else stops. The explanation that was there stays until there is another.
func (r *runner) see(ctx context.Context, at string) error {
	if at == "" {
		r.closeViewing()
		r.results.Seen = nil // what a patch has changed can be looked up longer
		return nil
	}
	seen := &Seen{Sight: Sight{At: at}}
	if seen.Err = r.lookAt(ctx, seen); ctx.Err() != nil || app.Lost(seen.Err) {
		return seen.Err
	}
	if was := r.results.Seen; was != nil {
		seen.Why = was.Why
	}
	r.results.Seen, r.actual.sight = seen, seen.Sight
	return nil
}

// lookAt fills in what leaves a place, and the classes.
func (r *runner) lookAt(ctx context.Context, seen *Seen) (err error) {
	if err := r.openViewing(ctx); err != nil {
		return err
	}
	e := r.viewing
	seen.Input = &tensor.Tensor{Shape: e.sample.Batch.Shape[1:], Data: e.sample.Batch.Data}
	seen.Classes = e.top
	if seen.Place, err = inspect.Find(e.base.Model(), seen.At); err != nil {
		return err
	}
	if err = e.lookInto(ctx, seen.Place); err == nil {
		seen.Maps = e.maps
	}
	return err
}

// explain adds to what is seen of a place why a class is likely.
func (r *runner) explain(ctx context.Context, to Sight) error {
	seen := *r.results.Seen
	if seen.Sight = to; to.Class == Likeliest && len(seen.Classes) > 0 {
		seen.Class = seen.Classes[0].Class
	}
	switch {
	case seen.Maps == nil: // Err says why
	case seen.Class == Likeliest:
		seen.Err = errors.New("the net's output is not finite: there is no class to explain")
	default:
		seen.Why, seen.Err = r.viewing.why(ctx, seen.Place, seen.Method, seen.Class)
	}
	if ctx.Err() != nil || app.Lost(seen.Err) {
		return seen.Err
	}
	r.results.Seen, r.actual.sight = &seen, to
	return nil
}

// openViewing makes a pass of the first image of the batch.
func (r *runner) openViewing(ctx context.Context) error {
	if r.viewing != nil {
		return nil
	}
	c := r.whole.Config
	c.Batch = 1
	m, err := resnet.Build(c, r.actual.lesions...)
	if err != nil {
		return err
	}
	input := r.options.input(m.Model)
	s, err := r.share(ctx, m.Model, nn.Pass{})
	if err != nil {
		return err
	}
	e := &viewing{base: s, sample: inspect.Sample{Session: s, Batch: input}}
	err = errors.Join(s.SetInput(input), s.Run(ctx, nil))
	logits, unread := s.Logits()
	if err = errors.Join(err, unread); err != nil {
		return errors.Join(err, s.Close())
	}
	e.top = likeliest(train.Image(logits, 0), len(logits.Data))
	r.viewing = e
	return nil
}

// share makes a session beside the net's, on its weights, if both fit.
func (r *runner) share(ctx context.Context, m *nn.Model, pass nn.Pass) (*nn.Session, error) {
	change := func(o *nn.SessionOptions) { o.Pass, o.Progress = pass, nil }
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

// held is the memory of what runs.
func (r *runner) held() int64 {
	n := r.session.Memory().Total()
	if r.twin != nil {
		n += r.twin.session.Memory().Total()
	}
	return n
}

// lookInto makes a pass that keeps what leaves a place, unless it is known.
func (e *viewing) lookInto(ctx context.Context, place inspect.Place) (err error) {
	if e.maps != nil && e.place.At() == place.At() {
		return nil
	}
	keep := nn.Pass{Probes: []nn.Probe{{At: place.At(), What: nn.Keep}}}
	s, err := e.base.Share(ctx, e.base.Model(), func(o *nn.SessionOptions) { o.Pass = keep })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := errors.Join(s.SetInput(e.sample.Batch), s.Run(ctx, nil)); err != nil {
		return err
	}
	kept, err := s.Kept(place.At())
	if err == nil {
		e.place, e.maps = place, newMaps(kept)
	}
	return err
}

// why explains a class, unless that is known. Only Grad-CAM depends on the place.
func (e *viewing) why(ctx context.Context, at inspect.Place, method inspect.Method, class int) (*Explanation, error) {
	now := &Explanation{Method: method}
	if method == inspect.GradCAM {
		now.At = at.Path
	}
	if was := e.known; was != nil && was.Method == now.Method && was.At == now.At {
		if was.Class == class {
			return was, nil
		}
	} else if err := e.explainBy(ctx, at, method); err != nil {
		return nil, err
	}
	x, err := e.explains.Explain(ctx, class)
	if err != nil {
		return nil, err
	}
	now.Explanation = x
	e.known = now
	return now, nil
}

// explainBy opens another explainer in place of the one that there is.
func (e *viewing) explainBy(ctx context.Context, at inspect.Place, method inspect.Method) error {
	shape := e.sample.Batch.Shape
	o := inspect.DefaultOptions(method, shape[2], shape[3])
	o.At = at
	x, err := inspect.NewExplainer(ctx, e.sample, o)
	if err != nil {
		return err
	}
	if e.explains != nil {
		e.explains.Close()
	}
	e.explains, e.known = x, nil
	return nil
}
