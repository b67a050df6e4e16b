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
func (v *gradientsView) gradientPlaces(w int, g *gradients) (in []bool, start, bar int) {
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
		if i < 0 || gradientColumns[i].skips && !skips || gradientColumns[i].title == "twin" && v.twinGradients() == nil {
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

func (v *gradientsView) drawGradientList(c *canvas, r rect, g *gradients) {
	in, start, bar := v.gradientPlaces(r.w-1, g)
	c.text(r.x+2, r.y, r.x+start, "block", muted)
	x := r.x + start
	for i, column := range gradientColumns {
		if in[i] {
			x += column.width
			c.right(x, r.y, column.title, muted)
		}
	}
	if bar > 0 {
		v.drawShareTitle(c, x+2, r.y, x+2+bar)
	}
	for i := 0; i < r.h-1 && v.top+i < len(g.blocks); i++ {
		v.drawGradientRow(c, rect{r.x, r.y + 1 + i, start, 1}, g.blocks[v.top+i], in, bar)
		if v.top+i == v.cursor {
			c.selectRow(r.x, r.y+1+i, r.w)
		}
	}
}

func (v *gradientsView) drawShareTitle(c *canvas, x, y, end int) {
	x = c.text(x, y, end, "skip ", muted)
	x = c.text(x, y, end, "█", skipLook)
	x = c.text(x, y, end, "▒", branchLook)
	text := " branch of ‖g in‖²"
	if width(text) > end-x {
		text = " branch"
	}
	c.text(x, y, end, text, muted)
}

// drawGradientRow draws a block; r is where its name goes.
func (v *gradientsView) drawGradientRow(c *canvas, r rect, g resnet.BlockGradient, in []bool, bar int) {
	twin, _ := v.twinGradients().of(g.Path)
	x := r.x + r.w
	c.text(r.x+2, r.y, x, g.Path, plainText)
	for i, column := range gradientColumns {
		if in[i] {
			x += column.width
			c.right(x, r.y, column.text(g, twin), column.look)
		}
	}
	v.drawShares(c, x+2, r.y, bar, skipShare(g))
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
