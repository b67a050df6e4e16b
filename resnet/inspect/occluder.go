package inspect

import (
	"context"
	"math"

	"resnet-tui/resnet/nn"
)

// Occluder runs a net on an image of which parts are set to 0, again and again, and says
// how much of each output changes. It is compiled once, for one image a pass, and makes as
// many passes a second as the net does. It is to be closed before the sample's session, and
// not to be used by two goroutines at once.
type Occluder struct {
	*copies
	watched []*nn.Layer
	base    [][]float32 // by watched layer, of the image as it is; nil before the first pass
}

// NewOccluder opens an occluder that watches the outputs of those layers; other outputs
// cost nothing.
func NewOccluder(ctx context.Context, s Sample, watch []*nn.Layer) (*Occluder, error) {
	var p nn.Pass
	for _, l := range watch {
		p.Probes = append(p.Probes, nn.Probe{At: l.At(), What: nn.Keep})
	}
	c, err := s.open(ctx, 1, 1, p)
	if err != nil {
		return nil, err
	}
	return &Occluder{copies: c, watched: watch}, nil
}

// Occlude sets the pixels of the boxes to 0 in all channels, makes a pass and returns the
// logits. Without boxes, it is a pass over the image as it is. The first call makes that
// pass besides.
func (o *Occluder) Occlude(ctx context.Context, boxes ...Box) ([]float32, error) {
	if o.base == nil {
		base, err := o.whole(ctx)
		if err != nil {
			return nil, err
		}
		o.base = base
	}
	if err := o.without(ctx, boxes); err != nil {
		return nil, err
	}
	logits, err := o.session.Logits()
	if err != nil {
		return nil, err
	}
	return row(logits, o.first), nil
}

// Changes are those of the newest pass, by watched layer: ‖output − output of the whole
// image‖ / ‖output of the whole image‖; NaN where the latter is 0. To read all outputs of a
// ResNet-50 takes half as long as a pass.
func (o *Occluder) Changes() ([]float64, error) {
	changes := make([]float64, len(o.watched))
	for i := range o.watched {
		now, err := o.output(i)
		if err != nil {
			return nil, err
		}
		changes[i] = change(o.base[i], now)
	}
	return changes, nil
}

// without makes a pass over the image without some boxes.
func (o *Occluder) without(ctx context.Context, boxes []Box) error {
	shape := o.sample.Batch.Shape
	return o.pass(ctx, 1, func(_ int, x []float32) {
		copy(x, o.sample.Image())
		for _, b := range boxes {
			black(x, shape[2], shape[3], b)
		}
	})
}

// whole makes a pass over the image as it is, and reads the watched outputs.
func (o *Occluder) whole(ctx context.Context) ([][]float32, error) {
	if err := o.without(ctx, nil); err != nil {
		return nil, err
	}
	outputs := make([][]float32, len(o.watched))
	for i := range o.watched {
		var err error
		if outputs[i], err = o.output(i); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// output is that of a watched layer in the newest pass.
func (o *Occluder) output(i int) ([]float32, error) {
	t, err := o.session.Kept(o.watched[i].At())
	if err != nil {
		return nil, err
	}
	return row(t, o.first), nil
}

// Close frees what the occluder holds.
func (o *Occluder) Close() error { return o.close() }

// change is ‖now − base‖ / ‖base‖, NaN if base is 0.
func change(base, now []float32) float64 {
	var off, norm float64
	for i, v := range base {
		d := float64(now[i]) - float64(v)
		off += d * d
		norm += float64(v) * float64(v)
	}
	if norm == 0 {
		return math.NaN()
	}
	return math.Sqrt(off / norm)
}
