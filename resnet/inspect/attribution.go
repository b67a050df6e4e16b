package inspect

import (
	"context"
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// integratedBatch is how many points of the way go together. A backward pass keeps every
// output, about 100 MB an image for a ResNet-50 at 224×224.
const integratedBatch = 8

// inputGradient probes the gradient of the net's input.
var inputGradient = nn.Probe{At: nn.Input, What: nn.Keep}

// useGradient has the explainer take the gradient of a class's score by the image, or its
// product with the image.
func (e *Explainer) useGradient(ctx context.Context, m Method) error {
	c, err := e.sample.open(ctx, 1, 1, e.sample.backward(inputGradient))
	if err != nil {
		return err
	}
	e.close = c.close
	e.explain = func(ctx context.Context, class int) (*Explanation, error) {
		if err := c.setClass(class); err != nil {
			return nil, err
		}
		if err := c.one(ctx); err != nil {
			return nil, err
		}
		g, err := c.kept(inputGradient)
		if err != nil {
			return nil, err
		}
		logits, err := c.session.Logits()
		if err != nil {
			return nil, err
		}
		reduce := largest
		if m == InputGradient {
			reduce = summed
			for i, v := range e.sample.Image() {
				g[i] *= v
			}
		}
		return e.sample.attributed(g, float64(row(logits, c.first)[class]), reduce), nil
	}
	return nil
}

// attributed is an explanation with a value for each value of the image, and a map that
// reduces them over the channels.
func (s Sample) attributed(values []float32, score float64, reduce func(values []float32, per int) []float32) *Explanation {
	shape := s.Batch.Shape[1:]
	return &Explanation{
		Score: score, H: shape[1], W: shape[2], Map: reduce(values, shape[1]*shape[2]),
		Attribution: &tensor.Tensor{Shape: shape, Data: values},
	}
}

// largest are the largest magnitudes over the channels, per values each. What is no number
// stays that.
func largest(values []float32, per int) []float32 {
	out := make([]float32, per)
	for i, v := range values {
		out[i%per] = max(out[i%per], float32(math.Abs(float64(v))))
	}
	return out
}

// summed are the sums over the channels, per values each.
func summed(values []float32, per int) []float32 {
	sum := make([]float64, per)
	for i, v := range values {
		sum[i%per] += float64(v)
	}
	return round(sum)
}

// useIntegrated has the explainer integrate the gradient on the straight way from a black
// image to the image, at the middles of steps equal parts.
func (e *Explainer) useIntegrated(ctx context.Context, steps int) error {
	// Beside the points, the image and the black one, whose scores the sum is compared with.
	c, err := e.sample.open(ctx, steps+2, integratedBatch, e.sample.backward(inputGradient))
	if err != nil {
		return err
	}
	e.close = c.close
	e.explain = func(ctx context.Context, class int) (*Explanation, error) {
		if err := c.setClass(class); err != nil {
			return nil, err
		}
		sum, scores, err := c.integrate(ctx, class, steps)
		if err != nil {
			return nil, err
		}
		for i, v := range e.sample.Image() {
			sum[i] *= float64(v) / float64(steps)
		}
		x := e.sample.attributed(round(sum), scores[0], summed)
		x.Completeness = completeness(sum, scores[0]-scores[1])
		return x, nil
	}
	return nil
}

// integrate adds up the gradients of a class's score at the points of the way. scores are
// those of the image and of a black one.
func (c *copies) integrate(ctx context.Context, class, steps int) (sum []float64, scores [2]float64, err error) {
	image := c.sample.Image()
	sum = make([]float64, len(image))
	fill := func(i int, x []float32) {
		part := float32((float64(i-2) + 0.5) / float64(steps))
		if i < 2 {
			part = float32(1 - i)
		}
		for j, v := range image {
			x[j] = v * part
		}
	}
	var logits, gradients *tensor.Tensor
	err = c.all(ctx, steps+2, fill, func(i, at int) (err error) {
		if at == c.first {
			if logits, err = c.session.Logits(); err != nil {
				return err
			}
			if gradients, err = c.session.Kept(nn.Input); err != nil {
				return err
			}
		}
		if i < 2 {
			scores[i] = float64(row(logits, at)[class])
			return nil
		}
		for j, v := range row(gradients, at) {
			sum[j] += float64(v)
		}
		return nil
	})
	return sum, scores, err
}

// completeness is by how much the sum of attributions misses a difference of scores,
// relative to its magnitude; 0 if both are 0.
func completeness(values []float64, difference float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if sum == difference {
		return 0
	}
	return (sum - difference) / math.Abs(difference)
}
