package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// gradientsView shows what reaches each block through its skip and its branch.
// It has a cursor of its own, over the blocks.
type gradientsView struct {
	treeView
	body        rect // at 0, 0
	cursor, top int  // into the blocks: the selected one, the first of the list
	rows        int  // of the list
}

// pathsKey is the view's own.
var pathsKey = bind("L", "path lengths to the block", "L")

func (v *gradientsView) title() string { return "Gradients" }

// missing: of a recording there may be no gradients.
func (v *gradientsView) missing() string {
	switch {
	case len(v.list.tree.byBlock) == 0:
		return v.about.Model.Name + " has no blocks"
	case v.about.Recorded && v.state.Gradients == nil:
		return "the recorded passes went forward only"
	}
	return ""
}

func (v *gradientsView) update(w, h int) {
	v.body = rect{w: w, h: h}
	v.rows = max(arrangeGradients(v.body, v.pathLines()).list.h-1, 1)
	v.moveTo(v.cursor)
}

// blocks are those of the newest backward pass.
func (v *gradientsView) blocks() []nn.BlockGradient {
	if v.state.Gradients == nil {
		return nil
	}
	return v.state.Gradients.Blocks
}

// moveTo puts the cursor on block i, or the nearest one, and scrolls to it.
func (v *gradientsView) moveTo(i int) {
	n := len(v.blocks())
	v.cursor = max(min(i, n-1), 0)
	v.top = max(min(v.top, v.cursor), v.cursor-v.rows+1)
	v.top = max(min(v.top, n-v.rows), 0)
}

func (v *gradientsView) move(d int) { v.moveTo(v.cursor + d) }

// opened puts the cursor on the block that is selected in the tree, as the first line
// of the list. From then on the view moves by itself: its rows aren't the tree's.
func (v *gradientsView) opened() {
	g := v.state.Gradients
	if b := blockOf(v.list.selected()); b != nil && g != nil {
		if i := slices.IndexFunc(g.Blocks, func(of nn.BlockGradient) bool { return of.Path == b.Module.Path }); i >= 0 {
			v.cursor, v.top = i, i
			v.moveTo(i)
		}
	}
}

func (v *gradientsView) footer() []key.Binding {
	keys := []key.Binding{named(pathsKey, "path lengths"), named(v.keymap.Toggle, "to the tree")}
	return append(keys, v.treeView.footer()...)
}

func (v *gradientsView) actions() []action {
	k := v.keymap
	page, all := func() int { return v.rows }, func() int { return len(v.blocks()) }
	return append(k.moves(page, all, v.move),
		does(aboutView, named(k.Toggle, "the block in Layers"), func() { v.screen.reveal(v.focus()) }),
		does(aboutView, named(k.Open, "next block"), func() { v.move(1) }).
			offWhile(when(v.cursor >= len(v.blocks())-1, "no block comes after this one")),
		does(aboutView, named(k.Shut, "block before"), func() { v.move(-1) }).
			offWhile(when(v.cursor <= 0, "no block comes before this one")),
		does(aboutView, pathsKey, v.askPaths).offForGood(v.noEngine()),
	)
}

func (v *gradientsView) wheel(d int) { v.move(d) }

// click selects the block of a row, or of a column of the chart.
func (v *gradientsView) click(x, y int) {
	n := len(v.blocks())
	p := arrangeGradients(v.body, v.pathLines())
	switch {
	case n == 0:
	case p.list.contains(x, y) && y > p.list.y:
		if i := v.top + y - p.list.y - 1; i < n {
			v.moveTo(i)
		}
	case p.chart.h > 0 && p.chart.contains(x, y) && x >= axisLabel:
		w := max(p.chart.w-axisLabel-2, 1)
		v.moveTo(int(math.Round(float64((x-axisLabel)*(n-1)) / float64(w))))
	}
}

// focus is the block under the view's cursor, or else the tree's row.
func (v *gradientsView) focus() *node {
	if blocks := v.blocks(); v.cursor < len(blocks) {
		if b := v.list.tree.byBlock[blocks[v.cursor].Path]; b != nil {
			return b
		}
	}
	return v.list.selected()
}

// gradientPanes divides the view: a title, the chart with its axis below, a
// sentence, the list, and the spectrum of path lengths.
type gradientPanes struct{ title, chart, said, list, paths rect }

// shortestChart is the lines under which a chart is left out: it would show no
// more than the list.
const shortestChart = 4

// arrangeGradients divides r, where path lengths ask for paths lines. The list gets
// what is left and is always there. On a low screen the path lengths are dropped first,
// then the chart with its title and sentence.
func arrangeGradients(r rect, paths int) gradientPanes {
	p := gradientPanes{list: r}
	// fromTop cuts h lines off what is left for the list.
	fromTop := func(h int) rect {
		top := rect{r.x, p.list.y, r.w, h}
		p.list.y, p.list.h = p.list.y+h, p.list.h-h
		return top
	}
	if r.h < paths+3 {
		paths = 0
	}
	if r.h-paths >= shortestChart+6 && r.w >= 40 {
		p.title = fromTop(1)
		p.chart = fromTop(max((r.h-paths)*9/20, shortestChart))
		p.chart.h-- // the axis
		p.said = fromTop(2)
		p.said.h = 1
	}
	if paths > 0 {
		p.list.h -= paths
		p.paths = rect{r.x, p.list.y + p.list.h, r.w, paths}
	}
	return p
}

// draw draws what reaches each block through its skip and its branch.
func (v *gradientsView) draw(c *canvas, r rect) {
	g := v.state.Gradients
	if g == nil || len(g.Blocks) == 0 {
		c.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, v.noGradients(), muted)
		return
	}
	p := arrangeGradients(r, v.pathLines())
	if p.chart.h > 0 {
		v.drawGradientChart(c, p, g)
		said := rect{p.said.x + 1, p.said.y, r.w - 2, p.said.h}
		if text := gradientSentence(g); width(text) > said.w {
			said.h++ // into the blank line
			c.wrap(said, text, muted)
		} else {
			c.text(said.x, said.y, said.x+said.w, text, muted)
		}
	}
	v.drawGradientList(c, p.list, g)
	if p.paths.h > 0 {
		v.drawPaths(c, p.paths)
	}
}

// noGradients says how to get some.
func (v *gradientsView) noGradients() string {
	switch {
	case len(v.about.Model.Blocks()) == 0:
		return v.about.Model.Name + " has no blocks whose inputs could get a gradient by two paths"
	case v.state.Actual.Backward:
		return "the first backward pass is on its way"
	}
	return "no backward pass has run: " + v.keymap.Backward.Help().Key + " runs one behind every forward pass"
}

// gradientCurves are what the chart shows of each net; nil ones are left out.
func gradientCurves(nets ...*live.Gradients) []curve {
	var curves []curve
	for _, g := range nets {
		if g != nil {
			curves = append(curves, blockCurves(g)...)
		}
	}
	return curves
}

// blockCurves are the norms by block: the whole at a block's input, and of a net with
// skips what came through either path. A block that lacks a path leaves a gap. The whole
// is first, so that a path that is all of it hides it and not the other way round.
func blockCurves(g *live.Gradients) []curve {
	n := len(g.Blocks)
	whole := curve{name: "‖g in‖", short: "in", look: strong, pen: dottedPen, x: make([]float64, n), y: make([]float64, n)}
	branch := curve{name: "branch", look: branchLook, pen: thinPen, x: whole.x, y: make([]float64, n)}
	skip := curve{name: "skip", look: skipLook, pen: thickPen, x: whole.x, y: make([]float64, n)}
	skips := false
	for i, b := range g.Blocks {
		whole.x[i], whole.y[i] = float64(i), b.In
		branch.y[i], skip.y[i] = math.NaN(), math.NaN()
		if b.HasSkip {
			skip.y[i], skips = b.Skip, true
		}
		if b.HasBranch {
			branch.y[i] = b.Branch
		}
	}
	if !skips {
		whole.name, whole.short, whole.look, whole.pen = "plain ‖g in‖", "plain", plainLook, dashedPen
		return []curve{whole}
	}
	return []curve{whole, branch, skip}
}

// drawGradientChart draws the title, the curves and the stages below them. The mark of
// the selected block is drawn before the curves, which it must not hide, and its head
// after the axis, which it replaces there. The net's own curves come after its twin's:
// where they cross, its colours win.
func (v *gradientsView) drawGradientChart(c *canvas, p gradientPanes, g *live.Gradients) {
	curves := gradientCurves(v.twinGradients(), g)
	end := p.title.x + p.title.w - 1
	c.caption(p.title, gradientTitles(g), curves)
	s := logScale(curves)
	if !s.known() {
		const text = "no gradient is a positive number: there is nothing that a logarithmic axis could show"
		c.text(p.chart.x+axisLabel, p.chart.y, end, text, muted)
		return
	}
	grid := rect{p.chart.x + axisLabel, p.chart.y, p.chart.w - axisLabel - 1, p.chart.h}
	c.axis(grid.x, grid.y, grid.h, s)
	plot := newPlot(grid.w, grid.h, 0, float64(max(len(g.Blocks)-1, 1)), s)
	for i := range curves {
		plot.draw(&curves[i])
	}
	mark := grid.x + plot.column(float64(v.cursor))/2
	c.fill(rect{mark, grid.y, 1, grid.h}, '│', faint)
	c.plot(grid.x, grid.y, plot)
	v.drawStageAxis(c, rect{grid.x, grid.y + grid.h, grid.w, 1}, plot, g)
	c.set(mark, grid.y+grid.h, '▲', strong)
}

// gradientTitles are the chart's title from the longest to the shortest.
func gradientTitles(g *live.Gradients) []string {
	short := "‖∂L/∂x‖ by block · log"
	loss := short + " · loss " + profile.Significant(g.Loss)
	long := fmt.Sprintf("gradient norm %s · batch %d, %s", loss, g.Batch, g.Labels)
	return []string{long, loss, short, "‖∂L/∂x‖ · log", "log"}
}

// drawStageAxis names the stages below the blocks. A stage reaches half a block beyond
// its first and last; a name without room between those ends is left out.
func (v *gradientsView) drawStageAxis(c *canvas, r rect, p *plot, g *live.Gradients) {
	c.set(r.x-1, r.y, '└', faint)
	c.fill(r, '─', faint)
	for from := 0; from < len(g.Blocks); {
		stage, _, _ := strings.Cut(g.Blocks[from].Path, ".")
		to := from
		for to < len(g.Blocks) && strings.HasPrefix(g.Blocks[to].Path, stage+".") {
			to++
		}
		to = max(to, from+1)
		start, end := r.x, r.x+r.w
		if from > 0 {
			start = r.x + p.column(float64(from)-0.5)/2 + 1
			c.set(start-1, r.y, '┴', faint)
		}
		if to < len(g.Blocks) {
			end = r.x + p.column(float64(to)-0.5)/2
		}
		if w := width(stage); w <= end-start {
			c.text(start+(end-start-w)/2, r.y, end, stage, muted)
		}
		from = to
	}
}

// gradientSentence says what was measured, with its numbers.
func gradientSentence(g *live.Gradients) string {
	first, last := g.Blocks[0], g.Blocks[len(g.Blocks)-1]
	text := fmt.Sprintf("‖g in‖ %s at %s, %s at %s", scientific(first.In), first.Path, scientific(last.In), last.Path)
	both, more := 0, 0
	for _, b := range g.Blocks {
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
