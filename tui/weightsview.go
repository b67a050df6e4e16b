package tui

import (
	"fmt"

	"charm.land/bubbles/v2/key"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// weightsView shows what the net holds: the histogram of the selected row, the histograms
// of all layers as a carpet, and the row's channels.
type weightsView struct {
	treeView
	body   rect // at 0, 0
	of     *tree
	params map[string]*nn.Statistics // that lines is of
	lines  []valueLine
	axis   valueAxis
}

// valueLine is a tensor of the net: a line of the carpet.
type valueLine struct {
	row   *node
	name  string
	stats *nn.Statistics // nil while they aren't known
}

func (v *weightsView) title() string { return "Weights" }

func (v *weightsView) missing() string {
	return when(v.about.Recorded, "a recorded profile has no values: open the net itself to see them")
}

// opened asks for the weights that aren't known yet.
func (v *weightsView) opened() {
	if v.noEngine() == "" && v.known() < len(v.lines) {
		v.screen.request(live.InspectParams{})
	}
}

// update gathers what is known.
func (v *weightsView) update(w, h int) {
	v.body = rect{w: w, h: h}
	if v.of == v.list.tree && len(v.params) == len(v.state.Params) {
		return
	}
	v.of, v.params = v.list.tree, v.state.Params
	v.lines = v.weights()
	for _, line := range v.lines {
		if line.stats != nil {
			v.axis.take(line.stats)
		}
	}
}

// weights are those of convolutions and of linear layers, as they run.
func (v *weightsView) weights() (lines []valueLine) {
	seen := map[tensor.ParamID]bool{}
	for i, l := range v.of.model.Layers {
		for _, id := range l.Params {
			p := &v.of.model.Params[id]
			if p.Role == tensor.Weight && !seen[id] {
				seen[id] = true
				lines = append(lines, valueLine{v.of.byLayer[i], l.Path, v.params[p.Name]})
			}
		}
	}
	return lines
}

func (v *weightsView) known() (n int) {
	for _, line := range v.lines {
		if line.stats != nil {
			n++
		}
	}
	return n
}

// cursor is the line of the selected row: the first one in it, or the one before it in the
// net; −1 if there are no lines.
func (v *weightsView) cursor() int {
	n, before := v.list.selected(), -1
	for i, line := range v.lines {
		switch {
		case n == nil:
		case line.row.within(n):
			return i
		case line.row.Index <= n.Index:
			before = i
		}
	}
	return max(before, min(len(v.lines)-1, 0))
}

func (v *weightsView) footer() []key.Binding {
	return append([]key.Binding{named(v.keymap.Toggle, "to the tree")}, v.treeView.footer()...)
}

// click selects the row of a line of the carpet.
func (v *weightsView) click(x, y int) {
	p := arrangeWeights(v.body)
	at := v.carpet().area(p.carpet)
	if len(v.lines) > 0 && at.contains(x, y) {
		v.list.reveal(v.lines[v.carpet().lineAt(2*(y-at.y), 2*at.h)].row)
	}
}

func (v *weightsView) carpet() *carpet { return &carpet{v.lines, v.axis, v.cursor()} }

// weightPanes divide the view: a line about the row, its histogram on the left, the
// carpet on the right, each below its title, and the row's channels.
type weightPanes struct{ head, titles, histogram, carpet, strips rect }

// The least size at which there is a carpet beside the histogram, titles, and channels.
const (
	carpetWidth = 56
	titleHeight = 7
	stripHeight = 12
)

func arrangeWeights(r rect) weightPanes {
	r.x, r.w = r.x+1, r.w-2
	p := weightPanes{head: rect{r.x, r.y, r.w, 1}, histogram: rect{r.x, r.y + 1, r.w, r.h - 1}}
	if r.h >= titleHeight {
		p.titles = rect{r.x, r.y + 1, r.w, 1}
		p.histogram.y, p.histogram.h = r.y+2, r.h-2
	}
	if r.h >= stripHeight {
		p.histogram.h -= stripLines + 1
		p.strips = rect{r.x, r.y + r.h - stripLines, r.w, stripLines}
	}
	if r.w >= carpetWidth {
		p.carpet = p.histogram
		p.histogram.w = r.w * 2 / 5
		left := p.histogram.w + 2
		p.carpet.x, p.carpet.w = r.x+left, r.w-left
	}
	p.histogram.w = 2*sideOf(p.histogram.w) + 1
	return p
}

func (v *weightsView) draw(c *canvas, r rect) {
	if v.known() == 0 {
		c.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, v.noWeights(), muted)
		return
	}
	p := arrangeWeights(r)
	line := v.lines[v.cursor()]
	v.drawHead(c, p.head, line)
	if line.stats != nil {
		c.drawHistogram(p.histogram, line.stats, v.axis, forwardLook)
	}
	if !p.titles.empty() {
		c.text(p.titles.x, p.titles.y, p.titles.x+p.histogram.w, "values by power of two", muted)
	}
	if !p.strips.empty() && line.stats != nil {
		v.drawStrips(c, p.strips, line.stats)
	}
	if !p.carpet.empty() {
		v.drawCarpet(c, p)
	}
}

// noWeights says why there are none yet.
func (v *weightsView) noWeights() string {
	if why := v.noEngine(); why != "" {
		return why
	}
	return "the weights are read when this view is opened"
}

// drawHead says what the selected row's tensor is. What is no number comes first.
func (v *weightsView) drawHead(c *canvas, r rect, line valueLine) {
	x := c.text(r.x, r.y, r.x+r.w, "weight of "+line.name, strong)
	if line.stats == nil {
		c.text(x, r.y, r.x+r.w, " is being read", muted)
		return
	}
	if text := strangeText(line.stats); text != "" {
		x = c.text(x+2, r.y, r.x+r.w, text, warningLook)
	}
	for _, text := range valuesText(line.stats) {
		if x+2+width(text) <= r.x+r.w {
			c.text(x+2, r.y, r.x+r.w, text, muted)
			return
		}
	}
}

// drawCarpet draws the carpet with its title.
func (v *weightsView) drawCarpet(c *canvas, p weightPanes) {
	k := v.carpet()
	area, end := k.area(p.carpet), p.carpet.x+p.carpet.w
	title := fmt.Sprintf("all %d layers, bright: most of a layer", len(v.lines))
	if known := v.known(); known < len(v.lines) {
		title = fmt.Sprintf("%d of %d layers are read", known, len(v.lines))
	}
	c.text(area.x, p.titles.y, end, title, muted)
	k.draw(c, p.carpet, v.pictures)
}
