package tui

import (
	"math"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// aimAt sets the labels of a session that has a backward pass.
func (e *engine) aimAt(s *resnet.Session, m *resnet.Model) error {
	if s.Lowered().Target == tensor.NoBuffer {
		return nil
	}
	return s.SetTarget(e.opts.target(m))
}

// target are the labels that were given, repeated or cut to the batch, or
// seeded ones.
func (o *Options) target(m *resnet.Model) []int {
	c := m.Config
	if len(o.Target) == 0 {
		return resnet.RandomTarget(o.Session.Seed, c.Batch, c.Classes)
	}
	t := make([]int, c.Batch)
	for i := range t {
		t[i] = o.Target[i%len(o.Target)]
	}
	return t
}

// gather reads what a backward pass left at the blocks and the parameters; nil
// before there is one.
func (e *engine) gather(s *resnet.Session) *gradients {
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
	g := newGradients(loss, s.Model().Config.Batch, labels, blocks)
	for _, p := range norms {
		g.params[p.Name] = p.Norm
	}
	return g
}

// passTimes are a row's times by pass, when there is more than one.
func (m *Model) passTimes(n *node) []detailLine {
	if n.back <= 0 {
		return nil
	}
	return []detailLine{
		{label: "  forward", text: m.units.duration(n.time).String()},
		{label: "  backward", text: m.units.duration(n.back).String()},
	}
}

// gradientLines are the norms of the newest backward pass at a row.
func (m *Model) gradientLines(n *node) []detailLine {
	g := m.state.grads
	if g == nil {
		return nil
	}
	if b := n.module; n.kind == blockNode && b != nil {
		if at, ok := g.of(b.Path); ok {
			return blockGradientLines(at)
		}
	}
	var lines []detailLine
	if n == m.list.tree.root {
		lines = append(lines, detailLine{label: "loss", text: profile.Significant(g.loss)})
	}
	for _, l := range n.layers {
		for _, id := range l.Params {
			p := &m.list.tree.model.Params[id]
			if norm, ok := g.params[p.Name]; ok {
				lines = append(lines, detailLine{label: " " + below(n.module.Parent, p.Name), text: scientific(norm)})
			}
		}
	}
	if len(lines) > 0 && n != m.list.tree.root {
		lines = append([]detailLine{{label: "‖∂L/∂p‖"}}, lines...)
	}
	return lines
}

func blockGradientLines(g resnet.BlockGradient) []detailLine {
	lines := []detailLine{
		{label: "‖∂L/∂y‖", text: scientific(g.Out)},
		{label: "‖∂L/∂x‖", text: scientific(g.In)},
	}
	if g.HasSkip {
		lines = append(lines, detailLine{label: "  skip  ", text: scientific(g.Skip), look: skipLook})
	}
	if g.HasBranch {
		lines = append(lines, detailLine{label: "  branch", text: scientific(g.Branch), look: branchLook})
	}
	if !math.IsNaN(g.Cosine) {
		lines = append(lines, detailLine{label: "  cos   ", text: cosine(g.Cosine)})
	}
	return lines
}
