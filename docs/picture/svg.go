package main

import (
	"fmt"
	"html"
	"image/color"
	"io"
	"strings"

	"github.com/charmbracelet/x/vt"
)

// The sizes of a cell and of the margin around the picture, in pixels.
const (
	cellW, cellH = 7.8, 16.0
	margin       = 12.0
	baseline     = 12.0 // of the text, below the top of its line
)

// The colours of the background and the text, where the screen doesn't set any.
const (
	paper = "#14171c"
	ink   = "#c8ccd2"
)

// picture writes a terminal's cells as SVG.
type picture struct {
	io.Writer
	screen        *vt.Emulator
	columns, rows int
}

// cell is a terminal's cell, with the colours in which it is drawn.
type cell struct {
	text, ink, paper string
	bold             bool
}

// write writes the whole picture.
func (p picture) write() {
	const font = `ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace`
	w := float64(p.columns)*cellW + 2*margin
	h := float64(p.rows)*cellH + 2*margin
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g"`, w, h, w, h)
	fmt.Fprintf(p, ` font-family="%s" font-size="12.9">`+"\n", font)
	fmt.Fprintf(p, `<rect width="%g" height="%g" rx="8" fill="%s"/>`+"\n", w, h, paper)
	for y := range p.rows {
		p.row(y)
	}
	fmt.Fprintln(p, "</svg>")
}

// at returns the cell in column x of row y.
func (p picture) at(x, y int) cell {
	const bold, faint, reverse = 1 << 0, 1 << 1, 1 << 5 // bits of Style.Attrs
	t := p.screen.CellAt(x, y)
	if t == nil || t.Content == "" {
		return cell{" ", ink, paper, false}
	}
	c := cell{t.Content, hex(t.Style.Fg, ink), hex(t.Style.Bg, paper), t.Style.Attrs&bold != 0}
	if t.Style.Attrs&reverse != 0 {
		c.ink, c.paper = c.paper, c.ink
	}
	if t.Style.Attrs&faint != 0 {
		c.ink = "#8a9099"
	}
	return c
}

// hex formats a colour, or returns otherwise if there is none.
func hex(c color.Color, otherwise string) string {
	if c == nil {
		return otherwise
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// row writes a line: backgrounds first, then shapes and runs of text.
func (p picture) row(y int) {
	top := margin + float64(y)*cellH
	for x := 0; x < p.columns; {
		c, from := p.at(x, y), x
		for x++; x < p.columns && p.at(x, y).paper == c.paper; x++ {
		}
		if c.paper != paper {
			fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%g" fill="%s"/>`+"\n",
				left(from), top, float64(x-from)*cellW, cellH, c.paper)
		}
	}
	for x := 0; x < p.columns; {
		c := p.at(x, y)
		if shape := glyph([]rune(c.text)[0]); shape != "" {
			fmt.Fprintf(p, `<g transform="translate(%.1f %.1f)" fill="%s">%s</g>`+"\n", left(x), top, c.ink, shape)
			x++
			continue
		}
		x += p.run(x, y, top)
	}
}

// run writes the text from column x on that has the same style, with the width of its cells
// in any font. It returns the number of cells.
func (p picture) run(x, y int, top float64) int {
	first := p.at(x, y)
	text := ""
	n := 0
	for ; x+n < p.columns; n++ {
		c := p.at(x+n, y)
		gap := strings.HasSuffix(text, "  ") && c.text != " "
		if c.ink != first.ink || c.bold != first.bold || glyph([]rune(c.text)[0]) != "" || gap {
			break
		}
		text += c.text
	}
	shown := strings.TrimRight(text, " ")
	start := len(shown) - len(strings.TrimLeft(shown, " "))
	if shown = shown[start:]; shown != "" {
		weight := ""
		if first.bold {
			weight = ` font-weight="bold"`
		}
		fmt.Fprintf(p, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs"`,
			left(x+start), top+baseline, float64(len([]rune(shown)))*cellW)
		fmt.Fprintf(p, ` fill="%s"%s xml:space="preserve">%s</text>`+"\n",
			first.ink, weight, html.EscapeString(shown))
	}
	return n
}

// left returns the left edge of column x.
func left(x int) float64 { return margin + float64(x)*cellW }
