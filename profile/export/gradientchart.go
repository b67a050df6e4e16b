package export

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"resnet-tui/profile"
)

// gradientCurve is one curve of the chart: a norm per block, NaN if the block
// doesn't have it.
type gradientCurve struct {
	class string // CSS class
	words string // for tooltips
	norms []float64
}

// gradientsSVG draws the gradient norm at each block's input, and its parts
// through skip and branch, from the first block on the left to the last. The
// axis is logarithmic and covers every value, as a gradient that vanishes does so
// by factors. It is empty without blocks, or if no norm is finite and positive.
func gradientsSVG(p *profile.Profile) template.HTML {
	curves := gradientCurves(p.Blocks)
	var norms []float64
	for _, g := range curves {
		norms = append(norms, g.norms...)
	}
	axis, ok := profile.DecadesOf(norms, profile.EdgeAbove)
	if !ok {
		return ""
	}
	c := &chart{
		newDrawing(chartWidth, chartHeight, "chart", "gradient norm by block"),
		0, 1, float64(axis.Low), float64(axis.High),
	}
	step := (chartWidth - chartLeft - chartRight) / float64(len(p.Blocks))
	x := func(block int) float64 { return chartLeft + (float64(block)+0.5)*step }
	c.levels("‖∂L/∂x‖")
	c.stages(p.Blocks, x, step)
	for _, g := range curves {
		c.norms(p.Blocks, g, x)
	}
	return c.done()
}

// gradientCurves returns the curves of the whole gradient and of its two parts.
func gradientCurves(blocks []profile.BlockGrad) []gradientCurve {
	whole := gradientCurve{class: "whole", words: "in all"}
	skip := gradientCurve{class: "skip", words: "through the skip"}
	branch := gradientCurve{class: "branch", words: "through the branch"}
	for _, b := range blocks {
		whole.norms = append(whole.norms, float64(b.GradIn))
		skip.norms = append(skip.norms, orNaN(b.GradSkip))
		branch.norms = append(branch.norms, orNaN(b.GradBranch))
	}
	return []gradientCurve{whole, skip, branch}
}

// orNaN returns NaN for a norm that a block doesn't have.
func orNaN(v *profile.Number) float64 {
	if v == nil {
		return math.NaN()
	}
	return float64(*v)
}

// drawable reports whether v has a position on a logarithmic axis.
func drawable(v float64) bool { return v > 0 && !math.IsInf(v, 1) }

// norms draws a curve: a dot per drawable value, and lines between dots of
// adjacent blocks. Other values leave a gap.
func (c *chart) norms(blocks []profile.BlockGrad, g gradientCurve, x func(int) float64) {
	var points []float64 // x and y in turn, since the last gap
	flush := func() {
		if len(points) > 2 { // one point is a dot only
			c.curve(points, g.class)
		}
		points = nil
	}
	for i, v := range g.norms {
		if !drawable(v) {
			flush()
			continue
		}
		points = append(points, x(i), c.y(v))
		c.circle(x(i), c.y(v), 3, "dot "+g.class, fmt.Sprintf("%s: %.3g %s", blocks[i].Path, v, g.words))
	}
	flush()
}

// stages names the stages under the axis, centred below their blocks, with a
// vertical line between stages. from is the first block of the current stage.
func (c *chart) stages(blocks []profile.BlockGrad, x func(int) float64, step float64) {
	bottom := chartHeight - chartBottom
	for i, from := 0, 0; i < len(blocks); i++ {
		if i+1 < len(blocks) && stageOf(blocks[i+1].Path) == stageOf(blocks[from].Path) {
			continue
		}
		if from > 0 {
			c.line(x(from)-step/2, chartTop, x(from)-step/2, bottom, "stage")
		}
		c.text((x(from)+x(i))/2, bottom+16, "middle", "axis", stageOf(blocks[from].Path))
		from = i + 1
	}
	c.text(chartWidth/2, chartHeight-8, "middle", "axis", "blocks, from the input to the output")
}

// stageOf returns the stage of a block by its path: "layer1" for "layer1.0".
func stageOf(path string) string {
	stage, _, _ := strings.Cut(path, ".")
	return stage
}
