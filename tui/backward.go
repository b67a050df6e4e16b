package tui

import (
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// aimAt sets the labels of a session that has a backward pass.
func (e *engine) aimAt(s *nn.Session, m *nn.Model) error {
	if s.Lowered().Target == tensor.NoBuffer {
		return nil
	}
	return s.SetTarget(e.opts.target(m))
}

// target are the labels that were given, repeated or cut to the batch, or
// seeded ones.
func (o *Options) target(m *nn.Model) []int {
	if len(o.Target) == 0 {
		return nn.RandomTarget(o.Session.Seed, m.Batch(), m.Classes())
	}
	t := make([]int, m.Batch())
	for i := range t {
		t[i] = o.Target[i%len(o.Target)]
	}
	return t
}

// gather reads what a backward pass left at the blocks and the parameters; nil
// before there is one.
func (e *engine) gather(s *nn.Session) *gradients {
	loss, err := s.Loss()
	if err != nil {
		return nil // no pass has gone so far
	}
	blocks, err := s.BlockGradients()
	if err != nil {
		return nil
	}
	norms, err := s.ParamNorms()
	if err != nil {
		return nil
	}
	labels := "seeded labels"
	if len(e.opts.Target) > 0 {
		labels = "given labels"
	}
	g := newGradients(loss, s.Model().Batch(), labels, blocks)
	for _, p := range norms {
		g.params[p.Name] = p.Norm
	}
	return g
}
