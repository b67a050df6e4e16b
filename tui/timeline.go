package tui

import (
	"fmt"
	"math"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// timelineView shows one pass as an icicle on a time axis: the net, its stages,
// blocks and kernels below each other.
type timelineView struct {
	treeView
	body rect    // at 0, 0
	zoom float64 // 1 shows the whole pass; from there on it follows the selected row
}

// deepestZoom shows a kernel of a microsecond in a pass of a few milliseconds over the
// whole width.
const deepestZoom = 4096

// The timeline's own keys.
var (
	zoomIn  = bind("+", "zoom in", "+", "=")
	zoomOut = bind("-", "zoom out", "-")
)

func (v *timelineView) title() string { return "Timeline" }

func (v *timelineView) update(w, h int) { v.body = rect{w: w, h: h} }

func (v *timelineView) footer() []key.Binding {
	return append([]key.Binding{zoomIn, zoomOut}, v.treeView.footer()...)
}

func (v *timelineView) actions() []action {
	return append(v.treeView.actions(),
		does(aboutView, zoomIn, func() { v.scale(2) }).
			offWhile(when(v.zoom >= deepestZoom, "there is nothing closer")),
		does(aboutView, zoomOut, func() { v.scale(0.5) }).
			offWhile(when(v.zoom <= 1, "the whole pass is shown already")),
	)
}

// wheel zooms: up to come closer.
func (v *timelineView) wheel(d int) {
	if d < 0 {
		v.scale(1.25)
	} else {
		v.scale(0.8)
	}
}

// scale zooms in by a factor, or out by one below 1.
func (v *timelineView) scale(by float64) { v.zoom = max(1, min(max(v.zoom, 1)*by, deepestZoom)) }

// icicle is the part of a pass that is on the screen: kernels end to end, in
// the order in which they run, each as long as its time: forward, then back the way
// it came. What a pass takes beyond them is left empty at the end, so that a box has
// the part of the width that its row has of the pass.
type icicle struct {
	rows     []*node
	forward  int             // rows of the forward pass; the others are backward
	ends     []time.Duration // when each row's kernel ends
	from, to time.Duration   // what is on the screen
	w        int
}

// icicle cuts the pass for w cells. The selected row's kernel is in the middle, as far
// as the ends of the pass allow. Kernels stand end to end by their typical times, rather
// than as one pass ran: one pass has outliers, and would jump from frame to frame.
func (v *timelineView) icicle(w int) icicle {
	p := icicle{rows: v.list.tree.order, forward: len(v.list.tree.order), w: w}
	at := time.Duration(0)
	selected := firstKernel(v.list.selected())
	center := time.Duration(0)
	for _, n := range p.rows {
		if n == selected {
			center = at + n.time/2
		}
		at += n.time
		p.ends = append(p.ends, at)
	}
	if v.list.tree.runsBack() {
		p.rows = slices.Clone(p.rows)
		for _, n := range slices.Backward(v.list.tree.order) {
			at += n.back
			p.rows, p.ends = append(p.rows, n), append(p.ends, at)
		}
	}
	whole := max(at, v.list.tree.whole)
	shown := time.Duration(float64(whole) / max(v.zoom, 1))
	p.from = max(min(center-shown/2, whole-shown), 0)
	p.to = p.from + shown
	return p
}

// at is the row whose kernel runs in the middle of cell x, and whether it runs
// backward; nil after the end.
func (p *icicle) at(x int) (n *node, back bool) {
	t := p.from + time.Duration((float64(x)+0.5)/float64(p.w)*float64(p.to-p.from))
	low, high := 0, len(p.ends)
	for low < high {
		if mid := (low + high) / 2; p.ends[mid] <= t {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == len(p.rows) {
		return nil, false
	}
	return p.rows[low], low >= p.forward
}

// chain lists the rows from the net down to n, without rows that only fold.
func chain(n *node) []*node {
	var up []*node
	for ; n != nil; n = n.parent {
		if n.Kind != profile.RunRow {
			up = append(up, n)
		}
	}
	for i, j := 0, len(up)-1; i < j; i, j = i+1, j-1 {
		up[i], up[j] = up[j], up[i]
	}
	return up
}

// depth is the number of levels of the icicle.
func (p *icicle) depth() int {
	deepest := 0
	for _, n := range p.rows[:p.forward] {
		deepest = max(deepest, len(chain(n)))
	}
	return deepest
}

// draw draws the pass: net, stages, blocks, kernels.
func (v *timelineView) draw(c *canvas, r rect) {
	if v.list.tree.whole <= 0 || len(v.list.tree.order) == 0 {
		c.text(r.x+1, r.y, r.x+r.w, "no pass has been measured yet", muted)
		return
	}
	in := rect{r.x + 1, r.y, r.w - 2, r.h}
	p := v.icicle(in.w)
	v.drawAxis(c, in, p)
	levels := p.depth()
	tall := bandHeight(in.h-3, levels)
	for level := range levels {
		y := in.y + 1 + level*tall
		if y+tall > in.y+in.h {
			break
		}
		v.drawBand(c, rect{in.x, y, in.w, tall}, p, level)
	}
	if y := in.y + 2 + levels*tall; y < in.y+in.h {
		v.drawLegend(c, in, y)
	}
}

// bandHeight is the lines of a level when all levels are to fit into h.
func bandHeight(h, levels int) int { return max(min(h/max(levels, 1), 3), 1) }

// piece is what a cell of a level shows: a row, in one of the passes. Cells
// next to each other that show the same make up a box.
type piece struct {
	row  *node // nil where nothing runs, or nothing so deep
	back bool
}

// piece is that of cell x. What a cell shows is asked cell by cell, instead of boxes
// by their times: short kernels then share cells, and none is drawn over another.
func (p *icicle) piece(x, level int) piece {
	kernel, back := p.at(x)
	if path := chain(kernel); level < len(path) {
		return piece{path[level], back}
	}
	return piece{}
}

// drawBand draws one level, box by box: it looks for the cell where the next piece
// begins. boxes counts them, since neighbours differ by shade.
func (v *timelineView) drawBand(c *canvas, r rect, p icicle, level int) {
	boxes, start := 0, 0
	for current := p.piece(0, level); start < r.w; {
		end, next := start+1, piece{}
		for ; end < r.w; end++ {
			if next = p.piece(end, level); next != current {
				break
			}
		}
		if current.row != nil {
			v.drawBox(c, rect{r.x + start, r.y, end - start, r.h}, current.row, boxLook(current.row, boxes, current.back))
			boxes++
		}
		start, current = end, next
	}
}

// drawBox draws a box with its row's label, if that has room. A row's box is selected
// with the row, and so are the kernels below it: a folded block is selected as a whole.
func (v *timelineView) drawBox(c *canvas, r rect, n *node, l look) {
	c.fill(r, ' ', l)
	c.fill(rect{r.x, r.y, 1, r.h}, '▏', l)
	if r.w > 2 {
		c.text(r.x+1, r.y+(r.h-1)/2, r.x+r.w, n.Label, l)
	}
	if s := v.list.selected(); s != nil && (n == s || n.Kernel >= 0 && n.within(s)) {
		for y := range r.h {
			c.selectRow(r.x, r.y+y, r.w)
		}
	}
}

// boxLook is a box's colour: kernels by their part of the block, modules in two shades
// by turns, which keep neighbours apart, with a hue for each direction of the pass.
func boxLook(n *node, count int, back bool) look {
	switch {
	case len(n.Layers) == 0 && back:
		return [2]look{boxBackward, boxBackward2}[count%2]
	case len(n.Layers) == 0:
		return [2]look{boxModule, boxModule2}[count%2]
	}
	switch n.Layers[0].Part {
	case nn.Skip:
		return boxSkip
	case nn.Branch:
		return boxBranch
	}
	return boxPlain
}

// drawAxis writes round times over the boxes, a label for each 12 cells or more. Labels
// without room at the right edge are left out, not cut.
func (v *timelineView) drawAxis(c *canvas, r rect, p icicle) {
	span := float64(p.to - p.from)
	step := roundStep(span * 12 / float64(r.w))
	for t := math.Ceil(float64(p.from)/step) * step; t <= float64(p.to); t += step {
		x := r.x + int((t-float64(p.from))/span*float64(r.w))
		label := "0"
		if t > 0 {
			label = v.units.duration(time.Duration(math.Round(t))).String()
		}
		if x+width(label)+1 <= r.x+r.w {
			c.set(x, r.y, '╷', faint)
			c.text(x+1, r.y, r.x+r.w, label, muted)
		}
	}
}

// roundStep is the smallest 1, 2 or 5 times a power of ten that is at least v.
func roundStep(v float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(max(v, 1))))
	for _, f := range []float64{1, 2, 5} {
		if f*base >= v {
			return f * base
		}
	}
	return 10 * base
}

// boxKind is what the boxes of a colour are.
type boxKind struct {
	look look
	name string
}

// boxKinds are the kinds of boxes that are drawn, with short names for a narrow w.
func (v *timelineView) boxKinds(w int) []boxKind {
	blocks := len(v.list.tree.byBlock) > 0
	outside := "layers"
	if blocks && w >= 80 {
		outside = "outside blocks"
	} else if blocks {
		outside = "other"
	}
	var kinds []boxKind
	if blocks {
		kinds = append(kinds, boxKind{boxBranch, "branch"})
	}
	if blocks && !v.about.Model.Config.Plain {
		kinds = append(kinds, boxKind{boxSkip, "skip"})
	}
	kinds = append(kinds, boxKind{boxPlain, outside}, boxKind{boxModule, "modules"})
	if v.list.tree.runsBack() {
		kinds = append(kinds, boxKind{boxBackward, "backward"})
	}
	return kinds
}

// drawLegend says what is selected, and what the picture leaves out.
func (v *timelineView) drawLegend(c *canvas, r rect, y int) {
	n := v.list.selected()
	if n != nil {
		took := v.units.duration(v.list.tree.took(n))
		text := fmt.Sprintf("%s   %s   %s of the pass", titleOf(n), took, percent(v.share(n)))
		c.text(r.x, y, r.x+r.w, text, strong)
	}
	if y+1 >= r.y+r.h {
		return
	}
	x := r.x
	for _, k := range v.boxKinds(r.w) {
		c.text(x, y+1, r.x+r.w, "▏ ", k.look)
		x = c.text(x+3, y+1, r.x+r.w, k.name, muted) + 2
	}
	text := "kernels end to end; the empty rest is overhead"
	if v.list.tree.runsBack() {
		text = "forward, then backward; the empty rest is loss, probes and overhead"
	}
	if x+width(text) > r.x+r.w && y+2 < r.y+r.h {
		c.wrap(rect{r.x, y + 2, r.w, r.y + r.h - y - 2}, text, muted)
		return
	}
	c.text(x, y+1, r.x+r.w, text, muted)
}

// click selects what is drawn at a cell of the view.
func (v *timelineView) click(x, y int) {
	in := rect{1, 0, v.body.w - 2, v.body.h}
	p := v.icicle(in.w)
	if x-1 < 0 || x-1 >= in.w || p.to <= p.from {
		return
	}
	n, _ := p.at(x - 1)
	if n == nil {
		return
	}
	path := chain(n)
	level := (y - 1) / bandHeight(in.h-3, p.depth())
	if y < 1 || level >= len(path) {
		return
	}
	v.list.reveal(path[level])
}
