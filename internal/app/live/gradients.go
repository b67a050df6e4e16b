package live

import (
	"math"

	"resnet-tui/resnet/nn"
)

// Gradients are what a backward pass left. They never change once they are published.
type Gradients struct {
	Loss   float64 // mean over the batch
	Batch  int     // images
	Labels string  // where the classes are from: "seeded labels", "given labels" or "as recorded"
	Blocks []nn.BlockGradient
	Params map[string]float64 // ‖∂L/∂p‖ by the parameter's name; empty if they are not known
	index  map[string]int     // into Blocks, by path
}

// NewGradients makes gradients of blocks, whose norms are to be added to Params.
func NewGradients(loss float64, batch int, labels string, blocks []nn.BlockGradient) *Gradients {
	g := &Gradients{
		Loss: loss, Batch: batch, Labels: labels, Blocks: blocks,
		Params: map[string]float64{}, index: map[string]int{},
	}
	for i, b := range blocks {
		g.index[b.Path] = i
	}
	return g
}

// Block is a block's gradient; false if there is no such block. g may be nil.
func (g *Gradients) Block(path string) (nn.BlockGradient, bool) {
	if g == nil {
		return nn.BlockGradient{}, false
	}
	i, ok := g.index[path]
	if !ok {
		return nn.BlockGradient{}, false
	}
	return g.Blocks[i], true
}

// gradients reads what a session's newest pass left; nil before there is one.
func (o *Options) gradients(s *nn.Session) *Gradients {
	loss, err := s.Loss()
	if err != nil {
		return nil // no pass has got so far
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
	if len(o.Target) > 0 {
		labels = "given labels"
	}
	g := NewGradients(loss, s.Model().Batch(), labels, blocks)
	for _, p := range norms {
		g.Params[p.Name] = p.Norm
	}
	return g
}

// SkipShare is the part of ‖g in‖² that came through the skip: with g = s + b,
// ‖g‖² = ⟨s, g⟩ + ⟨b, g⟩, and this is the first over the whole. Where the two
// point against each other it may be over one. NaN for a block without
// two paths, or without a gradient.
func SkipShare(g nn.BlockGradient) float64 {
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
