package inspect

import (
	"context"
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Occluder runs a net on an image of which parts are set to 0, again and again, and says
// how much of each output changes. It is compiled once, for one image a pass, and makes as
// many passes a second as the net does, beside reading what it watches. It is to be closed
// before the sample's session, and not to be used by two goroutines at once.
type Occluder struct {
	*copies
	watched []*nn.Layer
	base    [][]float32 // by watched layer, of the image as it is; nil before the first pass
}

// Occluded is what a net makes of an image of which parts are set to 0.
type Occluded struct {
	Logits []float32
	// Changes are, by watched layer, ‖output − output of the whole image‖ / ‖output of the
	// whole image‖; NaN where the latter is 0.
	Changes []float64
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

// Occlude sets the pixels of the boxes to 0 in all channels and makes a pass. Without
// boxes, it is a pass over the image as it is. The first call makes that pass besides.
func (o *Occluder) Occlude(ctx context.Context, boxes ...Box) (*Occluded, error) {
	if o.base == nil {
		base, err := o.outputs(ctx, nil)
		if err != nil {
			return nil, err
		}
		o.base = base
	}
	outputs, err := o.outputs(ctx, boxes)
	if err != nil {
		return nil, err
	}
	logits, err := o.session.Logits()
	if err != nil {
		return nil, err
	}
	x := &Occluded{Logits: row(logits, o.first)}
	for i, now := range outputs {
		x.Changes = append(x.Changes, change(o.base[i], now))
	}
	return x, nil
}

// outputs makes a pass and reads the watched outputs of the image.
func (o *Occluder) outputs(ctx context.Context, boxes []Box) ([][]float32, error) {
	shape := o.sample.Batch.Shape
	err := o.pass(ctx, 1, func(_ int, x []float32) {
		copy(x, o.sample.Image())
		for _, b := range boxes {
			black(x, shape[2], shape[3], b)
		}
	})
	outputs := make([][]float32, len(o.watched))
	for i, l := range o.watched {
		var t *tensor.Tensor
		if err == nil {
			t, err = o.session.Kept(l.At())
		}
		if err != nil {
			return nil, err
		}
		outputs[i] = row(t, o.first)
	}
	return outputs, err
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
