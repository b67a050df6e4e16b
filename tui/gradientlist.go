package tui

import (
	"fmt"
	"math"
	"slices"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// gradientColumn is a column of the list of blocks.
type gradientColumn struct {
	title string
	width int  // in cells, with the gap before it
	rank  int  // importance, 1 first: the least important leave when it gets narrow
	skips bool // it comes in for nets with skips only
	twin  bool // it comes in beside a twin only
	look  look // of its figures
	text  func(g, twin nn.BlockGradient) string
}

var gradientColumns = []gradientColumn{
	{title: "‖g out‖", width: 10, rank: 3, text: func(g, _ nn.BlockGradient) string { return scientific(g.Out) }},
	{title: "via skip", width: 10, rank: 1, skips: true, look: skipLook, text: func(g, _ nn.BlockGradient) string {
		return known(g.HasSkip, g.Skip)
	}},
	{title: "via branch", width: 12, rank: 2, skips: true, look: branchLook, text: func(g, _ nn.BlockGradient) string {
		return known(g.HasBranch, g.Branch)
	}},
	{title: "‖g in‖", width: 10, rank: 5, text: func(g, _ nn.BlockGradient) string { return scientific(g.In) }},
	{title: "twin", width: 10, rank: 8, twin: true, look: plainLook, text: func(_, t nn.BlockGradient) string {
		return known(t.Path != "", t.In)
	}},
	{title: "branch/skip", width: 13, rank: 6, skips: true, text: func(g, _ nn.BlockGradient) string {
		return ratio(g.Ratio())
	}},
	{title: "cos", width: 7, rank: 7, skips: true, text: func(g, _ nn.BlockGradient) string {
		return cosine(g.Cosine)
	}},
}

// The list's other columns: the block's name, and the bar of shares.
const (
	gradientName = 13
	gradientLeft = 9 // cells of the name, at least
	gradientBar  = 8 // cells of the bar, at least
	barRank      = 4 // after the norms that it is made of
)

// known is a norm, or a dash where the block has no such path.
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

// cosine writes a number from −1 to 1 in four cells, "+.08": the zero before the point
// says nothing, the sign does. What rounds to zero has no sign.
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

// listLayout is what fits into a line of the list.
type listLayout struct {
	in  []bool // by column: it has room
	bar int    // cells of the bar of shares, 0 for none
	x   int    // where the columns start, after the block's name
}

// layoutList chooses the columns for w cells, by importance. The bar takes part in it
// with a rank of its own and its least width, and then gets what is left.
func (v *gradientsView) layoutList(w int, g *live.Gradients) listLayout {
	in, bar := make([]bool, len(gradientColumns)), 0
	skips := slices.ContainsFunc(g.Blocks, func(b nn.BlockGradient) bool { return b.HasSkip })
	start := min(gradientName, max(w-gradientColumns[1].width, gradientLeft))
	rest := w - start
	for rank := 1; rank <= len(gradientColumns)+1; rank++ {
		if rank == barRank && skips {
			if rest < gradientBar+2 {
				break
			}
			bar, rest = gradientBar, rest-gradientBar-2
		}
		i := slices.IndexFunc(gradientColumns, func(c gradientColumn) bool { return c.rank == rank })
		if i < 0 {
			continue // the bar's rank
		}
		if c := gradientColumns[i]; c.skips && !skips || c.twin && v.twinGradients() == nil {
			continue
		}
		if gradientColumns[i].width > rest {
			break
		}
		in[i], rest = true, rest-gradientColumns[i].width
	}
	return listLayout{in: in, bar: spare(bar, rest), x: start}
}

const widestShares = 40

// spare widens a bar that came in by what is left, up to widestShares.
func spare(bar, rest int) int {
	if bar == 0 {
		return 0
	}
	return min(bar+rest, widestShares)
}

// drawGradientList draws a line of titles and the blocks below it, from v.top on.
func (v *gradientsView) drawGradientList(c *canvas, r rect, g *live.Gradients) {
	l := v.layoutList(r.w-1, g)
	c.text(r.x+2, r.y, r.x+l.x, "block", muted)
	x := r.x + l.x
	for i, column := range gradientColumns {
		if l.in[i] {
			x += column.width
			c.right(x, r.y, column.title, muted)
		}
	}
	if l.bar > 0 {
		v.drawShareTitle(c, x+2, r.y, x+2+l.bar)
	}
	for i := 0; i < r.h-1 && v.top+i < len(g.Blocks); i++ {
		v.drawGradientRow(c, r.x, r.y+1+i, g.Blocks[v.top+i], l)
		if v.top+i == v.cursor {
			c.selectRow(r.x, r.y+1+i, r.w)
		}
	}
}

// drawShareTitle is the legend of the bar: it is the only place that explains its two
// shades. Its words are as long as there is room for.
func (v *gradientsView) drawShareTitle(c *canvas, x, y, end int) {
	for _, form := range [][2]string{{"skip ", " branch of ‖g in‖²"}, {"skip ", " branch"}, {"s ", " b"}} {
		if width(form[0])+2+width(form[1]) <= end-x {
			x = c.text(x, y, end, form[0], muted)
			x = c.text(x, y, end, "█", skipLook)
			x = c.text(x, y, end, "▒", branchLook)
			c.text(x, y, end, form[1], muted)
			return
		}
	}
}

// drawGradientRow draws a block from x, y on.
func (v *gradientsView) drawGradientRow(c *canvas, x, y int, g nn.BlockGradient, l listLayout) {
	twin, _ := v.twinGradients().Block(g.Path)
	c.text(x+2, y, x+l.x, g.Path, plainText)
	x += l.x
	for i, column := range gradientColumns {
		if l.in[i] {
			x += column.width
			c.right(x, y, column.text(g, twin), column.look)
		}
	}
	v.drawShares(c, x+2, y, l.bar, live.SkipShare(g))
}

// drawShares draws the two paths' parts of ‖g in‖², which add up to it.
func (v *gradientsView) drawShares(c *canvas, x, y, w int, skip float64) {
	if math.IsNaN(skip) {
		return
	}
	n := int(math.Round(max(min(skip, 1), 0) * float64(w)))
	c.fill(rect{x, y, n, 1}, '█', skipLook)
	c.fill(rect{x + n, y, w - n, 1}, '▒', branchLook)
}
