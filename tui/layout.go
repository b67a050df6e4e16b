package tui

// rect is a rectangle of cells.
type rect struct{ x, y, w, h int }

func (r rect) empty() bool { return r.w <= 0 || r.h <= 0 }

func (r rect) contains(x, y int) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// layout is where everything stands. Empty rectangles are not drawn. From the
// smallest terminal to the widest:
//
//	┌────────┐  ┌─header──┐  ┌───header────┐  ┌──────header───────┐
//	│ body   │  │ tabs    │  │ tabs        │  │ tabs              │
//	└────────┘  │ body    │  │ body    │det│  │ body  │det│ third │
//	            ├─detail──┤  │         │ail│  │       │ail│       │
//	            └─footer──┘  └───footer────┘  └──────footer───────┘
//
// The body comes first: it keeps at least 5 lines, and the others join in the order
// header, footer, tabs, detail, as there is height for them. Header and footer matter
// more than tabs, whose keys the footer names.
type layout struct {
	header rect // net, device, state
	tabs   rect
	body   rect // the view
	detail rect // about the selected row; its first column or line is the rule
	third  rect // the next view, on very wide terminals, with a rule as the detail pane
	footer rect
}

// The sizes at which the layout changes.
const (
	minWidth, minHeight = 20, 5 // below: a notice instead of the screen
	headerHeight        = 6     // lines from which there is a header,
	footerHeight        = 8     // a footer,
	tabsHeight          = 10    // tabs,
	detailHeight        = 20    // and a detail pane:
	detailRight         = 100   // on the right from this width, below before it
	thirdWidth          = 200   // columns from which the next view is beside it
)

// tooSmall reports whether a terminal of w×h cells can't hold the screen.
func tooSmall(w, h int) bool { return w < minWidth || h < minHeight }

// arrange divides a terminal of w×h cells. It is a pure function of them: nothing on
// the screen moves because the net or its figures change.
func arrange(w, h int) layout {
	var l layout
	top, bottom := 0, h
	if h >= headerHeight {
		l.header = rect{0, 0, w, 1}
		top = 1
	}
	if h >= tabsHeight {
		l.tabs = rect{0, top, w, 1}
		top++
	}
	if h >= footerHeight {
		bottom--
		l.footer = rect{0, bottom, w, 1}
	}
	l.body = rect{0, top, w, bottom - top}
	if h < detailHeight {
		return l
	}
	if w < detailRight {
		l.body.h, l.detail = l.splitBelow(detailLines(h))
		return l
	}
	if w >= thirdWidth {
		l.body.w, l.third = l.splitRight(w * 3 / 10)
	}
	l.body.w, l.detail = l.splitRight(detailColumns(w))
	return l
}

// splitRight gives n columns of the body away, and returns what is left of its width.
func (l layout) splitRight(n int) (int, rect) {
	w := l.body.w - n
	return w, rect{l.body.x + w, l.body.y, n, l.body.h}
}

// splitBelow gives n lines of the body away, and returns what is left of its height.
func (l layout) splitBelow(n int) (int, rect) {
	h := l.body.h - n
	return h, rect{l.body.x, l.body.y + h, l.body.w, n}
}

// detailColumns is the width of the detail pane on the right of w columns. It grows in
// steps, and slower than the body, whose columns of figures need the room more.
func detailColumns(w int) int {
	switch {
	case w >= 160:
		return 34
	case w >= 132:
		return 28
	}
	return 23
}

// detailLines is the height of the detail pane below, on h lines.
func detailLines(h int) int {
	if h >= 30 {
		return 9
	}
	return 6
}
