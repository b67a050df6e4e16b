package tui

import (
	"fmt"
	"math"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// passTimes are a row's times by pass, when there is more than one.
func (d *detailPane) passTimes(n *node) []detailLine {
	if n.back <= 0 {
		return nil
	}
	return []detailLine{
		{label: "  forward", text: d.units.duration(n.time).String()},
		{label: "  backward", text: d.units.duration(n.back).String()},
	}
}

// gradientLines are the norms of the newest backward pass at a row: for a block those
// of its two paths, for a layer those of its parameters, and for the net the loss that
// the pass began with.
func (d *detailPane) gradientLines(n *node) []detailLine {
	g := d.state.Gradients
	if g == nil {
		return nil
	}
	if b := n.Module; n.Kind == profile.BlockRow && b != nil {
		if at, ok := g.Block(b.Path); ok {
			return blockGradientLines(at)
		}
	}
	var lines []detailLine
	if n == d.list.tree.root {
		lines = append(lines, detailLine{label: "loss", text: profile.Significant(g.Loss)})
	}
	for _, l := range n.Layers {
		for _, id := range l.Params {
			p := &d.list.tree.model.Params[id]
			if norm, ok := g.Params[p.Name]; ok {
				name := strings.TrimPrefix(p.Name, n.Module.Parent.Path+".")
				lines = append(lines, detailLine{label: " " + name, text: scientific(norm)})
			}
		}
	}
	if len(lines) > 0 && n != d.list.tree.root {
		lines = append([]detailLine{{label: "‖∂L/∂p‖"}}, lines...)
	}
	return lines
}

// blockGradientLines are the norms at a block's output and input, and of the two
// parts that make up the latter, as far as the block has both.
func blockGradientLines(g nn.BlockGradient) []detailLine {
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

// effectLines say what the lesions change, against the net without them on the same
// images: answers, loss, the gradient at the first block, and time. They stand at every
// row, as the effect is the whole net's. What was not measured both with and without
// lesions is left out.
func (d *detailPane) effectLines() []detailLine {
	f := d.state.Effect
	if f == nil {
		return nil
	}
	lines := []detailLine{
		{label: "lesions", text: fmt.Sprint(len(d.state.Actual.Lesions)), look: warningLook},
		{label: "  top-1 ≠", text: fmt.Sprintf("%d of %d", f.Moved, f.Images)},
		{label: "  KL", text: klText(f.KL())},
	}
	if f.Labels > 0 {
		right := fmt.Sprintf("%d → %d of %d", f.WasRight, f.Right, f.Labels)
		lines = append(lines, detailLine{label: "  right", text: right})
	}
	if g := d.state.Gradients; g != nil && !math.IsNaN(f.IntactLoss) {
		loss := profile.Significant(f.IntactLoss) + " → " + profile.Significant(g.Loss)
		lines = append(lines, detailLine{label: "  loss", text: loss})
		// The first block is the last that the gradient reaches.
		if f.IntactGrads != nil && len(f.IntactGrads.Blocks) > 0 && len(g.Blocks) > 0 {
			lines = append(lines, detailLine{label: "  ‖∂L/∂x‖ " + g.Blocks[0].Path},
				detailLine{label: "   ", text: scientific(f.IntactGrads.Blocks[0].In) + " → " + scientific(g.Blocks[0].In)})
		}
	}
	return append(lines, timeLines(f.Time)...)
}

// timeLines say what lesions change in the time of a pass: on a line of its own, since
// the interval is long.
func timeLines(e *profile.TimeEffect) []detailLine {
	if e == nil {
		return nil
	}
	if e.Interval == nil {
		return []detailLine{{label: "  time", text: e.String()}}
	}
	return []detailLine{{label: "  time", text: when(!e.Significant, "within noise")},
		{label: "   ", text: e.Range() + " (95 %)"}}
}

// klText is a mean divergence, which is infinite or NaN once activations have
// overflowed.
func klText(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return profile.Dash + " (not finite)"
	}
	return profile.Significant(v) + " nats"
}
