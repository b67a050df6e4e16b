package inspect

import (
	"context"

	"resnet-tui/resnet/nn"
)

// forwardBatch is how many images go together in passes that go forward alone, as far as
// memory allows.
const forwardBatch = 16

// useOcclusion has the explainer set a patch of the image to 0, wherever it may lie on a
// grid, and take by how much the score falls. The passes serve all classes.
func (e *Explainer) useOcclusion(ctx context.Context, patch, stride int) error {
	shape := e.sample.Batch.Shape
	h, w := cells(shape[2], stride), cells(shape[3], stride)
	c, err := e.sample.open(ctx, h*w+1, forwardBatch, nn.Pass{})
	if err != nil {
		return err
	}
	e.close = c.close
	var logits [][]float32
	e.explain = func(ctx context.Context, class int) (*Explanation, error) {
		if logits == nil {
			all, err := c.logits(ctx, h*w+1, func(i int, x []float32) {
				copy(x, e.sample.Image())
				if i > 0 { // the first is the image as it is
					y, left := (i-1)/w*stride, (i-1)%w*stride
					black(x, shape[2], shape[3], Box{y, left, y + patch, left + patch})
				}
			})
			if err != nil {
				return nil, err
			}
			logits = all
		}
		return fallen(logits, class, h, w), nil
	}
	return nil
}

// cells is the number of patches along a side.
func cells(side, stride int) int { return (side + stride - 1) / stride }

// fallen is by how much the score falls, patch by patch.
func fallen(logits [][]float32, class, h, w int) *Explanation {
	x := &Explanation{Score: float64(logits[0][class]), H: h, W: w}
	for _, l := range logits[1:] {
		x.Map = append(x.Map, logits[0][class]-l[class])
	}
	return x
}

// black sets the pixels of a box to 0 in an image of C×h×w. What lies beyond the image is
// left out.
func black(image []float32, h, w int, b Box) {
	b = b.within(h, w)
	if b.Left >= b.Right {
		return
	}
	for c := 0; c < len(image); c += h * w {
		for y := b.Top; y < b.Bottom; y++ {
			clear(image[c+y*w+b.Left : c+y*w+b.Right])
		}
	}
}

// within is the part of a box that lies in an image of h×w.
func (b Box) within(h, w int) Box {
	return Box{max(b.Top, 0), max(b.Left, 0), min(b.Bottom, h), min(b.Right, w)}
}
