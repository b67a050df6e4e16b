package inspect

import (
	"context"
	"math"
	"slices"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// cam makes Grad-CAMs at one place: Σ_k w_k·A_k, with w_k the mean over space of the
// gradient of the class's score by A_k.
type cam struct {
	*copies
	place Place
	parts *blockParts // nil: the map has none
	end   *linearEnd  // nil: the weights take a backward pass for each class

	logits          []float32 // nil before the first pass
	a, skip, branch []float32 // C×H×W
}

// useCAM has the explainer make Grad-CAMs.
func (e *Explainer) useCAM(ctx context.Context, place Place) error {
	c, err := newCAM(ctx, e.sample, place, true)
	if err != nil {
		return err
	}
	e.explain, e.close = c.explain, c.close
	return nil
}

// newCAM opens the session. Where the end of the net is linear, short has the weights come
// from the classifier, without a backward pass.
func newCAM(ctx context.Context, s Sample, place Place, short bool) (*cam, error) {
	m := s.Session.Model()
	c := &cam{place: place, parts: partsOf(m, place)}
	at := []int{place.Layer.Index}
	if c.parts != nil {
		at = append(at, c.parts.skip, c.parts.branch)
	}
	if short {
		var err error
		if c.end, err = s.linearEnd(place); err != nil {
			return nil, err
		}
	}
	var p nn.Pass
	if c.end == nil {
		p = s.backward(nn.Probe{At: place.At(), What: nn.Gradient})
	} else {
		at = append(at, c.end.gate)
	}
	slices.Sort(at)
	for _, i := range slices.Compact(at) {
		if i >= 0 {
			p.Probes = append(p.Probes, nn.Probe{At: m.Layers[i].At(), What: nn.Keep})
		}
	}
	var err error
	c.copies, err = s.open(ctx, 1, 1, p)
	return c, err
}

// explain makes the map of a class, and its parts.
func (c *cam) explain(ctx context.Context, class int) (*Explanation, error) {
	weights, err := c.weights(ctx, class)
	if err != nil {
		return nil, err
	}
	h, w := c.place.Layer.Out[2], c.place.Layer.Out[3]
	whole := weighted(weights, c.a, h*w)
	x := &Explanation{Score: float64(c.logits[class]), H: h, W: w, Map: round(whole)}
	if c.parts == nil {
		return x, nil
	}
	skip, branch := weighted(weights, c.skip, h*w), weighted(weights, c.branch, h*w)
	x.Skip, x.Branch = round(skip), round(branch)
	x.SumError = sumError(whole, skip, branch)
	return x, nil
}

// weights are the w_k of a class, after a pass if one is needed.
func (c *cam) weights(ctx context.Context, class int) ([]float64, error) {
	if c.end != nil {
		if c.logits == nil {
			if err := c.run(ctx); err != nil {
				return nil, err
			}
		}
		return c.end.weights(class), nil
	}
	if err := c.setClass(class); err != nil {
		return nil, err
	}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	g, err := c.kept(nn.Probe{At: c.place.At(), What: nn.Gradient})
	if err != nil {
		return nil, err
	}
	return means(g, c.place.Layer.Out[1]), nil
}

// run makes a pass and reads what the maps are made of.
func (c *cam) run(ctx context.Context) error {
	if err := c.one(ctx); err != nil {
		return err
	}
	a, err := c.output(c.place.Layer.Index)
	if err != nil {
		return err
	}
	if c.parts != nil {
		if c.skip, c.branch, err = c.parts.read(a, c.output); err != nil {
			return err
		}
	}
	if c.end != nil && c.end.gate >= 0 {
		open, err := c.output(c.end.gate)
		if err != nil {
			return err
		}
		c.end.setGate(open)
	}
	logits, err := c.session.Logits()
	if err != nil {
		return err
	}
	c.a, c.logits = a, row(logits, c.first)
	return nil
}

// output is what left a layer, for the sample's image.
func (c *cam) output(layer int) ([]float32, error) {
	return c.kept(nn.Probe{At: c.session.Model().Layers[layer].At(), What: nn.Keep})
}

// weighted is Σ_k w_k·A_k for A of K×per.
func weighted(w []float64, a []float32, per int) []float64 {
	sum := make([]float64, per)
	for k, weight := range w {
		for i, v := range a[k*per:][:per] {
			sum[i] += weight * float64(v)
		}
	}
	return sum
}

// means are those of each of n equal parts.
func means(x []float32, n int) []float64 {
	per := len(x) / n
	all := make([]float64, n)
	for k := range all {
		for _, v := range x[k*per:][:per] {
			all[k] += float64(v)
		}
		all[k] /= float64(per)
	}
	return all
}

// sumError is ‖a + b − whole‖ / ‖whole‖, 0 if whole is 0.
func sumError(whole, a, b []float64) float64 {
	var off, norm float64
	for i, v := range whole {
		d := a[i] + b[i] - v
		off += d * d
		norm += v * v
	}
	if norm == 0 {
		return 0
	}
	return math.Sqrt(off / norm)
}

// round is values as float32.
func round(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// blockParts are the two values that a block adds, A = f(α·F + S): the outputs of layers.
type blockParts struct {
	branch, skip int     // −1 as a branch is one that a lesion dropped: 0
	alpha        float32 // 1 but for a lesion
	masked       bool    // f is a ReLU, else nothing
}

// partsOf are those of a place; nil if it is no block's, or the block has no skip.
func partsOf(m *nn.Model, p Place) *blockParts {
	if p.Block == nil || p.Block.Block.Skip == nn.NoSkip {
		return nil
	}
	for _, l := range p.Block.Layers {
		if l.Kind != tensor.Add || l.Part != nn.Join {
			continue
		}
		if l.Inputs[0] < 0 || l.Inputs[1] < 0 {
			return nil // the image itself, which is no layer's output
		}
		parts := &blockParts{branch: l.Inputs[0], skip: l.Inputs[1], alpha: 1, masked: p.Layer != l}
		if l.Scaled != "" {
			parts.alpha = m.Alphas()[l.Scaled]
		}
		return parts
	}
	return &blockParts{branch: -1, skip: p.Layer.Index}
}

// read returns what the two paths brought, behind the ReLU's mask where there is one: with
// it, the two add up to a, the block's output. output gives the output of a layer.
func (b *blockParts) read(a []float32, output func(layer int) ([]float32, error)) (skip, branch []float32, err error) {
	if skip, err = output(b.skip); err != nil {
		return nil, nil, err
	}
	branch = make([]float32, len(a))
	if b.branch >= 0 {
		if branch, err = output(b.branch); err != nil {
			return nil, nil, err
		}
	}
	for i, v := range a {
		branch[i] *= b.alpha
		if b.masked && v == 0 {
			skip[i], branch[i] = 0, 0
		}
	}
	return skip, branch, nil
}
