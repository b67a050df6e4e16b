package tui

import (
	"math"
	"strconv"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// nameColumn is where names start: after the arrow and the gutter.
const nameColumn = 5

// headLines are the lines that titles take: none where every line counts.
func headLines(body rect) int {
	if body.h < 6 {
		return 0
	}
	return 1
}

// drawLayers draws the tree with its figures.
func (m *Model) drawLayers(r rect) {
	ps := m.columns
	if r != m.layout.body {
		ps = place(r.w, m.units, m.extras())
	}
	y := r.y
	if headLines(r) > 0 {
		m.drawTitles(r, ps)
		y++
	}
	rows := m.list.visible()
	if len(rows) == 0 {
		m.canvas.text(r.x+nameColumn, y, r.x+r.w, "nothing matches; esc clears the filter", muted)
		return
	}
	running := (*node)(nil)
	if m.active != nil {
		running = m.list.shown(m.active)
	}
	for i, n := range rows {
		if y+i >= r.y+r.h {
			break
		}
		m.drawRow(r, y+i, n, ps, n == running)
		if m.list.top+i == m.list.cursor {
			m.canvas.selectRow(r.x, y+i, r.w)
		}
	}
}

func (m *Model) drawTitles(r rect, ps []placed) {
	for _, p := range ps {
		title, l := m.title(p.id), muted
		if m.list.ordered && p.id == m.list.order {
			mark := "▾"
			if m.list.reverse {
				mark = "▴"
			}
			title, l = title+mark, strong
		}
		end := r.x + p.x + p.w
		switch {
		case p.id == colModule:
			m.canvas.text(r.x+nameColumn, r.y, end, title, l)
		case columns[p.id].left:
			m.canvas.text(r.x+p.x+1, r.y, end, title, l)
		default:
			m.canvas.right(end, r.y, title, l)
		}
	}
}

// title is a column's title now.
func (m *Model) title(id columnID) string {
	if id == colTime && m.list.tree.runsBack() {
		return "forward"
	}
	return m.units.title(id)
}

func (m *Model) drawRow(r rect, y int, n *node, ps []placed, running bool) {
	for _, p := range ps {
		x, end := r.x+p.x, r.x+p.x+p.w
		if p.id == colModule {
			m.drawName(x, y, end-1, n, running)
			continue
		}
		m.drawCell(p.id, x, y, end, n)
	}
}

// drawName draws the arrow, the skip and the name of a row.
func (m *Model) drawName(x, y, end int, n *node, running bool) {
	switch {
	case running:
		m.canvas.set(x, y, '▶', forwardLook)
	case n.folds() && !m.list.ordered:
		m.canvas.set(x, y, arrow(n.unfolded), muted)
	}
	if m.list.ordered {
		m.canvas.text(x+2, y, end, flatName(n), nameLook(n))
		return
	}
	m.canvas.text(x+2, y, x+4, n.gutter(), m.gutterLook(n))
	at := x + nameColumn + 2*n.depth
	if n.kind == joinNode {
		at = m.canvas.text(at, y, end, "⊕ ", skipLook)
	}
	at = m.canvas.text(at, y, end, n.label, nameLook(n))
	if n.note != "" && at+2 < end {
		at = m.canvas.text(at+2, y, end, n.note, muted)
	}
	if n.kind == blockNode && n.wound.text != "" && at+2 < end {
		m.canvas.text(at+2, y, end, n.wound.text, warningLook)
	}
}

// gutterLook is how bright a skip is drawn: by the part of the gradient that
// came through it, when that is known.
func (m *Model) gutterLook(n *node) look {
	if n.wound.cut {
		return warningLook
	}
	b := blockOf(n)
	if b == nil || n.kind == runNode {
		return skipLook
	}
	g, ok := m.state.grads.of(b.module.Path)
	share := skipShare(g)
	switch {
	case !ok || math.IsNaN(share):
		return skipLook
	case share < 0.25:
		return skipDark
	case share < 0.5:
		return skipDim
	case share < 0.75:
		return skipLook
	}
	return skipBright
}

func arrow(open bool) rune {
	if open {
		return '▾'
	}
	return '▸'
}

// flatName is a row's name where no tree around it says where it is.
func flatName(n *node) string {
	if len(n.layers) == 0 || n.parent == nil || n.parent.module == nil || n.parent.module.Path == "" {
		return n.label
	}
	return n.parent.module.Path + " " + n.label
}

func nameLook(n *node) look {
	switch {
	case n.gone:
		return faint
	case n.kind == overheadNode, n.kind == joinNode && n.group < 0:
		return muted
	case n.kind == moduleNode:
		return strong
	}
	return plainText
}

// drawCell draws one figure of a row.
func (m *Model) drawCell(id columnID, x, y, end int, n *node) {
	unit := columns[id].figure
	switch id {
	case colOutput:
		m.canvas.text(x+1, y, end, shapeOf(n.out), muted)
	case colBar:
		m.drawShare(x+1, y, end-x-1, n)
	case colMean, colStd:
		m.canvas.figure(x, end, y, m.momentFigure(id, n), 0, plainText)
	default:
		m.canvas.figure(x, end, y, m.cellFigure(id, n), unit, plainText)
	}
}

func (m *Model) cellFigure(id columnID, n *node) profile.Figure {
	switch id {
	case colParams:
		return count(n.cost.Params)
	case colOps:
		return count(m.units.ops(n))
	case colMemory:
		return bytes(n.cost.ActivationBytes)
	case colTime:
		return m.units.duration(n.time)
	case colBack:
		return m.units.duration(n.back)
	case colP95:
		return m.units.duration(n.p95)
	case colShare:
		return percent(m.share(n))
	case colSpread:
		return percent(n.spread)
	case colRate:
		return gflops(n, m.batch())
	case colField:
		return count(int64(field(n)))
	case colKernel:
		return profile.Figure{Number: m.kernelName(n)}
	}
	return profile.Figure{}
}

// drawShare draws a row's part of the pass: forward, and behind it backward.
func (m *Model) drawShare(x, y, w int, n *node) {
	part := m.share(n)
	if n.back == 0 {
		m.canvas.bar(x, y, w, part, barLook(part))
		return
	}
	m.canvas.bar(x, y, w, part, backwardLook)
	forward := part * float64(n.time) / float64(n.time+n.back)
	m.canvas.bar(x, y, int(math.Round(forward*float64(w))), 1, barLook(part))
}

// share is a row's part of the passes: of means, so that the rows make up the
// whole.
func (m *Model) share(n *node) float64 {
	if mean := m.list.tree.mean; mean > 0 {
		return float64(n.mean) / float64(mean)
	}
	return 0
}

// momentFigure is the mean or deviation of the output that a step left.
func (m *Model) momentFigure(id columnID, n *node) profile.Figure {
	if m.state.step == nil || len(n.layers) == 0 {
		return profile.Figure{}
	}
	mo, ok := m.state.step.moments[n.layers[len(n.layers)-1].Index]
	switch {
	case !ok:
		return profile.Figure{}
	case id == colMean:
		return profile.Figure{Number: signed(mo.mean)}
	}
	return profile.Figure{Number: profile.Significant(mo.std)}
}

// signed writes a mean: what is nearly nothing with three decimals, without the
// sign of a zero.
func signed(v float64) string {
	if math.Abs(v) < 0.0005 {
		v = 0
	}
	if math.Abs(v) < 0.01 {
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return profile.Significant(v)
}

// kernelName is what runs for a row.
func (m *Model) kernelName(n *node) string {
	if k := m.kernel(n); k != nil {
		return k.Name
	}
	return ""
}

func (m *Model) kernel(n *node) *tensor.KernelInfo {
	if m.program == nil || n.group < 0 || n.group >= len(m.program.kernels) {
		return nil
	}
	return &m.program.kernels[n.group]
}

// batch is the number of images in a pass.
func (m *Model) batch() int { return m.list.tree.model.Config.Batch }

// shapeOf is an output without the batch.
func shapeOf(s tensor.Shape) string {
	if len(s) < 2 {
		return profile.Dash
	}
	return s[1:].String()
}

func count(n int64) profile.Figure {
	if n == 0 {
		return profile.Figure{}
	}
	return profile.Count.Figure(float64(n))
}

func bytes(n int64) profile.Figure {
	if n == 0 {
		return profile.Figure{}
	}
	return profile.Bytes.Figure(float64(n))
}

// percent is a part of the whole, with one decimal.
func percent(part float64) profile.Figure {
	if part <= 0 {
		return profile.Figure{}
	}
	decimals := 1
	if part >= 0.9995 {
		decimals = 0
	}
	return profile.Figure{Number: strconv.FormatFloat(100*part, 'f', decimals, 64), Unit: "%"}
}

// gflops is the rate at which a direct computation would have to run, two
// operations a multiply-add.
func gflops(n *node, batch int) profile.Figure {
	if n.time <= 0 || n.cost.MACs == 0 {
		return profile.Figure{}
	}
	return profile.Figure{Number: profile.Significant(2 * rate(n) * float64(batch))}
}

// throughput is images a second, 0 before the first whole pass.
func throughput(mean time.Duration, batch int) float64 {
	if mean <= 0 {
		return 0
	}
	return float64(batch) * float64(time.Second) / float64(mean)
}
