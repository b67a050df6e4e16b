package tui

import (
	"fmt"
	"math"
	"slices"
	"time"

	"resnet-tui/resnet"
)

// timeline is how the pass is looked at: zoom 1 shows all of it. A closer look
// follows the selected row.
type timeline struct{ zoom float64 }

const deepestZoom = 4096

func (t *timeline) scale(by float64) { t.zoom = max(1, min(max(t.zoom, 1)*by, deepestZoom)) }

// icicle is the part of a pass that is on the screen: kernels end to end, in
// the order in which they run, each as long as its median: forward, then back
// the way it came.
type icicle struct {
	rows     []*node
	forward  int             // rows of the forward pass; the others are backward
	ends     []time.Duration // when each row's kernel ends
	from, to time.Duration   // what is on the screen
	w        int
}

// icicle cuts the pass for w cells around the selected row.
func (m *Model) icicle(w int) icicle {
	c := icicle{rows: m.list.tree.order, forward: len(m.list.tree.order), w: w}
	at := time.Duration(0)
	selected := firstKernel(m.list.selected())
	center := time.Duration(0)
	for _, n := range c.rows {
		if n == selected {
			center = at + n.time/2
		}
		at += n.time
		c.ends = append(c.ends, at)
	}
	if m.list.tree.runsBack() {
		c.rows = slices.Clone(c.rows)
		for _, n := range slices.Backward(m.list.tree.order) {
			at += n.back
			c.rows, c.ends = append(c.rows, n), append(c.ends, at)
		}
	}
	shown := time.Duration(float64(at) / max(m.line.zoom, 1))
	c.from = max(min(center-shown/2, at-shown), 0)
	c.to = c.from + shown
	return c
}

// at is the row whose kernel runs in the middle of cell x, and whether it runs
// backward; nil after the end.
func (c *icicle) at(x int) (n *node, back bool) {
	t := c.from + time.Duration((float64(x)+0.5)/float64(c.w)*float64(c.to-c.from))
	low, high := 0, len(c.ends)
	for low < high {
		if mid := (low + high) / 2; c.ends[mid] <= t {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == len(c.rows) {
		return nil, false
	}
	return c.rows[low], low >= c.forward
}

// chain lists the rows from the net down to n, without rows that only fold.
func chain(n *node) []*node {
	var up []*node
	for ; n != nil; n = n.parent {
		if n.kind != runNode {
			up = append(up, n)
		}
	}
	for i, j := 0, len(up)-1; i < j; i, j = i+1, j-1 {
		up[i], up[j] = up[j], up[i]
	}
	return up
}

// depth is the number of levels of the icicle.
func (c *icicle) depth() int {
	deepest := 0
	for _, n := range c.rows[:c.forward] {
		deepest = max(deepest, len(chain(n)))
	}
	return deepest
}

// drawTimeline draws the pass: net, stages, blocks, kernels.
func (m *Model) drawTimeline(r rect) {
	if m.list.tree.whole <= 0 || len(m.list.tree.order) == 0 {
		m.canvas.text(r.x+1, r.y, r.x+r.w, "no pass has been measured yet", muted)
		return
	}
	in := rect{r.x + 1, r.y, r.w - 2, r.h}
	c := m.icicle(in.w)
	m.drawAxis(in, c)
	levels := c.depth()
	tall := bandHeight(in.h-3, levels)
	for level := range levels {
		y := in.y + 1 + level*tall
		if y+tall > in.y+in.h {
			break
		}
		m.drawBand(rect{in.x, y, in.w, tall}, c, level)
	}
	if y := in.y + 2 + levels*tall; y < in.y+in.h {
		m.drawLegend(in, y)
	}
}

// bandHeight is the lines of a level, when so many are to fit into h.
func bandHeight(h, levels int) int { return max(min(h/max(levels, 1), 3), 1) }

// drawBand draws one level: runs of cells that show the same row in the same
// pass are a box.
func (m *Model) drawBand(r rect, c icicle, level int) {
	start, count := 0, 0
	var box *node
	wasBack := false
	for x := 0; x <= r.w; x++ {
		var n *node
		back := false
		if x < r.w {
			var kernel *node
			if kernel, back = c.at(x); kernel != nil {
				if path := chain(kernel); level < len(path) {
					n = path[level]
				}
			}
		}
		if x > 0 && n == box && back == wasBack && x < r.w {
			continue
		}
		if box != nil {
			m.drawBox(rect{r.x + start, r.y, x - start, r.h}, box, boxLook(box, count, wasBack))
			count++
		}
		start, box, wasBack = x, n, back
	}
}

func (m *Model) drawBox(r rect, n *node, l look) {
	m.canvas.fill(r, ' ', l)
	m.canvas.fill(rect{r.x, r.y, 1, r.h}, '▏', l)
	if r.w > 2 {
		m.canvas.text(r.x+1, r.y+(r.h-1)/2, r.x+r.w, n.label, l)
	}
	if s := m.list.selected(); s != nil && (n == s || n.group >= 0 && n.within(s)) {
		for y := range r.h {
			m.canvas.selectRow(r.x, r.y+y, r.w)
		}
	}
}

// boxLook is a box's colour: kernels by their part of the block, modules in
// turns of one hue for each pass.
func boxLook(n *node, count int, back bool) look {
	switch {
	case len(n.layers) == 0 && back:
		return [2]look{boxBackward, boxBackward2}[count%2]
	case len(n.layers) == 0:
		return [2]look{boxModule, boxModule2}[count%2]
	}
	switch n.layers[0].Part {
	case resnet.Skip:
		return boxSkip
	case resnet.Branch:
		return boxBranch
	}
	return boxPlain
}

// drawAxis writes round times over the boxes.
func (m *Model) drawAxis(r rect, c icicle) {
	span := float64(c.to - c.from)
	step := roundStep(span * 12 / float64(r.w))
	for t := math.Ceil(float64(c.from)/step) * step; t <= float64(c.to); t += step {
		x := r.x + int((t-float64(c.from))/span*float64(r.w))
		label := "0"
		if t > 0 {
			label = m.units.duration(time.Duration(math.Round(t))).String()
		}
		if x+width(label)+1 <= r.x+r.w {
			m.canvas.set(x, r.y, '╷', faint)
			m.canvas.text(x+1, r.y, r.x+r.w, label, muted)
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

// drawLegend says what is selected, and what the picture leaves out.
func (m *Model) drawLegend(r rect, y int) {
	n := m.list.selected()
	if n != nil {
		text := fmt.Sprintf("%s   %s   %s of the pass", titleOf(n), m.units.duration(m.list.tree.took(n)), percent(m.share(n)))
		m.canvas.text(r.x, y, r.x+r.w, text, strong)
	}
	if y+1 >= r.y+r.h {
		return
	}
	x := r.x
	for _, k := range []struct {
		l    look
		text string
	}{{boxBranch, "branch"}, {boxSkip, "skip"}, {boxPlain, "outside blocks"}} {
		m.canvas.text(x, y+1, r.x+r.w, "▏ ", k.l)
		x = m.canvas.text(x+3, y+1, r.x+r.w, k.text, muted) + 2
	}
	text := "kernels end to end, each by its median; overhead is not drawn"
	if m.list.tree.runsBack() {
		text = "forward, then backward; " + text
	}
	m.canvas.text(x, y+1, r.x+r.w, text, muted)
}

// clickTimeline selects what is drawn at a cell of the view.
func (m *Model) clickTimeline(x, y int) {
	in := rect{1, 0, m.layout.body.w - 2, m.layout.body.h}
	c := m.icicle(in.w)
	if x-1 < 0 || x-1 >= in.w || c.to <= c.from {
		return
	}
	n, _ := c.at(x - 1)
	if n == nil {
		return
	}
	path := chain(n)
	level := (y - 1) / bandHeight(in.h-3, c.depth())
	if y < 1 || level >= len(path) {
		return
	}
	m.list.reveal(path[level])
}
