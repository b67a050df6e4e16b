package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Sample is one image of a batch, and the session on whose weights and in whose mode a
// net sees it. What is asked of it runs in sessions of its own, so that the session's
// results stay as they are.
type Sample struct {
	Session *nn.Session
	Batch   *tensor.Tensor // N×C×H×W, of the session's input shape
	Index   int            // of the image in the batch, from 0

	exact bool // no algorithm that changes rounding
}

// Image is the sample's image, C×H×W.
func (s Sample) Image() []float32 {
	size := tensor.Shape(s.Batch.Shape[1:]).Elems()
	return s.Batch.Data[s.Index*size:][:size]
}

// check refuses a sample that the session can't run.
func (s Sample) check() error {
	m := s.Session.Model()
	switch {
	case !s.Batch.Shape.Equal(m.Input):
		return fmt.Errorf("the batch is %v, but %s takes %v", s.Batch.Shape, m.Name, m.Input)
	case s.Index < 0 || s.Index >= m.Batch():
		return fmt.Errorf("there is no image %d in a batch of %d", s.Index, m.Batch())
	}
	return nil
}

// checkClass refuses a class that the net does not have.
func (s Sample) checkClass(class int) error {
	if n := s.Session.Model().Classes(); class < 0 || class >= n {
		return fmt.Errorf("there is no class %d: the net has %d, from 0", class, n)
	}
	return nil
}

// share opens a session for a pass over a batch of n images in the sample's mode; running
// statistics stay as they are.
func (s Sample) share(ctx context.Context, n int, p nn.Pass) (*nn.Session, error) {
	m, err := s.Session.Model().WithBatch(n)
	if err != nil {
		return nil, err
	}
	return s.Session.Share(ctx, m, func(o *nn.SessionOptions) {
		p.Mode, p.FreezeStats = o.Mode, true
		o.Pass, o.Progress = p, nil
		o.Exact = o.Exact || s.exact
	})
}

// backward is a pass that goes back from the logits; SetClass says from which.
func (s Sample) backward(probes ...nn.Probe) nn.Pass {
	layers := s.Session.Model().Layers
	last := layers[len(layers)-1].At()
	return nn.Pass{Backward: &nn.Backward{From: last, NoParams: true}, Probes: probes}
}

// copies runs changed copies of a sample's image through the net, several in a pass. In
// train mode an image's results depend on the rest of its batch: there each copy has a
// pass of its own, in the image's place in the batch.
type copies struct {
	session *nn.Session
	sample  Sample
	input   *tensor.Tensor
	first   int // row of the first copy
	n       int // copies in a pass
}

// open opens a session for passes over total copies, of which about most go together. If
// they don't fit into memory, fewer do.
func (s Sample) open(ctx context.Context, total, most int, p nn.Pass) (*copies, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := &copies{sample: s, n: evenly(total, most)}
	batch := c.n
	if s.Session.Options().Mode == nn.Train {
		c.first, c.n, batch = s.Index, 1, s.Batch.Shape[0]
	}
	for {
		var err error
		c.session, err = s.share(ctx, batch, p)
		if err == nil {
			break
		}
		if c.n == 1 || !tooLarge(err) {
			return nil, err
		}
		c.n = (c.n + 1) / 2
		batch = c.n
	}
	c.input = tensor.New(c.session.Model().Input...)
	if c.first > 0 || c.n < batch {
		copy(c.input.Data, s.Batch.Data)
	}
	return c, nil
}

// evenly is the size of passes that take at most so many of total each, as even as can be.
func evenly(total, most int) int {
	passes := (total + most - 1) / most
	return (total + passes - 1) / passes
}

// tooLarge reports whether a smaller batch might help.
func tooLarge(err error) bool {
	var memory *tensor.MemoryError
	var large *tensor.TooLargeError
	return errors.As(err, &memory) || errors.As(err, &large)
}

// close closes the session.
func (c *copies) close() error { return c.session.Close() }

// setClass has the backward pass begin at the logit of a class, for every copy.
func (c *copies) setClass(class int) error {
	layers := c.session.Model().Layers
	seed := tensor.New(layers[len(layers)-1].Out...)
	for row := c.first; row < c.first+c.n; row++ {
		seed.Data[row*seed.Shape[1]+class] = 1
	}
	return c.session.SetSeed(seed)
}

// one makes a pass over the image itself.
func (c *copies) one(ctx context.Context) error {
	return c.pass(ctx, 1, func(_ int, x []float32) { copy(x, c.sample.Image()) })
}

// pass makes a pass over n copies that fill makes.
func (c *copies) pass(ctx context.Context, n int, fill func(i int, x []float32)) error {
	for i := range n {
		fill(i, row(c.input, c.first+i))
	}
	if err := c.session.SetInput(c.input); err != nil {
		return err
	}
	c.session.SetPasses(0) // the same mask of dropout in each
	return c.session.Run(ctx, nil)
}

// all runs total copies that fill makes, and has read take what it wants of each pass:
// copy i is in a result's row.
func (c *copies) all(ctx context.Context, total int, fill func(i int, x []float32), read func(i, row int) error) error {
	for from := 0; from < total; from += c.n {
		n := min(c.n, total-from)
		if err := c.pass(ctx, n, func(i int, x []float32) { fill(from+i, x) }); err != nil {
			return err
		}
		for i := range n {
			if err := read(from+i, c.first+i); err != nil {
				return err
			}
		}
	}
	return nil
}

// logits runs total copies and returns the logits of each.
func (c *copies) logits(ctx context.Context, total int, fill func(i int, x []float32)) ([][]float32, error) {
	all := make([][]float32, total)
	var pass *tensor.Tensor
	err := c.all(ctx, total, fill, func(i, at int) (err error) {
		if at == c.first {
			if pass, err = c.session.Logits(); err != nil {
				return err
			}
		}
		all[i] = row(pass, at)
		return nil
	})
	return all, err
}

// kept is what a probe took of the first copy; a clone, since the next pass overwrites it.
func (c *copies) kept(p nn.Probe) ([]float32, error) {
	t, err := c.session.Kept(p.At)
	if p.What == nn.Gradient {
		t, err = c.session.GradientAt(p.At)
	}
	if err != nil {
		return nil, err
	}
	return slices.Clone(row(t, c.first)), nil
}

// row is one image's part of a tensor whose first dimension is the batch.
func row(t *tensor.Tensor, i int) []float32 {
	size := tensor.Shape(t.Shape[1:]).Elems()
	return t.Data[i*size:][:size]
}
