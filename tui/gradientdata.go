package tui

import (
	"math"

	"resnet-tui/resnet/nn"
)

// gradients are what a backward pass left. They never change once published.
type gradients struct {
	loss   float64
	batch  int
	labels string // where they are from
	blocks []nn.BlockGradient
	at     map[string]int     // into blocks, by path
	params map[string]float64 // ‖∂L/∂p‖ by the parameter's name
}

// newGradients indexes the blocks; norms of parameters are added by the caller.
func newGradients(loss float64, batch int, labels string, blocks []nn.BlockGradient) *gradients {
	g := &gradients{
		loss: loss, batch: batch, labels: labels, blocks: blocks,
		at: map[string]int{}, params: map[string]float64{},
	}
	for i, b := range blocks {
		g.at[b.Path] = i
	}
	return g
}

// of is a block's gradient.
func (g *gradients) of(path string) (nn.BlockGradient, bool) {
	if g == nil {
		return nn.BlockGradient{}, false
	}
	i, ok := g.at[path]
	if !ok {
		return nn.BlockGradient{}, false
	}
	return g.blocks[i], true
}

// skipShare is the part of ‖g in‖² that came through the skip: with g = s + b,
// ‖g‖² = ⟨s, g⟩ + ⟨b, g⟩, and this is the first over the whole. Where the two
// point against each other it may be over one. No number for a block without
// two paths, or without a gradient.
func skipShare(g nn.BlockGradient) float64 {
	switch {
	case !g.HasBoth() || g.In == 0:
		return math.NaN()
	case g.Skip == 0:
		return 0
	case g.Branch == 0:
		return 1
	}
	return g.Skip * (g.Skip + g.Cosine*g.Branch) / (g.In * g.In)
}
