package tui

import (
	"fmt"
	"math"

	"github.com/charmbracelet/x/ansi"

	"resnet-tui/profile"
	"resnet-tui/resnet"
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
		sum.ahead, sum.after, sum.cost = append(sum.ahead, t.ahead...), append(sum.after, t.after...), add(sum.cost, t.cost)
	}
	if len(v.snap.Groups) > 0 {
		sum.time, sum.back = v.snap.P50(sum.ahead), v.snap.P50(sum.after)
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

func byPath(all []resnet.Response) map[string]float64 {
	at := make(map[string]float64, len(all))
	for _, r := range all {
		at[r.Path] = r.Std
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
		m.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, m.noTwin(), muted)
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

// noTwin says how to get one, and what weights it will have.
func (m *Model) noTwin() string {
	text := m.keys.Twin.Help().Key + " puts the net without skips beside this one: "
	if m.opts.Model.Config.Plain {
		text = m.keys.Twin.Help().Key + " puts the net with skips beside this plain one: "
	}
	if m.opts.TwinWeights != "" {
		return text + "its weights are " + m.opts.TwinWeights
	}
	return text + "same seed, and the same weights where both have them"
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

// responseCurves are both nets' responses, and how many there are.
func (m *Model) responseCurves() (curves []curve, n int) {
	residual := curve{name: "residual", look: skipLook, pen: thickPen}
	plain := curve{name: "plain", look: plainLook, pen: dashedPen}
	own, other := &residual, &plain
	if m.opts.Model.Config.Plain {
		own, other = other, own
	}
	c := m.state.twin
	own.responses(c.own)
	other.responses(c.responses)
	return []curve{plain, residual}, max(len(c.own), len(c.responses))
}

func (c *curve) responses(all []resnet.Response) {
	for i, r := range all {
		c.x, c.y = append(c.x, float64(i+1)), append(c.y, r.Std)
	}
}

// widestLinear is the largest value over the smallest up to which a linear axis
// shows both.
const widestLinear = 100

// responseLegend is the room that the curves' names take beside a title.
const responseLegend = 22

// drawResponses draws the deviations of the nets' responses by layer.
func (m *Model) drawResponses(r rect) {
	curves, n := m.responseCurves()
	s, axis := linearScale(curves), "linear"
	if spreadOf(curves) > widestLinear {
		s, axis = logScale(curves), "log"
	}
	behind := "after batch norm"
	if m.list.tree.model.Config.Norm == resnet.NormNone {
		behind = "of convolutions"
	}
	title := fmt.Sprintf("response σ by layer · %s · %s, before ReLU and ⊕", axis, behind)
	if own := " · twin " + m.opts.TwinWeights; m.opts.TwinWeights != "" && ansi.StringWidth(title+own)+responseLegend <= r.w {
		title += own
	}
	m.canvas.drawFigure(r, figure{title: title, unit: "layer", to: float64(n), scale: s, curves: curves, legend: curves})
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
