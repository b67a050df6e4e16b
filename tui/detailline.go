package tui

import (
	"slices"
	"strings"
)

// detailLine is a line about the selected row: a dim label and a text, or a sparkline
// in place of the text. The zero value is a blank line.
type detailLine struct {
	label, text string
	look        look
	spark       bool
}

// fits reports whether the line has room in w cells.
func (d *detailLine) fits(w int) bool { return d.spark || d.cells() <= w }

// cells is the width of the line.
func (d *detailLine) cells() int {
	if d.label == "" {
		return width(d.text)
	}
	return width(d.label) + 1 + width(d.text)
}

// fitted makes lines fit into w×h cells, as far as that goes: what is too long goes on in
// the next line where there are lines left, and blank lines between groups give way to
// that.
func fitted(lines []detailLine, w, h int) []detailLine {
	need := 0
	for i := range lines {
		need += len(lines[i].broken(w))
	}
	if need > h {
		lines = slices.DeleteFunc(lines, func(d detailLine) bool { return d == detailLine{} })
	}
	spare := h - len(lines)
	var all []detailLine
	for _, line := range lines {
		parts := line.broken(w)
		if more := len(parts) - 1; more > max(spare, 0) {
			parts = []detailLine{line}
		} else {
			spare -= more
		}
		all = append(all, parts...)
	}
	return all
}

// broken is the line over as many lines as it needs in w cells, those after the first
// further in.
func (d detailLine) broken(w int) []detailLine {
	if d.fits(w) {
		return []detailLine{d}
	}
	first, indent := w, ""
	if d.label != "" {
		first -= width(d.label) + 1
		indent = strings.Repeat(" ", len(d.label)-len(strings.TrimLeft(d.label, " "))+1)
	}
	line, rest := splitAt(d.text, first)
	if line == "" && d.label == "" {
		return []detailLine{d}
	}
	lines := []detailLine{{label: d.label, text: line, look: d.look}}
	for rest != "" {
		line, rest = splitAt(rest, w-width(indent))
		if line == "" {
			return []detailLine{d}
		}
		lines = append(lines, detailLine{text: indent + line, look: d.look})
	}
	return lines
}

// splitAt cuts a text after as many words as fit into w cells. A word that is longer
// than a whole line is cut too.
func splitAt(text string, w int) (line, rest string) {
	if width(text) <= w {
		return text, ""
	}
	cells, end, space := 0, 0, -1
	for i, r := range text {
		if cells += runeWidth(r); cells > w {
			end = i
			break
		}
		if r == ' ' {
			space = i
		}
	}
	if text[end] == ' ' {
		space = end
	}
	if space > 0 {
		return text[:space], strings.TrimLeft(text[space:], " ")
	}
	return text[:end], text[end:]
}

// wrapped breaks a text into lines of w cells.
func wrapped(text string, w int, l look) []detailLine {
	var lines []detailLine
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && width(line)+1+width(word) > w {
			lines = append(lines, detailLine{text: line, look: l})
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, detailLine{text: line, look: l})
}
