package tui

import (
	"fmt"
	"math"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet"
)

// gradients are what a backward pass left. They never change once published.
type gradients struct {
	loss   float64
	batch  int
	labels string // where they are from
	blocks []resnet.BlockGradient
	at     map[string]int     // into blocks, by path
	params map[string]float64 // ‖∂L/∂p‖ by the parameter's name
}

func newGradients(loss float64, batch int, labels string, blocks []resnet.BlockGradient) *gradients {
	g := &gradients{loss: loss, batch: batch, labels: labels, blocks: blocks, at: map[string]int{}, params: map[string]float64{}}
	for i, b := range blocks {
		g.at[b.Path] = i
	}
	return g
}

// of is a block's gradient.
func (g *gradients) of(path string) (resnet.BlockGradient, bool) {
	if g == nil {
		return resnet.BlockGradient{}, false
	}
	i, ok := g.at[path]
	if !ok {
		return resnet.BlockGradient{}, false
	}
	return g.blocks[i], true
}

// skipShare is the part of ‖g in‖² that came through the skip: with g = s + b,
// ‖g‖² = ⟨s, g⟩ + ⟨b, g⟩, and this is the first over the whole. Where the two
// point against each other it may be over one. No number for a block without
// two paths, or without a gradient.
func skipShare(g resnet.BlockGradient) float64 {
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

// gradientView is where the cursor is among the blocks.
type gradientView struct {
	cursor, top int
	rows        int // that fit
}

func (v *gradientView) moveTo(i, n int) {
	v.cursor = max(min(i, n-1), 0)
	v.show(n)
}

// show scrolls to the cursor.
func (v *gradientView) show(n int) {
	v.top = min(v.top, v.cursor)
	v.top = max(v.top, v.cursor-max(v.rows, 1)+1)
	v.top = max(min(v.top, n-max(v.rows, 1)), 0)
}

// blockAt is the block under the gradient view's cursor, nil without one.
func (m *Model) blockAt() *node {
	if g := m.state.grads; g != nil && m.grads.cursor < len(g.blocks) {
		return m.list.tree.byBlock[g.blocks[m.grads.cursor].Path]
	}
	return nil
}

// pointAtBlock brings the gradient view to the block that is selected in the
// tree, when there is one.
func (m *Model) pointAtBlock() {
	g := m.state.grads
	if b := blockOf(m.list.selected()); b != nil && g != nil {
		if i, ok := g.at[b.module.Path]; ok {
			m.grads.moveTo(i, len(g.blocks))
		}
	}
}

// blockOf is the block that a row belongs to; of a run of blocks the first.
func blockOf(n *node) *node {
	for ; n != nil; n = n.parent {
		switch n.kind {
		case blockNode:
			return n
		case runNode:
			return n.children[0]
		}
	}
	return nil
}

// gradientPanes divides the view: a title, the chart with its axis below, a
// sentence, the list, and the spectrum of path lengths.
type gradientPanes struct{ title, chart, said, list, paths rect }

const shortestChart = 4

func arrangeGradients(r rect, paths int) gradientPanes {
	p := gradientPanes{list: r}
	take := func(h int) rect {
		top := rect{r.x, p.list.y, r.w, h}
		p.list.y, p.list.h = p.list.y+h, p.list.h-h
		return top
	}
	if r.h < paths+3 {
		paths = 0
	}
	if r.h-paths >= shortestChart+6 && r.w >= 40 {
		p.title = take(1)
		p.chart = take(max((r.h-paths)*9/20, shortestChart))
		p.chart.h-- // the axis
		p.said = take(2)
		p.said.h = 1
	}
	if paths > 0 {
		p.list.h -= paths
		p.paths = rect{r.x, p.list.y + p.list.h, r.w, paths}
	}
	return p
}

// drawGradients draws what reaches each block through its skip and its branch.
func (m *Model) drawGradients(r rect) {
	g := m.state.grads
	if g == nil || len(g.blocks) == 0 {
		m.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, m.noGradients(), muted)
		return
	}
	p := arrangeGradients(r, m.pathLines())
	if r == m.layout.body {
		m.grads.rows = max(p.list.h-1, 1)
		m.grads.moveTo(m.grads.cursor, len(g.blocks))
	}
	if p.chart.h > 0 {
		m.drawGradientChart(p, g)
		m.canvas.text(p.said.x+1, p.said.y, p.said.x+r.w-1, gradientSentence(g), muted)
	}
	m.drawGradientList(p.list, g)
	if p.paths.h > 0 {
		m.drawPaths(p.paths)
	}
}

// noGradients says how to get some.
func (m *Model) noGradients() string {
	switch {
	case len(m.opts.Model.Blocks()) == 0:
		return m.opts.Model.Name + " has no blocks whose inputs could get a gradient by two paths"
	case m.state.back:
		return "the first backward pass is on its way"
	}
	return "no backward pass has run: " + m.keys.Backward.Help().Key + " runs one behind every forward pass"
}

// gradientCurves are what the chart shows: of a net with skips what came
// through either path, of a plain one the whole.
func gradientCurves(nets ...*gradients) []curve {
	var curves []curve
	for _, g := range nets {
		if g == nil {
			continue
		}
		x, whole := make([]float64, len(g.blocks)), make([]float64, len(g.blocks))
		skip, branch := make([]float64, len(g.blocks)), make([]float64, len(g.blocks))
		skips := false
		for i, b := range g.blocks {
			x[i], whole[i], skip[i], branch[i] = float64(i), b.In, math.NaN(), math.NaN()
			if b.HasSkip {
				skip[i], skips = b.Skip, true
			}
			if b.HasBranch {
				branch[i] = b.Branch
			}
		}
		if !skips {
			curves = append(curves, curve{"plain", plainLook, dashedPen, x, whole})
			continue
		}
		curves = append(curves, curve{"branch", branchLook, thinPen, x, branch}, curve{"skip", skipLook, thickPen, x, skip})
	}
	return curves
}

func (m *Model) drawGradientChart(p gradientPanes, g *gradients) {
	curves := gradientCurves(m.twinGradients(), g)
	title := fmt.Sprintf("gradient norm ‖∂L/∂x‖ by block · log · loss %s · batch %d, %s", profile.Significant(g.loss), g.batch, g.labels)
	end := p.title.x + p.title.w - 1
	at := m.canvas.text(p.title.x+1, p.title.y, end, title, plainText)
	m.canvas.legend(at+2, end, p.title.y, curves)
	s := logScale(curves)
	if !s.known() {
		m.canvas.text(p.chart.x+axisLabel, p.chart.y, end, "no gradient is a positive number: there is nothing that a logarithmic axis could show", muted)
		return
	}
	grid := rect{p.chart.x + axisLabel, p.chart.y, p.chart.w - axisLabel - 1, p.chart.h}
	m.canvas.axis(grid.x, grid.y, grid.h, s)
	plot := newPlot(grid.w, grid.h, 0, float64(max(len(g.blocks)-1, 1)), s)
	for i := range curves {
		plot.draw(&curves[i])
	}
	mark := grid.x + plot.column(float64(m.grads.cursor))/2
	m.canvas.fill(rect{mark, grid.y, 1, grid.h}, '│', faint)
	m.canvas.plot(grid.x, grid.y, plot)
	m.drawStageAxis(rect{grid.x, grid.y + grid.h, grid.w, 1}, plot, g)
	m.canvas.set(mark, grid.y+grid.h, '▲', strong)
}

// drawStageAxis names the stages below the blocks.
func (m *Model) drawStageAxis(r rect, p *plot, g *gradients) {
	m.canvas.set(r.x-1, r.y, '└', faint)
	m.canvas.fill(r, '─', faint)
	for from := 0; from < len(g.blocks); {
		stage, _, _ := strings.Cut(g.blocks[from].Path, ".")
		to := from
		for to < len(g.blocks) && strings.HasPrefix(g.blocks[to].Path, stage+".") {
			to++
		}
		to = max(to, from+1)
		start, end := r.x, r.x+r.w
		if from > 0 {
			start = r.x + p.column(float64(from)-0.5)/2 + 1
			m.canvas.set(start-1, r.y, '┴', faint)
		}
		if to < len(g.blocks) {
			end = r.x + p.column(float64(to)-0.5)/2
		}
		if w := width(stage); w <= end-start {
			m.canvas.text(start+(end-start-w)/2, r.y, end, stage, muted)
		}
		from = to
	}
}

// gradientSentence says what was measured, with its numbers.
func gradientSentence(g *gradients) string {
	first, last := g.blocks[0], g.blocks[len(g.blocks)-1]
	text := fmt.Sprintf("‖g in‖ %s at %s, %s at %s", scientific(first.In), first.Path, scientific(last.In), last.Path)
	both, more := 0, 0
	for _, b := range g.blocks {
		if b.HasBoth() {
			both++
			if b.Skip > b.Branch {
				more++
			}
		}
	}
	if both > 0 {
		text += fmt.Sprintf(" · skip over branch in %d of %d blocks", more, both)
	}
	return text
}
