package live

import (
	"context"
	"image"

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
	if err := r.openEyes(ctx); err != nil {
		return nil, err
	}
	e := r.eyes
	if e.occluder == nil {
		watched := results(e.base)
		o, err := inspect.NewOccluder(ctx, e.sample, watched)
		if err != nil {
			return nil, err
		}
		e.occluder, e.watched = o, watched
	}
	box := inspect.Box{Top: patch.Min.Y, Left: patch.Min.X, Bottom: patch.Max.Y, Right: patch.Max.X}
	x, err := e.occluder.Occlude(ctx, box)
	if err != nil {
		return nil, err
	}
	answer := &Occlusion{Patch: patch, Classes: train.Softmax(x.Logits), Changes: map[int]float64{}}
	for i, l := range e.watched {
		answer.Changes[l.Index] = x.Changes[i]
	}
	return answer, nil
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
