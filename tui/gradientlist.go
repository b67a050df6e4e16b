package tui

import (
	"fmt"
	"math"
	"slices"

	"resnet-tui/profile"
	"resnet-tui/resnet"
)

// gradientColumn is a column of the list of blocks.
type gradientColumn struct {
	title string
	width int
	rank  int  // the least important leave first
	skips bool // it is of nets with skips
	look  look
	text  func(g, twin resnet.BlockGradient) string
}

var gradientColumns = []gradientColumn{
	{"‖g out‖", 10, 3, false, plainText, func(g, _ resnet.BlockGradient) string { return scientific(g.Out) }},
	{"via skip", 10, 1, true, skipLook, func(g, _ resnet.BlockGradient) string { return known(g.HasSkip, g.Skip) }},
	{"via branch", 12, 2, true, branchLook, func(g, _ resnet.BlockGradient) string { return known(g.HasBranch, g.Branch) }},
	{"‖g in‖", 10, 5, false, plainText, func(g, _ resnet.BlockGradient) string { return scientific(g.In) }},
	{"branch/skip", 13, 6, true, plainText, func(g, _ resnet.BlockGradient) string { return ratio(g.Ratio()) }},
	{"cos", 7, 7, true, plainText, func(g, _ resnet.BlockGradient) string { return cosine(g.Cosine) }},
	{"twin", 10, 8, false, plainLook, func(_, t resnet.BlockGradient) string { return known(t.Path != "", t.In) }},
}

// The list's other columns: the block's name, and the bar of shares.
const (
	gradientName = 13
	gradientLeft = 9 // of the name, at least
	gradientBar  = 8 // at least; it comes in after the norms
	barRank      = 4
)

// known is a norm, or a dash where there is none.
func known(has bool, v float64) string {
	if !has {
		return profile.Dash
	}
	return scientific(v)
}

func ratio(v float64) string {
	switch {
	case math.IsNaN(v):
		return profile.Dash
	case v >= 1000 || v > 0 && v < 0.01:
		return scientific(v)
	}
	return fmt.Sprintf("%.2f", v)
}

// cosine writes +.08, as it is in −1 to 1, and no sign of what rounds to zero.
func cosine(v float64) string {
	switch {
	case math.IsNaN(v):
		return profile.Dash
	case math.Abs(v) < 0.005:
		return ".00"
	}
	s := fmt.Sprintf("%+.2f", v)
	if s[1] == '0' {
		s = s[:1] + s[2:]
	}
	return s
}

// gradientPlaces are the columns that fit into w cells, where they start, and
// what is left for the bar.
func (m *Model) gradientPlaces(w int, g *gradients) (in []bool, start, bar int) {
	in = make([]bool, len(gradientColumns))
	skips := slices.ContainsFunc(g.blocks, func(b resnet.BlockGradient) bool { return b.HasSkip })
	start = min(gradientName, max(w-gradientColumns[1].width, gradientLeft))
	rest := w - start
	for rank := 1; rank <= len(gradientColumns)+1; rank++ {
		if rank == barRank && skips {
			if rest < gradientBar+2 {
				break
			}
			bar, rest = gradientBar, rest-gradientBar-2
		}
		i := slices.IndexFunc(gradientColumns, func(c gradientColumn) bool { return c.rank == rank })
		if i < 0 || gradientColumns[i].skips && !skips || gradientColumns[i].title == "twin" && m.twinGradients() == nil {
			continue
		}
		if gradientColumns[i].width > rest {
			break
		}
		in[i], rest = true, rest-gradientColumns[i].width
	}
	return in, start, spare(bar, rest)
}

const widestShares = 40

// spare widens a bar that is there by what is left.
func spare(bar, rest int) int {
	if bar == 0 {
		return 0
	}
	return min(bar+rest, widestShares)
}

func (m *Model) drawGradientList(r rect, g *gradients) {
	in, start, bar := m.gradientPlaces(r.w-1, g)
	m.canvas.text(r.x+2, r.y, r.x+start, "block", muted)
	x := r.x + start
	for i, c := range gradientColumns {
		if in[i] {
			x += c.width
			m.canvas.right(x, r.y, c.title, muted)
		}
	}
	if bar > 0 {
		m.drawShareTitle(x+2, r.y, x+2+bar)
	}
	for i := 0; i < r.h-1 && m.grads.top+i < len(g.blocks); i++ {
		m.drawGradientRow(rect{r.x, r.y + 1 + i, start, 1}, g.blocks[m.grads.top+i], in, bar)
		if m.grads.top+i == m.grads.cursor {
			m.canvas.selectRow(r.x, r.y+1+i, r.w)
		}
	}
}

func (m *Model) drawShareTitle(x, y, end int) {
	x = m.canvas.text(x, y, end, "skip ", muted)
	x = m.canvas.text(x, y, end, "█", skipLook)
	x = m.canvas.text(x, y, end, "▒", branchLook)
	text := " branch of ‖g in‖²"
	if width(text) > end-x {
		text = " branch"
	}
	m.canvas.text(x, y, end, text, muted)
}

// drawGradientRow draws a block; r is where its name goes.
func (m *Model) drawGradientRow(r rect, g resnet.BlockGradient, in []bool, bar int) {
	twin, _ := m.twinGradients().of(g.Path)
	x := r.x + r.w
	m.canvas.text(r.x+2, r.y, x, g.Path, plainText)
	for i, c := range gradientColumns {
		if in[i] {
			x += c.width
			m.canvas.right(x, r.y, c.text(g, twin), c.look)
		}
	}
	m.drawShares(x+2, r.y, bar, skipShare(g))
}

// drawShares draws the two paths' parts of ‖g in‖², which add up to it.
func (m *Model) drawShares(x, y, w int, skip float64) {
	if math.IsNaN(skip) {
		return
	}
	n := int(math.Round(max(min(skip, 1), 0) * float64(w)))
	m.canvas.fill(rect{x, y, n, 1}, '█', skipLook)
	m.canvas.fill(rect{x + n, y, w - n, 1}, '▒', branchLook)
}

// clickGradients selects the block of a row, or of a column of the chart.
func (m *Model) clickGradients(x, y int) {
	g := m.state.grads
	if g == nil || len(g.blocks) == 0 {
		return
	}
	p := arrangeGradients(rect{0, 0, m.layout.body.w, m.layout.body.h}, m.pathLines())
	switch {
	case p.list.contains(x, y) && y > p.list.y:
		if i := m.grads.top + y - p.list.y - 1; i < len(g.blocks) {
			m.grads.moveTo(i, len(g.blocks))
		}
	case p.chart.h > 0 && p.chart.contains(x, y) && x >= axisLabel:
		w := max(p.chart.w-axisLabel-2, 1)
		m.grads.moveTo(int(math.Round(float64((x-axisLabel)*(len(g.blocks)-1))/float64(w))), len(g.blocks))
	}
}
