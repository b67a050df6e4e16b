package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"github.com/charmbracelet/x/ansi"

	"resnet-tui/picture/terminal"
	"resnet-tui/profile"
)

// cell is one character cell. A zero rune continues the wide one before it.
type cell struct {
	r    rune
	look look // what it means; Styles turns that into colours when the canvas is encoded
	sel  bool // on the selected row: kept apart from look, so that text drawn later stays selected
	art  int  // 1 + the index in canvas.pieces of what a picture shows here instead; 0: nothing
}

// canvas is a grid of cells that views draw into and that is written out once per
// frame. What is drawn last shows, so that a picture is built from back to front:
// plots before their labels, dialogs at the end. Drawing outside is clipped, so that
// views don't need to check for room before each call. Nothing here knows escape
// sequences; views are tested on the cells' text.
type canvas struct {
	w, h  int
	cells []cell
	out   []byte

	pieces []terminal.Cell // of pictures

	ascii bool // encode in ASCII, for terminals that have nothing else
}

// reset makes the canvas w×h and blank. It reuses the memory of the frame before: a
// frame allocates little more than its encoded string.
func (c *canvas) reset(w, h int) {
	c.w, c.h = w, h
	if n := w * h; cap(c.cells) < n {
		c.cells = make([]cell, n)
	} else {
		c.cells = c.cells[:n]
	}
	for i := range c.cells {
		c.cells[i] = cell{r: ' '}
	}
	c.pieces = c.pieces[:0]
}

// set draws one rune of width one.
func (c *canvas) set(x, y int, r rune, l look) {
	if x >= 0 && x < c.w && y >= 0 && y < c.h {
		p := &c.cells[y*c.w+x]
		p.r, p.look, p.art = r, l, 0
	}
}

// art draws a cell of a picture.
func (c *canvas) art(x, y int, piece terminal.Cell) {
	if x >= 0 && x < c.w && y >= 0 && y < c.h {
		c.pieces = append(c.pieces, piece)
		c.cells[y*c.w+x] = cell{r: ' ', art: len(c.pieces)}
	}
}

// text draws s from x up to, not including, end, and returns the column after it, so
// that calls can be chained. A text that does not fit ends in an ellipsis.
func (c *canvas) text(x, y, end int, s string, l look) int {
	start := x
	for _, r := range s {
		w := runeWidth(r)
		if w == 0 {
			continue
		}
		if x+w > end {
			if end > start {
				c.set(min(x, end-1), y, '…', l)
			}
			return end
		}
		c.set(x, y, r, l)
		if w == 2 {
			c.set(x+1, y, 0, l)
		}
		x += w
	}
	return x
}

// recolor gives the cells from x to end another look.
func (c *canvas) recolor(x, y, end int, l look) {
	for i := max(x, 0); i < min(end, c.w) && y >= 0 && y < c.h; i++ {
		c.cells[y*c.w+i].look = l
	}
}

// right draws s so that it ends before end, and returns the column where it starts.
func (c *canvas) right(end, y int, s string, l look) int {
	x := end - width(s)
	c.text(x, y, end, s, l)
	return x
}

// rule draws the line on the left of a pane.
func (c *canvas) rule(r rect) { c.fill(rect{r.x, r.y, 1, r.h}, '│', faint) }

// wrap draws words over as many lines as they need, and returns the line after. What has
// no room ends in an ellipsis.
func (c *canvas) wrap(r rect, text string, l look) int {
	x, y, last := r.x, r.y, r.x
	for _, word := range strings.Fields(text) {
		if x > r.x && x+width(word) > r.x+r.w {
			x, y = r.x, y+1
		}
		if y >= r.y+r.h {
			c.set(min(last, r.x+r.w-1), y-1, '…', l)
			return y
		}
		x = c.text(x, y, r.x+r.w, word, l) + 1
		last = x
	}
	return y + 1
}

// keys draws keys with what they do, as many as fit before end.
func (c *canvas) keys(x, y, end int, keys []key.Binding) {
	for _, b := range keys {
		h := b.Help()
		if x+width(h.Key)+1+width(h.Desc) > end {
			return
		}
		x = c.text(x, y, end, h.Key, strong)
		x = c.text(x+1, y, end, h.Desc, muted) + 2
	}
}

// fill draws r over a rectangle.
func (c *canvas) fill(r rect, ch rune, l look) {
	for y := r.y; y < r.y+r.h; y++ {
		for x := r.x; x < r.x+r.w; x++ {
			c.set(x, y, ch, l)
		}
	}
}

// clear blanks a rectangle, selection included.
func (c *canvas) clear(r rect) {
	for y := max(r.y, 0); y < min(r.y+r.h, c.h); y++ {
		for x := max(r.x, 0); x < min(r.x+r.w, c.w); x++ {
			c.cells[y*c.w+x] = cell{r: ' '}
		}
	}
}

// selectRow marks w cells of line y as selected. It may come before or after the text:
// set leaves the mark, and only clear takes it away.
func (c *canvas) selectRow(x, y, w int) {
	if y < 0 || y >= c.h {
		return
	}
	for i := max(x, 0); i < min(x+w, c.w); i++ {
		c.cells[y*c.w+i].sel = true
	}
}

// encode writes the canvas as lines with the escape sequences of s. Blanks at the end
// of a line are left out. bubbletea sends only what differs from the frame before, so
// that a canvas needs no dirty marks of its own.
func (c *canvas) encode(s *Styles) string {
	b := c.out[:0]
	for y := range c.h {
		if y > 0 {
			b = append(b, '\n')
		}
		b = c.encodeLine(b, c.cells[y*c.w:(y+1)*c.w], s)
	}
	c.out = b
	return string(b)
}

// encodeLine appends a line. It writes a sequence only where the look changes, and
// resets at the end of the line, so that no line depends on another.
func (c *canvas) encodeLine(b []byte, line []cell, s *Styles) []byte {
	n := len(line)
	for n > 0 && line[n-1].r == ' ' && line[n-1].art == 0 && !line[n-1].sel && !s.visible(line[n-1].look) {
		n--
	}
	current := ""
	for i, p := range line[:n] {
		if p.r == 0 && !(c.ascii && i > 0) {
			continue
		}
		seq, text := s.sequence(p.look, p.sel), ""
		if p.art > 0 {
			seq, text = c.pieces[p.art-1].Style, c.pieces[p.art-1].Text
		}
		if seq != current {
			if current != "" {
				b = append(b, ansi.ResetStyle...)
			}
			b = append(b, seq...)
			current = seq
		}
		if b = append(b, text...); text == "" {
			b = utf8.AppendRune(b, c.form(p.r))
		}
	}
	if current != "" {
		b = append(b, ansi.ResetStyle...)
	}
	return b
}

// form is a rune as it is written. In ASCII, a wide one is as wide as two of its form.
func (c *canvas) form(r rune) rune {
	switch {
	case !c.ascii:
		return r
	case r == 0:
		return '?'
	}
	return profile.ASCIIForm(r)
}

// runeWidth is the number of cells of r; control characters and marks, which
// could come from a file's name, have none and are not drawn.
func runeWidth(r rune) int {
	switch {
	case r < 0x20 || r == 0x7f:
		return 0
	case r < 0x300:
		if unicode.IsPrint(r) || r == ' ' {
			return 1
		}
		return 0
	case r >= 0x2000 && r < 0x2e80 && !unicode.In(r, unicode.Cf, unicode.Mn, unicode.Zl, unicode.Zp):
		return 1 // punctuation, arrows, mathematics, boxes: as terminals draw them
	}
	return ansi.StringWidth(string(r))
}

// width is the number of cells of s.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}
