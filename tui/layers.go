package tui

import (
	"math"

	"charm.land/bubbles/v2/key"

	"resnet-tui/profile"
)

// nameColumn is where names start: after the arrow and the gutter, each with a gap.
const nameColumn = 5

// headLines are the lines of titles: none on a body so low that every row counts.
func headLines(body rect) int {
	if body.h < 6 {
		return 0
	}
	return 1
}

// layersView shows the tree with a row per kernel and the figures of each.
type layersView struct {
	treeView
	body    rect           // at 0, 0
	columns []placedColumn // of the body
}

// Keys of views that show the tree's rows.
var (
	openAllKey  = bind("E", "unfold all", "E")
	shutAllKey  = bind("C", "fold all", "C")
	sortBackKey = bind("O", "sort the other way", "O")
)

func (v *layersView) title() string { return "Layers" }

func (v *layersView) update(w, h int) {
	v.body = rect{w: w, h: h}
	v.columns = layoutColumns(w, v.units, v.extras())
	v.list.resize(h - headLines(v.body))
}

// extras are the columns that the state adds: the moments that single steps leave, the
// times of a backward pass, and what covering a part of the image changes.
func (v *layersView) extras() extras {
	return extras{
		stepping: v.state.Step != nil, backward: v.list.tree.runsBack(), covered: v.state.Occlusion != nil,
		names: v.list.nameCells(),
	}
}

func (v *layersView) footer() []key.Binding { return v.treeFooter("fold") }

func (v *layersView) actions() []action {
	fold := does(aboutView, v.keymap.Toggle, func() { v.list.toggle(v.list.selected()) }).offWhile(v.list.cantFold())
	return append(append(append(v.moves(), fold), v.rowActions()...),
		does(aboutView, v.keymap.Sort, v.nextOrder),
		does(aboutView, sortBackKey, v.list.turnOrder).
			offWhile(when(!v.list.ordered, "rows stand in the net's order: o sorts them")),
	)
}

// nextOrder orders by the next column on the screen; after the last, the tree is back.
// Columns without room are passed over, since nothing would explain their order.
func (v *layersView) nextOrder() {
	for _, p := range v.columns {
		if columns[p.id].sorts && (!v.list.ordered || p.id > v.list.order) {
			v.list.orderBy(p.id)
			return
		}
	}
	v.list.ordered, v.list.reverse = false, false
	v.list.rebuild()
}

// click selects rows, folds them by their arrow, and orders by titles.
func (v *layersView) click(x, y int) {
	y -= headLines(v.body)
	if y < 0 {
		v.clickTitle(x)
		return
	}
	i := v.list.top + y
	if i >= len(v.list.rows) {
		return
	}
	v.list.moveTo(i)
	if x < nameColumn {
		v.list.toggle(v.list.selected())
	}
}

// clickTitle orders by the column at cell x; the bars are of the time.
func (v *layersView) clickTitle(x int) {
	id, ok := columnAt(v.columns, x)
	if id == colBar {
		id = colTime
	}
	if ok && columns[id].sorts {
		v.list.orderBy(id)
	}
}

// draw draws the tree with its figures. Beside another view it has other
// columns than in the body, but the same rows.
func (v *layersView) draw(c *canvas, r rect) {
	ps := v.columns
	if r.w != v.body.w {
		ps = layoutColumns(r.w, v.units, v.extras())
	}
	y := r.y
	if headLines(r) > 0 {
		v.drawTitles(c, r, ps)
		y++
	}
	rows := v.list.visible()
	if len(rows) == 0 {
		c.text(r.x+nameColumn, y, r.x+r.w, "nothing matches; esc clears the filter", muted)
		return
	}
	var running *node // the row that stands for it, which may be folded away
	if v.active != nil {
		running = v.list.shown(v.active)
	}
	for i, n := range rows {
		if y+i >= r.y+r.h {
			break
		}
		v.drawRow(c, r, y+i, n, ps, n == running)
		if v.list.top+i == v.list.cursor {
			c.selectRow(r.x, y+i, r.w)
		}
	}
}

// drawTitles writes the columns' names, with an arrow at the one that orders.
func (v *layersView) drawTitles(c *canvas, r rect, ps []placedColumn) {
	for _, p := range ps {
		title, l := v.columnTitle(p.id), muted
		if v.list.ordered && p.id == v.list.order {
			mark := "▾"
			if v.list.reverse {
				mark = "▴"
			}
			title, l = title+mark, strong
		}
		end := r.x + p.x + p.w
		switch {
		case p.id == colModule:
			c.text(r.x+nameColumn, r.y, end, title, l)
		case columns[p.id].left:
			c.text(r.x+p.x+1, r.y, end, title, l)
		default:
			c.right(end, r.y, title, l)
		}
	}
}

// drawRow draws a row from its name to its last column.
func (v *layersView) drawRow(c *canvas, r rect, y int, n *node, ps []placedColumn, running bool) {
	for _, p := range ps {
		x, end := r.x+p.x, r.x+p.x+p.w
		if p.id == colModule {
			v.drawName(c, x, y, end-1, n, running)
			continue
		}
		v.drawCell(c, p.id, x, y, end, n)
	}
}

// drawCell draws one figure of a row.
func (v *layersView) drawCell(c *canvas, id columnID, x, y, end int, n *node) {
	unit := columns[id].figure
	switch id {
	case colOutput:
		c.text(x+1, y, end, shapeOf(n.Out), muted)
	case colBar:
		v.drawShare(c, x+1, y, end-x-1, n)
	case colMean, colStd:
		c.figure(x, end, y, v.momentFigure(id, n), 0, plainText)
	default:
		c.figure(x, end, y, v.cellFigure(id, n), unit, plainText)
	}
}

// cellFigure is a row's number in a column. The zero Figure shows as a dash: a time
// that isn't known yet and parameters that a layer doesn't have are not zeros.
func (v *layersView) cellFigure(id columnID, n *node) profile.Figure {
	switch id {
	case colParams:
		return count(n.Cost.Params)
	case colOps:
		return count(v.units.ops(n))
	case colMemory:
		return bytes(n.Cost.ActivationBytes)
	case colTime:
		return v.units.duration(n.time)
	case colBack:
		return v.units.duration(n.back)
	case colP95:
		return v.units.duration(v.stats(n).p95)
	case colShare:
		return percent(v.share(n))
	case colSpread:
		return percent(v.stats(n).half)
	case colRate:
		return gflops(n, v.batch())
	case colField:
		return count(int64(field(n)))
	case colChange:
		return changeFigure(v.change(n))
	case colKernel:
		return profile.Figure{Number: v.kernelName(n)}
	}
	return profile.Figure{}
}

// drawShare draws a row's part of the pass: forward, and after it backward. The
// whole bar is drawn backward first, and the forward part over it, so that the
// two end where one bar for both would.
func (v *layersView) drawShare(c *canvas, x, y, w int, n *node) {
	part := v.share(n)
	if n.back == 0 {
		c.bar(x, y, w, part, barLook(part))
		return
	}
	c.bar(x, y, w, part, backwardLook)
	forward := part * float64(n.time) / float64(n.time+n.back)
	c.bar(x, y, int(math.Round(forward*float64(w))), 1, barLook(part))
}

// momentFigure is the mean or deviation of the output that a step left.
func (v *layersView) momentFigure(id columnID, n *node) profile.Figure {
	if v.state.Step == nil || len(n.Layers) == 0 {
		return profile.Figure{}
	}
	mo, ok := v.state.Step.Moments[n.Layers[len(n.Layers)-1].Index]
	switch {
	case !ok:
		return profile.Figure{}
	case id == colMean:
		return profile.Figure{Number: signed(mo.Mean)}
	}
	return profile.Figure{Number: profile.Significant(mo.Std)}
}
