package main

import (
	"fmt"
	"strings"
)

// glyph returns the SVG shapes of a character that must join its neighbours (braille, blocks,
// lines), in a cell whose upper left corner is the origin; "" for text.
func glyph(r rune) string {
	switch {
	case r > 0x2800 && r <= 0x28FF:
		return braille(r - 0x2800)
	case r >= 0x2580 && r <= 0x2593:
		return block(r)
	case r >= firstSextant && r < firstSextant+60:
		return sextant(r)
	}
	if arms, ok := lines[r]; ok {
		return line(arms)
	}
	return ""
}

// braille draws dots; bit i of the pattern is dot i+1 of Unicode's numbering.
func braille(pattern rune) string {
	var b strings.Builder
	for i, at := range [8][2]float64{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
		if pattern>>i&1 != 0 {
			fmt.Fprintf(&b, `<circle cx="%.2f" cy="%.2f" r="1.1"/>`, cellW*(0.25+at[0]/2), cellH*(0.125+at[1]/4))
		}
	}
	return b.String()
}

// block draws block elements, which fill part of a cell.
func block(r rune) string {
	rect := func(x, y, w, h, opacity float64) string {
		s := fmt.Sprintf(`<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f"`, x*cellW, y*cellH, w*cellW+0.05, h*cellH)
		if opacity < 1 {
			s += fmt.Sprintf(` opacity="%g"`, opacity)
		}
		return s + "/>"
	}
	switch {
	case r == '▀':
		return rect(0, 0, 1, 0.5, 1)
	case r >= '▁' && r <= '█': // lower eighths
		h := float64(r-'▁'+1) / 8
		return rect(0, 1-h, 1, h, 1)
	case r >= '▉' && r <= '▏': // left eighths, the widest first
		return rect(0, 0, float64('▏'-r+1)/8, 1, 1)
	case r == '▐':
		return rect(0.5, 0, 0.5, 1, 1)
	}
	return rect(0, 0, 1, 1, map[rune]float64{'░': 0.25, '▒': 0.5, '▓': 0.75}[r])
}

// firstSextant begins the characters of two columns and three rows of blocks.
const firstSextant = 0x1fb00

// sextant draws blocks; bit i of the pattern is the block in column i%2 of row i/2. The
// patterns are in order, without those that other characters have: nothing, both halves
// and the whole.
func sextant(r rune) string {
	pattern := r - firstSextant + 1
	for _, half := range []rune{0b010101, 0b101010} {
		if pattern >= half {
			pattern++
		}
	}
	var b strings.Builder
	for i := range 6 {
		if pattern>>i&1 != 0 {
			x, y := float64(i%2)*cellW/2, float64(i/2)*cellH/3
			fmt.Fprintf(&b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f"/>`, x, y, cellW/2+0.05, cellH/3+0.05)
		}
	}
	return b.String()
}

// lines are the arms of box drawing characters: up, right, down, left; 1 is
// light, 2 heavy, and 3 light and dashed.
var lines = map[rune][4]int{
	'│': {1, 0, 1, 0}, '─': {0, 1, 0, 1}, '┌': {0, 1, 1, 0}, '┐': {0, 0, 1, 1}, '└': {1, 1, 0, 0}, '┘': {1, 0, 0, 1},
	'├': {1, 1, 1, 0}, '┤': {1, 0, 1, 1}, '┬': {0, 1, 1, 1}, '┴': {1, 1, 0, 1}, '┼': {1, 1, 1, 1},
	'╴': {0, 0, 0, 1}, '╶': {0, 1, 0, 0},
	'┃': {2, 0, 2, 0}, '━': {0, 2, 0, 2}, '┏': {0, 2, 2, 0}, '┓': {0, 0, 2, 2}, '┗': {2, 2, 0, 0}, '┛': {2, 0, 0, 2},
	'┆': {3, 0, 3, 0}, '┄': {0, 3, 0, 3}, '╭': {0, 1, 1, 0}, '╮': {0, 0, 1, 1}, '╰': {1, 1, 0, 0}, '╯': {1, 0, 0, 1},
}

// line draws arms from the centre of a cell to its edges.
func line(arms [4]int) string {
	var b strings.Builder
	for i, weight := range arms {
		if weight == 0 {
			continue
		}
		w := 1.1
		if weight == 2 {
			w = 2.4
		}
		x, y := cellW/2-w/2, cellH/2-w/2
		dx, dy := w, w
		switch i {
		case 0:
			y, dy = 0, cellH/2+w/2
		case 1:
			dx = cellW/2 + w/2
		case 2:
			dy = cellH/2 + w/2
		case 3:
			x, dx = 0, cellW/2+w/2
		}
		if weight == 3 {
			b.WriteString(dashes(x, y, dx, dy))
			continue
		}
		fmt.Fprintf(&b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f"/>`, x, y, dx, dy)
	}
	return b.String()
}

// dashes draws an arm with a gap.
func dashes(x, y, dx, dy float64) string {
	if dx > dy {
		return fmt.Sprintf(`<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f"/>`, x+dx*0.2, y, dx*0.6, dy)
	}
	return fmt.Sprintf(`<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f"/>`, x, y+dy*0.2, dx, dy*0.6)
}
