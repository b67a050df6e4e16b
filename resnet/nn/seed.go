package nn

import (
	"errors"
	"fmt"

	"resnet-tui/tensor"
)

// backwardFrom is the layer at whose output a pass's gradients begin: the last one's
// without From, since that is what the loss is of.
func (m *Model) backwardFrom(p Pass) (int, error) {
	if p.Backward == nil || p.Backward.From == "" {
		return len(m.Layers) - 1, nil
	}
	at := m.findLayer(string(p.Backward.From))
	if at < 0 {
		return 0, fmt.Errorf("a backward pass from %s: %s has no layer of that name", p.Backward.From, m.Name)
	}
	return at, nil
}

// origin is the gradient that the backward pass begins with: that of the loss, or one
// that the caller gives.
func (f *lowering) origin() tensor.BufferID {
	if f.pass.Backward.From == "" {
		return f.loss()
	}
	l := f.model.Layers[f.from]
	f.Seed = f.buffer(l.Path+".grad_output", l.Out, tensor.Input)
	return f.Seed
}

// SetSeed sets the gradient that the backward pass begins with, of the shape of the
// output of the layer that Backward.From names, with the batch. It holds until it is set
// again.
func (s *Session) SetSeed(t *tensor.Tensor) error {
	switch {
	case s.program == nil:
		return errClosed
	case s.lowered.Seed == tensor.NoBuffer:
		return errors.New("the session has no backward pass that begins with a seed")
	}
	if err := s.program.Write(s.lowered.Seed, t); err != nil {
		return err
	}
	s.seeded = true
	return nil
}
