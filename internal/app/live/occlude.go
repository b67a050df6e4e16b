package live

import (
	"context"
	"image"
	"time"

	"resnet-tui/internal/app"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
)

// occlude answers a patch. What can't be done is said in a notice: nothing else stops.
func (r *runner) occlude(ctx context.Context, patch image.Rectangle) error {
	answer, err := r.cover(ctx, patch)
	if ctx.Err() != nil || app.Lost(err) {
		return err
	}
	r.results.Occlusion, r.actual.patch = answer, patch
	if answer == nil {
		r.actual.behind = false
	}
	if err != nil {
		r.notice = err.Error()
	}
	return nil
}

// cover makes a pass without a part of the image.
func (r *runner) cover(ctx context.Context, patch image.Rectangle) (*Occlusion, error) {
	if patch.Empty() {
		return nil, nil
	}
	if err := r.openViewing(ctx); err != nil {
		return nil, err
	}
	e := r.viewing
	if err := e.openOccluder(ctx); err != nil {
		return nil, err
	}
	box := inspect.Box{Top: patch.Min.Y, Left: patch.Min.X, Bottom: patch.Max.Y, Right: patch.Max.X}
	logits, err := e.occluder.Occlude(ctx, box)
	if err != nil {
		return nil, err
	}
	answer := Occlusion{Patch: patch, Classes: train.Softmax(logits)}
	if was := r.results.Occlusion; was != nil {
		answer.Compared, answer.Changes = was.Compared, was.Changes
	}
	if r.actual.behind = true; time.Since(e.compared) < compareEvery {
		return &answer, nil
	}
	return r.compared(answer)
}

// compareEvery is how often outputs are compared while patches keep coming: that takes half
// as long as a pass. After the last patch it is done at once.
const compareEvery = 150 * time.Millisecond

// compare brings the changes of outputs up to date with the newest patch.
func (r *runner) compare() error {
	answer, err := r.compared(*r.results.Occlusion)
	if app.Lost(err) {
		return err
	}
	if r.actual.behind = false; err != nil {
		r.notice = err.Error()
		return nil
	}
	r.results.Occlusion = answer
	return nil
}

// compared is an occlusion with the changes of the newest pass.
func (r *runner) compared(o Occlusion) (*Occlusion, error) {
	e := r.viewing
	changes, err := e.occluder.Changes()
	if err != nil {
		return nil, err
	}
	o.Compared, o.Changes = o.Patch, map[int]float64{}
	for i, l := range e.watched {
		o.Changes[l.Index] = changes[i]
	}
	r.actual.behind, e.compared = false, time.Now()
	return &o, nil
}

// openOccluder opens an occluder that watches what kernels leave, unless there is one.
func (e *viewing) openOccluder(ctx context.Context) error {
	if e.occluder != nil {
		return nil
	}
	watched := results(e.base)
	o, err := inspect.NewOccluder(ctx, e.sample, watched)
	if err == nil {
		e.occluder, e.watched = o, watched
	}
	return err
}

// results are the layers whose outputs kernels of a forward pass leave.
func results(s *nn.Session) []*nn.Layer {
	layers, of := s.Model().Layers, s.Lowered().OpLayer
	var all []*nn.Layer
	for _, k := range s.Kernels() {
		last := of[k.Op]
		for _, op := range k.Absorbed {
			last = max(last, of[op])
		}
		if last >= 0 {
			all = append(all, layers[last])
		}
	}
	return all
}
