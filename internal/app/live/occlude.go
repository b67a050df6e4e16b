package live

import (
	"context"
	"image"

	"resnet-tui/internal/app"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// occluder makes passes of an image without a part of it, and compares what leaves the
// layers with what left them before.
type occluder struct {
	session *nn.Session
	image   *tensor.Tensor // the input, with the patch
	layers  []int          // whose outputs are kept
	whole   []*tensor.Tensor
}

// occlude answers a patch. What can't be done is said in a notice: nothing else stops.
func (r *runner) occlude(ctx context.Context, patch image.Rectangle) error {
	err := r.cover(ctx, patch)
	if ctx.Err() != nil || app.Lost(err) {
		return err
	}
	if r.actual.patch = patch; err != nil {
		r.results.Occlusion, r.notice = nil, err.Error()
	}
	return nil
}

// cover makes a pass without a patch.
func (r *runner) cover(ctx context.Context, patch image.Rectangle) error {
	if patch.Empty() {
		r.results.Occlusion = nil
		return nil
	}
	if err := r.openEyes(); err != nil {
		return err
	}
	if r.eyes.occluder == nil {
		o, err := r.newOccluder(ctx)
		if err != nil {
			return err
		}
		r.eyes.occluder = o
	}
	answer, err := r.eyes.occluder.run(ctx, r.eyes.input, patch)
	if err == nil {
		r.results.Occlusion = answer
	}
	return err
}

// newOccluder makes an occluder, and a pass of the whole image.
func (r *runner) newOccluder(ctx context.Context) (*occluder, error) {
	s, err := r.share(ctx, r.eyes.model, nn.Pass{Probes: []nn.Probe{{At: nn.EveryLayer, What: nn.Keep}}})
	if err != nil {
		return nil, err
	}
	o := &occluder{session: s, image: tensor.New(r.eyes.input.Shape...)}
	if o.whole, err = o.pass(ctx, r.eyes.input); err != nil {
		s.Close()
		return nil, err
	}
	return o, nil
}

// run makes a pass without a patch.
func (o *occluder) run(ctx context.Context, input *tensor.Tensor, patch image.Rectangle) (*Occlusion, error) {
	copy(o.image.Data, input.Data)
	erase(o.image, patch)
	now, err := o.pass(ctx, o.image)
	if err != nil {
		return nil, err
	}
	logits, err := o.session.Logits()
	if err != nil {
		return nil, err
	}
	answer := &Occlusion{Patch: patch, Classes: train.Softmax(train.Image(logits, 0)), Changes: map[int]float64{}}
	for i, t := range now {
		answer.Changes[o.layers[i]] = relativeChange(o.whole[i].Data, t.Data)
	}
	return answer, nil
}

// pass makes a pass, and returns what left the layers.
func (o *occluder) pass(ctx context.Context, input *tensor.Tensor) ([]*tensor.Tensor, error) {
	if err := o.session.SetInput(input); err != nil {
		return nil, err
	}
	if err := o.session.Run(ctx, nil); err != nil {
		return nil, err
	}
	kept, err := o.session.Probe(0)
	if err != nil {
		return nil, err
	}
	outputs := make([]*tensor.Tensor, len(kept))
	o.layers = o.layers[:0]
	for i, k := range kept {
		outputs[i] = k.Tensor
		o.layers = append(o.layers, k.Index)
	}
	return outputs, nil
}

// erase sets a part of an image of 1×C×H×W to 0.
func erase(t *tensor.Tensor, patch image.Rectangle) {
	h, w := t.Shape[2], t.Shape[3]
	patch = patch.Intersect(image.Rect(0, 0, w, h))
	for row := patch.Min.Y; row < patch.Max.Y; row++ {
		for c := range t.Shape[1] {
			at := (c*h + row) * w
			clear(t.Data[at+patch.Min.X : at+patch.Max.X])
		}
	}
}
