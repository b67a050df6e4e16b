package tui

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// pen is how a curve is drawn, so that curves differ without colour too.
type pen uint8

const (
	thinPen pen = iota
	thickPen
	dashedPen
	dottedPen
)

// sample of the pen, for a legend.
func (p pen) sample() string { return [...]string{"─", "━", "┄", "⋯"}[p] }

// curve is a line of a plot. Where y is NaN or infinite there is a gap, and on a
// logarithmic scale where it isn't positive.
type curve struct {
	name  string
	short string // the name where there is little room; "" if there is no shorter one
	look  look
	pen   pen
	x, y  []float64
	// The band around the curve, by point; nil for none.
	low, high []float64
}

// plot is a grid of braille cells, two dots wide and four high each. Coordinates of
// dots are from the top left; a cell can have one look only, so that where curves cross
// the last one colours the whole cell.
type plot struct {
	w, h  int     // in cells
	from  float64 // x at the left edge
	to    float64 // x at the right edge
	scale scale   // of y
	dots  []uint8 // by cell: the bits of its dots
	looks []look  // by cell
}

func newPlot(w, h int, from, to float64, s scale) *plot {
	return &plot{w: w, h: h, from: from, to: to, scale: s, dots: make([]uint8, w*h), looks: make([]look, w*h)}
}

// brailleBits are the dots of a cell by row and column (ISO 11548-1).
var brailleBits = [4][2]uint8{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// dot sets one dot; a cell has the look of the curve that came to it last.
func (p *plot) dot(x, y int, l look) {
	if x < 0 || y < 0 || x >= 2*p.w || y >= 4*p.h {
		return
	}
	i := y/4*p.w + x/2
	p.dots[i] |= brailleBits[y%4][x%2]
	p.looks[i] = l
}

// column is the dot of an x, from the left; outside the plot for one outside from…to.
func (p *plot) column(x float64) int {
	if p.to <= p.from {
		return 0
	}
	return int(math.Round((x - p.from) / (p.to - p.from) * float64(2*p.w-1)))
}

// row is the dot of a y, from the top; false if the scale has no place for it.
func (p *plot) row(y float64) (int, bool) {
	at, ok := p.scale.position(y)
	return int(math.Round((1 - at) * float64(4*p.h-1))), ok
}

// bandEvery is the dots from one bar of a band to the next.
const bandEvery = 6

// drawBand draws the range around a curve as upright bars, thin enough for the curves
// between them to be seen. It comes before all curves.
func (p *plot) drawBand(c *curve) {
	for i := range max(min(len(c.low), len(c.x))-1, 0) {
		from, to := p.column(c.x[i]), p.column(c.x[i+1])
		for x := from; x < max(to, from+1); x++ {
			part := float64(x-from) / float64(max(to-from, 1))
			low, ok := p.row(c.low[i] + part*(c.low[i+1]-c.low[i]))
			high, known := p.row(c.high[i] + part*(c.high[i+1]-c.high[i]))
			for y := high; ok && known && y <= low; y++ {
				if x%bandEvery == 0 && y%2 == 0 {
					p.dot(x, y, c.look)
				}
			}
		}
	}
}

// draw draws a curve, point to point. A curve of one point is a mark of several dots: it
// would otherwise be lost.
func (p *plot) draw(c *curve) {
	if len(c.y) == 1 {
		if y, ok := p.row(c.y[0]); ok {
			for d := range 3 {
				p.dot(p.column(c.x[0])+d, y, c.look)
			}
		}
		return
	}
	var lastX, lastY int
	linked := false // to a point before
	for i, v := range c.y {
		y, ok := p.row(v)
		if !ok {
			linked = false
			continue
		}
		x := p.column(c.x[i])
		if !linked {
			lastX, lastY = x, y
		}
		p.line(lastX, lastY, x, y, c)
		lastX, lastY = x, y
		linked = true
	}
}

// line joins two dots (Bresenham 1965).
func (p *plot) line(x0, y0, x1, y1 int, c *curve) {
	dx, dy := max(x1-x0, x0-x1), -max(y1-y0, y0-y1)
	sx, sy := sign(x1-x0), sign(y1-y0)
	for e := dx + dy; ; {
		p.stroke(x0, y0, c)
		if x0 == x1 && y0 == y1 {
			return
		}
		e2 := 2 * e
		if e2 >= dy {
			e, x0 = e+dy, x0+sx
		}
		if e2 <= dx {
			e, y0 = e+dx, y0+sy
		}
	}
}

// stroke sets what the pen leaves at a dot. Dashes and gaps depend on the position in
// the plot, not along the curve, so that a curve that grows at its end keeps them. A
// thick pen has a second dot below, or above at the lower edge.
func (p *plot) stroke(x, y int, c *curve) {
	switch {
	case c.pen == dashedPen && (x+y)%4 >= 2, c.pen == dottedPen && x%4 != 0:
		return
	case c.pen == thickPen && y+1 < 4*p.h:
		p.dot(x, y+1, c.look)
	case c.pen == thickPen:
		p.dot(x, y-1, c.look)
	}
	p.dot(x, y, c.look)
}

func sign(v int) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}

// plot puts a plot on the canvas.
func (c *canvas) plot(x, y int, p *plot) {
	for i, bits := range p.dots {
		if bits != 0 {
			c.set(x+i%p.w, y+i/p.w, 0x2800+rune(bits), p.looks[i])
		}
	}
}

// axisLabel is the cells that a vertical axis takes, its line included.
const axisLabel = 9

// axis draws the labelled vertical axis of a plot whose first cell is x, y, to
// the left of it.
func (c *canvas) axis(x, y, h int, s scale) {
	for i := range h {
		c.set(x-1, y+i, '┤', faint)
	}
	for _, t := range s.ticks(h) {
		at := y + int(math.Round((1-t.at)*float64(h-1)))
		c.right(x-2, at, t.label, muted)
	}
}

// caption draws a title on the left of a line and the curves' names with their pens on
// the right, the last curve first, as that is drawn last. A legend must name all that is
// drawn: where both don't fit, the title gives way, in its shorter forms, and then the
// names are shortened to their short forms and to letters.
func (c *canvas) caption(r rect, titles []string, curves []curve) {
	title, form := fitCaption(r.w-2, titles, legendForms(curves))
	c.text(r.x+1, r.y, r.x+r.w-1, title, plainText)
	x := r.x + r.w - 1 - legendWidth(form)
	for i := len(curves) - 1; i >= 0; i-- {
		x = c.text(x, r.y, r.x+r.w-1, form[i]+" ", muted)
		x = c.text(x, r.y, r.x+r.w-1, curves[i].pen.sample(), curves[i].look) + legendGap
	}
}

// fitCaption chooses what fits in w cells: the longest title beside the longest names, and
// shorter names only where the shortest title has no room.
func fitCaption(w int, titles []string, names [3][]string) (string, []string) {
	for _, n := range names {
		for _, t := range titles {
			if width(t)+legendGap+legendWidth(n) <= w {
				return t, n
			}
		}
	}
	return "", names[len(names)-1]
}

// legendGap is the cells between two names of a legend.
const legendGap = 2

// legendForms are the names in full, their short forms, and their first letters.
func legendForms(curves []curve) [3][]string {
	var forms [3][]string
	for _, k := range curves {
		short := k.short
		if short == "" {
			short = k.name
		}
		letter, _ := utf8.DecodeRuneInString(short)
		for i, name := range []string{k.name, short, string(letter)} {
			forms[i] = append(forms[i], name)
		}
	}
	return forms
}

// legendWidth is the cells of a legend: names, pens and gaps.
func legendWidth(names []string) int {
	cells := max(legendGap*(len(names)-1), 0)
	for _, n := range names {
		cells += width(n) + 2
	}
	return cells
}

// figure is a plot of curves from 1 to a last step, epoch or layer.
type figure struct {
	titles []string // from the longest to the shortest
	unit   string   // what the horizontal axis counts
	to     float64  // where that axis ends
	scale  scale
	curves []curve
	legend []curve // those with a name in the legend: one of several runs of a net
}

// drawFigure draws curves with their axes: a line for the title and legend, the plot,
// and a line for the horizontal axis.
func (c *canvas) drawFigure(r rect, k figure) {
	end := r.x + r.w - 1
	c.caption(r, k.titles, k.legend)
	if !k.scale.known() {
		c.text(r.x+axisLabel, r.y+1, end, "nothing to draw yet", muted)
		return
	}
	h, to := r.h-2, max(k.to, 2)
	c.axis(r.x+axisLabel, r.y+1, h, k.scale)
	p := newPlot(r.w-axisLabel-1, h, 1, to, k.scale)
	for i := range k.curves {
		p.drawBand(&k.curves[i])
	}
	// Dashed ones last: their gaps leave to others the cells that they share.
	for _, dashed := range []bool{false, true} {
		for i := range k.curves {
			if dashed == (k.curves[i].pen == dashedPen || k.curves[i].pen == dottedPen) {
				p.draw(&k.curves[i])
			}
		}
	}
	c.plot(r.x+axisLabel, r.y+1, p)
	c.set(r.x+axisLabel-1, r.y+1+h, '└', faint)
	c.fill(rect{r.x + axisLabel, r.y + 1 + h, p.w, 1}, '─', faint)
	c.text(r.x+axisLabel+1, r.y+1+h, end, fmt.Sprintf(" %s 1 ", k.unit), muted)
	c.right(end, r.y+1+h, fmt.Sprintf(" %.0f ", to), muted)
}
