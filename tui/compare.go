package tui

import (
	"fmt"
	"math"
	"slices"

	"charm.land/bubbles/v2/key"
	"github.com/charmbracelet/x/ansi"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// compareView shows the net and its twin, with or without skips, in step: the
// same rows with one cursor, and the responses of both.
type compareView struct {
	treeView
	twin    twinTree
	samples int // of the shared snapshots, when the twin's were taken last
}

func (v *compareView) title() string { return "Compare" }

func (v *compareView) missing() string {
	if v.about.Recorded {
		return "a recorded profile has no twin beside it"
	}
	return v.twinless
}

// noTwinOf says that there is no net of the same layers with, or without, skips; "" if
// there is one.
func noTwinOf(m *resnet.Model) string {
	_, ok := m.Config.Twin()
	return when(!ok, m.Name+" has no twin: there is no such net with, or without, skips")
}

// update takes the twin that the engine has now, and its newest times whenever
// the net's were taken.
func (v *compareView) update(_, _ int) {
	if v.twin.adopt(v.state.Twin) || v.samples != v.shared.samples {
		v.samples = v.shared.samples
		v.twin.sample()
	}
}

func (v *compareView) footer() []key.Binding { return v.treeFooter("to the tree") }

// actions: rows are the tree's.
func (v *compareView) actions() []action {
	open := does(aboutView, named(v.keymap.Toggle, "the row in Layers"), func() { v.screen.reveal(v.list.selected()) })
	rows := append([]action{open}, v.rowActions()...)
	for i := range rows {
		rows[i] = rows[i].offWhile(when(v.state.Twin == nil, "there are no rows yet: p puts the twin beside the net"))
	}
	return append(v.moves(), rows...)
}

// side is one of the two nets, as the view of both sees it.
type side struct {
	tree      *tree
	grads     *live.Gradients
	responses map[string]float64
}

func (v *compareView) sides() (net, twin side) {
	c := v.state.Twin
	net = side{v.list.tree, v.state.Gradients, byLayer(c.NetResponses)}
	twin = side{v.twin.tree, c.Gradients, byLayer(c.Responses)}
	return net, twin
}

// byLayer are the responses by the layer that gives them.
func byLayer(all []nn.Response) map[string]float64 {
	at := make(map[string]float64, len(all))
	for _, r := range all {
		at[r.At] = r.Std
	}
	return at
}

// sideColumn is a figure that both nets show.
type sideColumn struct {
	title string
	width int
	unit  int
	back  bool // only with backward passes
	other bool // of the twin's half alone: how it differs from the net
	value func(u units, s side, n *node) profile.Figure
}

// sideColumns come in while there is room, in this order.
var sideColumns = []sideColumn{
	{title: "forward", width: 9, unit: 2, value: func(u units, _ side, n *node) profile.Figure {
		return u.duration(n.time)
	}},
	{title: "backward", width: 10, unit: 2, back: true, value: func(u units, _ side, n *node) profile.Figure {
		return u.duration(n.back)
	}},
	{title: "Δ time", width: 8, unit: 1, other: true},
	{title: "‖∂L/∂x‖", width: 9, back: true, value: func(_ units, s side, n *node) profile.Figure {
		return s.gradient(n)
	}},
	{title: responseTitle, width: 8, value: func(_ units, s side, n *node) profile.Figure { return s.response(n) }},
	{title: "MACs", width: 9, unit: 1, value: func(u units, _ side, n *node) profile.Figure { return count(u.ops(n)) }},
	{title: "params", width: 9, unit: 1, value: func(_ units, _ side, n *node) profile.Figure {
		return count(n.Cost.Params)
	}},
}

const responseTitle = "σ"

// difference is how much longer the twin takes for a row than the net, as a share of the
// net's time, with half the 95 % interval of that share.
type difference struct{ part, half float64 }

// noise reports whether the interval includes no difference at all.
func (d difference) noise() bool { return math.Abs(d.part) <= d.half }

// figure is a difference in a column: ≈ within noise.
func (d difference) figure() profile.Figure {
	if d.noise() {
		return profile.Figure{Number: "≈"}
	}
	return profile.Figure{Number: fmt.Sprintf("%+.1f", 100*d.part), Unit: "%"}
}

// differencePasses are those from which there is an interval.
const differencePasses = 8

// difference compares the times of a row and of the twin's; false before there is an
// interval. Both nets run in turn, so that a busy machine slows both.
func (v *compareView) difference(n, twin *node) (difference, bool) {
	a, b := v.spread(&v.snap, n, v.list.tree), v.spread(&v.twin.snap, twin, v.twin.tree)
	net, other := float64(v.snap.TimeOf(&a)), float64(v.twin.snap.TimeOf(&b))
	if min(a.N, b.N) < differencePasses || net <= 0 || other <= 0 {
		return difference{}, false
	}
	half := math.Hypot(v.snap.ErrorOf(&a)*net, v.twin.snap.ErrorOf(&b)*other)
	return difference{(other - net) / net, half / net}, true
}

// spread is the series of what a row takes, forward and backward.
func (v *compareView) spread(s *profile.Snapshot, n *node, t *tree) profile.Series {
	switch kernels := n.Kernels.All(); {
	case n == t.root:
		return s.Wall
	case len(kernels) == 0 || slices.Max(kernels) >= len(s.Kernels):
		return profile.Series{}
	default:
		return s.Sum(kernels)
	}
}

// gradient is the norm of the gradient at a block's input.
func (s side) gradient(n *node) profile.Figure {
	if n.Kind != profile.BlockRow {
		return profile.Figure{}
	}
	g, ok := s.grads.Block(n.Module.Path)
	if !ok {
		return profile.Figure{}
	}
	return profile.Figure{Number: scientific(g.In)}
}

// response is the standard deviation of the response that a row's layers give (He et al.
// 2015, section 4.2): on the row of the norm behind a convolution, if it has one.
func (s side) response(n *node) profile.Figure {
	for _, l := range n.Layers {
		if std, ok := s.responses[l.Path]; ok {
			return profile.Figure{Number: profile.Significant(std)}
		}
	}
	return profile.Figure{}
}

// responds reports whether responses say something of the nets: behind a batch norm that
// uses the batch's own statistics they are its scale, whatever is before it.
func (v *compareView) responds() bool {
	trained := v.program != nil && v.program.Train
	return !trained || v.about.Model.Config.Norm == resnet.NormNone
}

const (
	sideName      = 22 // cells of a name, at least
	narrowestPair = 44 // cells of two trees
)

// fittingColumns are the columns that fit into a half of w cells. One without room is
// left out and a narrower one after it may come in: both halves have the same columns,
// and each is worth more than an empty place.
func (v *compareView) fittingColumns(w int) []sideColumn {
	var in []sideColumn
	name := max(sideName, v.list.tree.names, v.twin.tree.names)
	if name > w*65/100 {
		name = min(sideName, w*6/10) // they would be cut all the same
	}
	rest := w - name
	for _, column := range sideColumns {
		if column.back && !v.list.tree.runsBack() || column.title == responseTitle && !v.responds() {
			continue
		}
		if column.width <= rest {
			in = append(in, column)
			rest -= column.width
		}
	}
	return in
}

// draw draws the net and its twin in step, with one cursor.
func (v *compareView) draw(c *canvas, r rect) {
	if v.state.Twin == nil || v.twin.tree == nil {
		c.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, v.noTwin(), muted)
		return
	}
	if r.w < narrowestPair {
		c.wrap(rect{r.x, r.y, r.w, r.h}, fmt.Sprintf("two trees need %d columns", narrowestPair), muted)
		return
	}
	chart, words := 0, 0
	if r.h >= 18 && len(v.state.Twin.NetResponses) > 1 && v.responds() {
		chart = max(r.h/3, shortestChart+3)
	}
	if r.h >= 8 {
		words = 1
	}
	v.drawSides(c, rect{r.x, r.y, r.w, r.h - chart - words})
	if words > 0 {
		c.text(r.x+1, r.y+r.h-chart-1, r.x+r.w-1, v.differenceWords(), plainText)
	}
	if chart > 0 {
		v.drawResponses(c, rect{r.x, r.y + r.h - chart, r.w, chart})
	}
}

// differenceWords say how the selected row's time differs, and how well that is known.
func (v *compareView) differenceWords() string {
	n := v.list.selected()
	if n == nil {
		return ""
	}
	text := titleOf(n)
	twin := v.twin.of(n)
	switch d, ok := v.differenceOf(n, twin); {
	case twin == nil:
		text += ": the twin has no such row"
	case !ok:
		text += fmt.Sprintf(": Δ time needs %d passes of both nets", differencePasses)
	case d.noise():
		text += fmt.Sprintf(": Δ time within noise, %+.1f %% ± %.1f %%", 100*d.part, 100*d.half)
	default:
		text += fmt.Sprintf(": the twin takes %+.1f %% ± %.1f %% of its time", 100*d.part, 100*d.half)
	}
	if !v.responds() {
		text += " · no σ: with the batch's own statistics it is the norm's scale"
	}
	return text
}

// differenceOf is the difference of a row that the twin may not have.
func (v *compareView) differenceOf(n, twin *node) (difference, bool) {
	if twin == nil {
		return difference{}, false
	}
	return v.difference(n, twin)
}

// noTwin says how to get one, and what weights it will have.
func (v *compareView) noTwin() string {
	text := v.keymap.Twin.Help().Key + " puts the net without skips beside this one: "
	if v.about.Model.Config.Plain {
		text = v.keymap.Twin.Help().Key + " puts the net with skips beside this plain one: "
	}
	if v.about.TwinWeights != "" {
		return text + "its weights are " + v.about.TwinWeights
	}
	return text + "same seed, and the same weights where both have them"
}

// half is one side of the view: a net's rows, beside those of the other.
type half struct {
	x, w       int
	net, other side
	columns    []sideColumn
}

// halfRow is a row of a half.
type halfRow struct {
	y        int
	node     *node // of the half's net
	twin     *node // of the other's, nil where that has none
	unfolded bool  // as the open net's row is, which both halves follow
}

// drawSides draws both halves with their titles, and the line between them.
func (v *compareView) drawSides(c *canvas, r rect) {
	w := (r.w - 1) / 2
	net, twin := v.sides()
	right := half{r.x + w + 1, r.w - w - 1, twin, net, v.fittingColumns(w)}
	left := half{r.x, w, net, twin, slices.DeleteFunc(slices.Clone(right.columns), func(c sideColumn) bool {
		return c.other
	})}
	left.drawTitle(c, r.y)
	right.drawTitle(c, r.y)
	for i := range r.h - 1 {
		at, y := v.list.top+i, r.y+1+i
		if at >= len(v.list.rows) {
			break
		}
		n := v.list.rows[at]
		other := v.twin.of(n)
		v.drawRow(c, &left, halfRow{y, n, other, n.unfolded})
		if other != nil {
			v.drawRow(c, &right, halfRow{y, other, n, n.unfolded})
		}
		if at == v.list.cursor {
			c.selectRow(r.x, y, r.w)
		}
	}
	c.fill(rect{r.x + w, r.y, 1, r.h}, '│', faint)
}

func (h *half) drawTitle(c *canvas, y int) {
	end := h.x + h.w
	for _, column := range slices.Backward(h.columns) {
		c.right(end, y, column.title, muted)
		end -= column.width
	}
	c.text(h.x+nameColumn, y, end-1, h.net.tree.model.Name, strong)
}

// drawRow draws a row of a half. A figure that the other net has too is dim, one that
// differs is bright. Figures go from the right, so that the name gets what is left.
func (v *compareView) drawRow(c *canvas, h *half, row halfRow) {
	end := h.x + h.w
	for _, column := range slices.Backward(h.columns) {
		f, l := v.sideFigure(h, &column, row)
		c.figure(end-column.width, end, row.y, f, column.unit, l)
		end -= column.width
	}
	shown := *row.node // a copy: the twin's own tree isn't folded, but drawn as the net's is
	shown.unfolded = row.unfolded
	v.drawName(c, h.x, row.y, end-1, &shown, false)
}

// sideFigure is a row's figure in a column, and how it is drawn.
func (v *compareView) sideFigure(h *half, column *sideColumn, row halfRow) (profile.Figure, look) {
	if column.other {
		d, ok := v.difference(row.twin, row.node)
		switch {
		case !ok:
			return profile.Figure{}, faint
		case d.noise():
			return d.figure(), faint
		}
		return d.figure(), plainText
	}
	f := column.value(v.units, h.net, row.node)
	if row.twin != nil && column.value(v.units, h.other, row.twin) == f {
		return f, faint
	}
	return f, plainText
}

// responseCurves are both nets' responses, and how many there are.
func (v *compareView) responseCurves() (curves []curve, n int) {
	residual := curve{name: "residual", look: skipLook, pen: thickPen}
	plain := curve{name: "plain", look: plainLook, pen: dashedPen}
	own, other := &residual, &plain
	if v.about.Model.Config.Plain {
		own, other = other, own
	}
	twin := v.state.Twin
	own.responses(twin.NetResponses)
	other.responses(twin.Responses)
	return []curve{plain, residual}, max(len(twin.NetResponses), len(twin.Responses))
}

func (c *curve) responses(all []nn.Response) {
	for i, r := range all {
		c.x, c.y = append(c.x, float64(i+1)), append(c.y, r.Std)
	}
}

// widestLinear is the largest value over the smallest up to which a linear axis shows
// both. The paper's own figure is linear; a plain net of many layers needs decades.
const widestLinear = 100

// responseLegend is the room that the curves' names take beside a title.
const responseLegend = 22

// drawResponses draws the deviations of the nets' responses by layer.
func (v *compareView) drawResponses(c *canvas, r rect) {
	curves, n := v.responseCurves()
	s, axis := linearScale(curves), "linear"
	if spreadOf(curves) > widestLinear {
		s, axis = logScale(curves), "log"
	}
	of := "after batch norm"
	if v.about.Model.Config.Norm == resnet.NormNone {
		of = "of convolutions"
	}
	title := fmt.Sprintf("response σ by layer · %s · %s, before ReLU and ⊕", axis, of)
	own := " · twin " + v.about.TwinWeights
	if v.about.TwinWeights != "" && ansi.StringWidth(title+own)+responseLegend <= r.w {
		title += own
	}
	c.drawFigure(r, figure{
		titles: []string{title, "response σ by layer", "σ by layer"}, unit: "layer", to: float64(n), scale: s,
		curves: curves, legend: curves,
	})
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
