package tui

import (
	"fmt"
	"math"

	"resnet-tui/profile"
)

// twinView is the twin's tree, beside the net's.
type twinView struct {
	program *program
	tree    *tree
	snap    profile.Snapshot
	byID    map[string]*node
}

// adopt takes the twin that the engine has now.
func (v *twinView) adopt(c *companion) {
	switch {
	case c == nil:
		*v = twinView{}
	case c.program != v.program:
		*v = twinView{program: c.program, tree: newTree(c.program.whole, c.program.model, c.program.lowered), byID: map[string]*node{}}
		for _, n := range append(v.tree.nodes, v.tree.tail...) {
			v.byID[n.id] = n
		}
	}
}

// sample takes its newest times.
func (v *twinView) sample() {
	if v.program != nil {
		v.program.recorder.Snapshot(&v.snap)
		v.tree.update(&v.snap)
	}
}

// of is the twin's row for a row of the net; nil where it has none. For a run
// of blocks that the twin folds another way it is made up.
func (v *twinView) of(n *node) *node {
	if t := v.byID[n.id]; t != nil || n.kind != runNode {
		return t
	}
	sum := &node{kind: runNode, label: n.label, depth: n.depth, group: -1}
	for _, c := range n.children {
		t := v.byID[c.id]
		if t == nil {
			return nil
		}
		sum.time, sum.back, sum.cost = sum.time+t.time, sum.back+t.back, add(sum.cost, t.cost)
	}
	return sum
}

// side is one of the two nets, as the view of both sees it.
type side struct {
	tree      *tree
	grads     *gradients
	responses map[string]float64
}

func (m *Model) sides() (net, twin side) {
	c := m.state.twin
	return side{m.list.tree, m.state.grads, byPath(c.own)}, side{m.twin.tree, c.grads, byPath(c.responses)}
}

func byPath(all []response) map[string]float64 {
	at := make(map[string]float64, len(all))
	for _, r := range all {
		at[r.path] = r.std
	}
	return at
}

// sideColumn is a figure that both nets show.
type sideColumn struct {
	title string
	width int
	unit  int
	back  bool // only with backward passes
	value func(m *Model, s side, n *node) profile.Figure
}

// sideColumns come in while there is room, in this order.
var sideColumns = []sideColumn{
	{"forward", 9, 2, false, func(m *Model, _ side, n *node) profile.Figure { return m.units.duration(n.time) }},
	{"‖∂L/∂x‖", 9, 0, true, func(_ *Model, s side, n *node) profile.Figure { return s.gradient(n) }},
	{"backward", 10, 2, true, func(m *Model, _ side, n *node) profile.Figure { return m.units.duration(n.back) }},
	{"σ", 8, 0, false, func(_ *Model, s side, n *node) profile.Figure { return s.response(n) }},
	{"MACs", 9, 1, false, func(m *Model, _ side, n *node) profile.Figure { return count(m.units.ops(n)) }},
	{"params", 9, 1, false, func(_ *Model, _ side, n *node) profile.Figure { return count(n.cost.Params) }},
}

// gradient is that at a block's input.
func (s side) gradient(n *node) profile.Figure {
	if n.kind != blockNode {
		return profile.Figure{}
	}
	g, ok := s.grads.of(n.module.Path)
	if !ok {
		return profile.Figure{}
	}
	return profile.Figure{Number: scientific(g.In)}
}

// response is the deviation of the first convolution of a row.
func (s side) response(n *node) profile.Figure {
	if len(n.layers) == 0 {
		return profile.Figure{}
	}
	std, ok := s.responses[n.layers[0].Path]
	if !ok {
		return profile.Figure{}
	}
	return profile.Figure{Number: profile.Significant(std)}
}

const (
	sideName      = 22 // cells of a name, at least
	narrowestPair = 44 // cells of two trees
)

// sidePlaces are the columns that fit into a half of w cells.
func (m *Model) sidePlaces(w int) []sideColumn {
	var in []sideColumn
	rest := w - min(sideName, w*6/10)
	for _, c := range sideColumns {
		if c.back && !m.list.tree.runsBack() {
			continue
		}
		if c.width <= rest {
			in, rest = append(in, c), rest-c.width
		}
	}
	return in
}

// drawCompare draws the net and its twin in step, with one cursor.
func (m *Model) drawCompare(r rect) {
	if m.state.twin == nil || m.twin.tree == nil {
		text := m.keys.Twin.Help().Key + " puts the net without skips beside this one: same seed, and the same weights where both have them"
		if m.opts.Model.Config.Plain {
			text = m.keys.Twin.Help().Key + " puts the net with skips beside this plain one: same seed, and the same weights where both have them"
		}
		m.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, text, muted)
		return
	}
	if r.w < narrowestPair {
		m.wrap(rect{r.x, r.y, r.w, r.h}, fmt.Sprintf("two trees need %d columns", narrowestPair), muted)
		return
	}
	chart := 0
	if r.h >= 18 && len(m.state.twin.own) > 1 {
		chart = max(r.h/3, shortestChart+3)
	}
	m.drawSides(rect{r.x, r.y, r.w, r.h - chart})
	if chart > 0 {
		m.drawResponses(rect{r.x, r.y + r.h - chart, r.w, chart})
	}
}

func (m *Model) drawSides(r rect) {
	w := (r.w - 1) / 2
	in := m.sidePlaces(w)
	net, twin := m.sides()
	left, right := rect{r.x, r.y, w, 1}, rect{r.x + w + 1, r.y, r.w - w - 1, 1}
	m.drawSideTitle(left, net.tree.model.Name, in)
	m.drawSideTitle(right, twin.tree.model.Name, in)
	for i := range r.h - 1 {
		at := m.list.top + i
		if at >= len(m.list.rows) {
			break
		}
		n := m.list.rows[at]
		left.y, right.y = r.y+1+i, r.y+1+i
		other := m.twin.of(n)
		m.drawSide(left, n, n, net, other, twin, in)
		if other != nil {
			m.drawSide(right, other, n, twin, n, net, in)
		}
		if at == m.list.cursor {
			m.canvas.selectRow(r.x, left.y, r.w)
		}
	}
	m.canvas.fill(rect{r.x + w, r.y, 1, r.h}, '│', faint)
}

func (m *Model) drawSideTitle(r rect, name string, in []sideColumn) {
	end := r.x + r.w
	for i := len(in) - 1; i >= 0; i-- {
		m.canvas.right(end, r.y, in[i].title, muted)
		end -= in[i].width
	}
	m.canvas.text(r.x+nameColumn, r.y, end-1, name, strong)
}

// drawSide draws a row of one net, as shown is folded. What the other has too
// is dim, what differs is bright.
func (m *Model) drawSide(r rect, n, shown *node, s side, other *node, o side, in []sideColumn) {
	end := r.x + r.w
	for i := len(in) - 1; i >= 0; i-- {
		f, l := in[i].value(m, s, n), plainText
		if other != nil && in[i].value(m, o, other) == f {
			l = faint
		}
		m.canvas.figure(end-in[i].width, end, r.y, f, in[i].unit, l)
		end -= in[i].width
	}
	drawn := *n
	drawn.unfolded = shown.unfolded
	m.drawName(r.x, r.y, end-1, &drawn, false)
}

// drawResponses draws the deviations of the nets' responses by layer.
func (m *Model) drawResponses(r rect) {
	c := m.state.twin
	names := [2]string{"residual", "plain"}
	looks := [2]look{skipLook, plainLook}
	pens := [2]pen{thickPen, dashedPen}
	var curves []curve
	longest := 1
	for i, all := range [][]response{c.own, c.responses} {
		kind := i
		if m.opts.Model.Config.Plain {
			kind = 1 - i
		}
		k := curve{name: names[kind], look: looks[kind], pen: pens[kind]}
		for x, v := range all {
			k.x, k.y = append(k.x, float64(x)), append(k.y, v.std)
		}
		longest = max(longest, len(all)-1)
		curves = append([]curve{k}, curves...)
	}
	s, axis := linearScale(curves), "linear"
	if spread := spreadOf(curves); spread > 100 {
		s, axis = logScale(curves), "log"
	}
	end := r.x + r.w - 1
	title := fmt.Sprintf("response σ by layer · %s · after batch norm, before ReLU and ⊕", axis)
	if m.list.tree.model.Config.Norm.String() == "none" {
		title = fmt.Sprintf("response σ by layer · %s · of convolutions, before ReLU and ⊕", axis)
	}
	at := m.canvas.text(r.x+1, r.y, end-22, title, plainText)
	m.canvas.legend(at+1, end, r.y, curves)
	if !s.known() {
		return
	}
	h := r.h - 2
	m.canvas.axis(r.x, r.y+1, h, s)
	p := newPlot(r.w-axisLabel-1, h, 0, float64(longest), s)
	for i := range curves {
		p.draw(&curves[i])
	}
	m.canvas.plot(r.x+axisLabel, r.y+1, p)
	m.canvas.set(r.x+axisLabel-1, r.y+1+h, '└', faint)
	m.canvas.fill(rect{r.x + axisLabel, r.y + 1 + h, p.w, 1}, '─', faint)
	m.canvas.text(r.x+axisLabel+1, r.y+1+h, end, " layer 1 ", muted)
	m.canvas.right(end, r.y+1+h, fmt.Sprintf(" %d ", longest+1), muted)
}

// spreadOf is the largest value over the smallest positive one.
func spreadOf(curves []curve) float64 {
	low, high := math.Inf(1), 0.0
	each(curves, func(v float64) {
		if high = max(high, v); v > 0 {
			low = min(low, v)
		}
	})
	return high / low
}
