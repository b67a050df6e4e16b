package tui

import (
	"fmt"
	"slices"
	"strings"
)

// countMatches counts the rows that the filter is about, and those of them that match:
// not the rows that only hold one. Without a filter nothing is counted.
func (l *list) countMatches() {
	l.matched, l.all = 0, 0
	if len(l.terms) == 0 {
		return
	}
	for _, n := range l.candidates() {
		l.all++
		if n.matches(l.terms) {
			l.matched++
		}
	}
}

// candidates are the rows that a filter looks at: all of them, however they are folded,
// or the kernels if rows are ordered.
func (l *list) candidates() []*node {
	rows := slices.Clone(l.tree.nodes)
	if l.ordered {
		rows = slices.DeleteFunc(rows, func(n *node) bool { return n.Kernel < 0 })
	}
	return append(rows, l.tree.tail...)
}

// matchText is how many rows match, of how many.
func (l *list) matchText() string { return fmt.Sprintf("%d of %s", l.matched, plural(l.all, "rows")) }

// nextMatch selects the next row (1) that matches, or the one before (-1), and unfolds
// what hides it. After the last comes the first.
func (l *list) nextMatch(d int) {
	rows := l.rows
	if !l.ordered {
		rows = l.candidates() // in the order of the tree
	}
	at, n := slices.Index(rows, l.selected()), len(rows)
	for i := 1; i <= n; i++ {
		c := rows[((at+d*i)%n+n)%n]
		if !c.matches(l.terms) {
			continue
		}
		if !l.selectID(c.ID) {
			l.reveal(c)
		}
		return
	}
}

// noTree says why rows can't be folded: they stand in an order of their own.
func (l *list) noTree() string {
	return when(l.ordered, "ordered rows have no tree around them: esc brings it back")
}

// keptOpen reports whether the filter shows what is under a row, open or not.
func (l *list) keptOpen(n *node) bool { return len(l.terms) > 0 && !n.matches(l.terms) }

// cantFold says why the selected row can't be folded or unfolded; "" if it can.
func (l *list) cantFold() string {
	n := l.selected()
	switch {
	case n == nil:
		return "no row is selected"
	case l.ordered:
		return l.noTree()
	case !n.Folds():
		return "there is nothing under this row that could be folded"
	case l.keptOpen(n):
		return "the filter keeps this row open: esc clears it"
	}
	return ""
}

// cantEnter says why → does nothing at the selected row; "" if it does something.
func (l *list) cantEnter() string {
	n := l.selected()
	switch {
	case n == nil:
		return "no row is selected"
	case l.ordered:
		return l.noTree()
	}
	return when(!n.Folds(), "there is nothing under this row")
}

// cantLeave says why ← does nothing at the selected row; "" if it does something.
func (l *list) cantLeave() string {
	n := l.selected()
	switch {
	case n == nil:
		return "no row is selected"
	case l.ordered:
		return l.noTree()
	}
	return when(n.parent == nil && (!n.open || l.keptOpen(n)), "there is no row around this one")
}

// mark highlights in a text, drawn from x to at most end, what the filter found in it;
// false if that is nothing.
func (l *list) mark(c *canvas, x, y, end int, text string) bool {
	found := false
	lower := strings.ToLower(text)
	for _, term := range l.terms {
		for from := 0; ; {
			i := strings.Index(lower[from:], term)
			if i < 0 {
				break
			}
			start := x + width(lower[:from+i])
			c.recolor(start, y, min(start+width(term), end), matchLook)
			found, from = true, from+i+len(term)
		}
	}
	return found
}
