package tui

import (
	"slices"
	"strings"

	"resnet-tui/profile"
)

// list is the rows that can be seen: the tree without what is folded or filtered
// away, or, ordered by a column, the kernels without the tree. rows is rebuilt only
// when that changes; moving, scrolling and drawing cost what is on the screen, also
// for a net of a thousand layers.
//
// The selected row is carried over by its ID: indices end with the next rebuild,
// pointers with the next compilation.
type list struct {
	tree   *tree
	rows   []*node
	cursor int
	top    int // first row on the screen
	height int // rows that fit

	compare func(columnID, *node, *node) int // by a column, the largest first

	terms   []string // of the filter
	matched int      // rows of the whole tree, or of the ordered kernels, that match it
	all     int      // of them, with it or without
	order   columnID
	ordered bool // by order, else as the net runs
	reverse bool // smallest first
}

// setTree shows another compilation of the net, with the same things open and selected
// as far as it has them: a row that a fusion absorbed, or a run of blocks swallowed,
// gives the cursor to the one of its path or around it.
func (l *list) setTree(t *tree) {
	id, path := "", ""
	if n := l.selected(); n != nil {
		id, path = n.ID, n.Path
	}
	if l.tree != nil {
		t.settle(l.tree)
	}
	l.tree = t
	l.rebuild()
	if !l.selectID(id) && path != "" {
		l.selectPath(path)
	}
}

// selected is the row under the cursor, nil if there is none.
func (l *list) selected() *node {
	if l.cursor < 0 || l.cursor >= len(l.rows) {
		return nil
	}
	return l.rows[l.cursor]
}

func (l *list) selectID(id string) bool {
	i := slices.IndexFunc(l.rows, func(n *node) bool { return n.ID == id })
	if i >= 0 {
		l.moveTo(i)
	}
	return i >= 0
}

// selectPath selects the row of a path, or of the module around it.
func (l *list) selectPath(path string) {
	for {
		i := slices.IndexFunc(l.rows, func(n *node) bool { return n.Path == path })
		if i >= 0 {
			l.moveTo(i)
			return
		}
		cut := strings.LastIndexByte(path, '.')
		if cut < 0 {
			return
		}
		path = path[:cut]
	}
}

// reveal unfolds what hides n, and selects it.
func (l *list) reveal(n *node) {
	for p := n.parent; p != nil; p = p.parent {
		p.open = true
	}
	l.rebuild()
	l.selectID(n.ID)
}

// rebuild makes the rows anew after folding, filtering or ordering, and keeps
// the cursor on its row, or on the one that now holds it.
func (l *list) rebuild() {
	was := l.selected()
	l.rows = l.rows[:0]
	l.countMatches()
	if l.ordered {
		l.collect(l.tree.root)
		l.sort()
	} else {
		l.walk(l.tree.root)
	}
	for _, n := range l.tree.tail {
		if n.matches(l.terms) {
			l.rows = append(l.rows, n)
		}
	}
	for n := was; n != nil; n = n.parent { // a folded row's parent stands for it
		if l.selectID(n.ID) {
			return
		}
	}
	l.moveTo(l.cursor)
}

// walk adds n and what is open below it. With a filter, what matches is shown
// with all that holds it.
func (l *list) walk(n *node) {
	if len(l.terms) > 0 && !n.matches(l.terms) {
		l.walkMatching(n)
		return
	}
	l.rows = append(l.rows, n)
	n.unfolded = n.open
	if n.open {
		for _, c := range n.children {
			l.walk(c)
		}
	}
}

// walkMatching adds n, which does not match itself, if something below does: it adds
// n first, since parents stand above, and takes it back if nothing followed. It goes
// below n whether that is open or not, and leaves that as it is: without the filter the
// tree is as before.
func (l *list) walkMatching(n *node) {
	at := len(l.rows)
	l.rows = append(l.rows, n)
	n.unfolded = true
	for _, c := range n.children {
		if c.Kind == profile.JoinRow && len(l.rows) > at+1 {
			l.rows = append(l.rows, c) // the skip's line must end
			continue
		}
		l.walk(c)
	}
	if len(l.rows) == at+1 {
		l.rows = l.rows[:at]
	}
}

// collect adds the kernels that match.
func (l *list) collect(n *node) {
	if n.Kernel >= 0 && n.matches(l.terms) {
		l.rows = append(l.rows, n)
	}
	for _, c := range n.children {
		l.collect(c)
	}
}

func (l *list) sort() {
	slices.SortStableFunc(l.rows, func(a, b *node) int {
		if l.reverse {
			a, b = b, a
		}
		return l.compare(l.order, a, b)
	})
}

// orderBy orders by a column, the largest first; in the opposite direction if it was
// ordered that way already.
func (l *list) orderBy(id columnID) {
	l.reverse = l.ordered && l.order == id && !l.reverse
	l.order, l.ordered = id, true
	l.rebuild()
}

// turnOrder orders in the opposite direction.
func (l *list) turnOrder() {
	l.reverse = !l.reverse
	l.rebuild()
}

// showTree removes the filter and the order.
func (l *list) showTree() {
	l.terms = nil
	l.ordered, l.reverse = false, false
	l.rebuild()
}

// setFilter keeps the rows in which every word of s occurs.
func (l *list) setFilter(s string) {
	l.terms = strings.Fields(strings.ToLower(s))
	l.rebuild()
}

// moveTo puts the cursor on row i, or the nearest one, and scrolls by as little as
// brings it on the screen. At the end of the list there are no empty lines, unless all
// rows fit.
func (l *list) moveTo(i int) {
	l.cursor = max(min(i, len(l.rows)-1), 0)
	l.top = min(l.top, l.cursor)
	if l.height > 0 {
		l.top = max(l.top, l.cursor-l.height+1)
		l.top = max(min(l.top, len(l.rows)-l.height), 0)
	}
}

// scroll moves the screen by d rows. The cursor stays on its row while that is on the
// screen, and at the edge after that.
func (l *list) scroll(d int) {
	l.top = max(min(l.top+d, len(l.rows)-l.height), 0)
	l.cursor = max(min(l.cursor, l.top+l.height-1, len(l.rows)-1), min(l.top, len(l.rows)-1), 0)
}

// resize says how many rows fit.
func (l *list) resize(height int) {
	l.height = max(height, 1)
	l.moveTo(l.cursor)
}

// toggle folds or unfolds row n.
func (l *list) toggle(n *node) {
	if n != nil && n.Folds() && !l.ordered {
		n.open = !n.open
		l.rebuild()
	}
}

// right opens a row, or goes to the first under it.
func (l *list) right() {
	switch n := l.selected(); {
	case n == nil || !n.Folds() || l.ordered:
	case !n.unfolded:
		l.toggle(n)
	default:
		l.moveTo(l.cursor + 1)
	}
}

// left folds a row, or goes to the one that holds it.
func (l *list) left() {
	switch n := l.selected(); {
	case n == nil || l.ordered:
	case n.open && !l.keptOpen(n):
		l.toggle(n)
	case n.parent != nil:
		l.selectID(n.parent.ID)
	}
}

// setOpen folds or unfolds everything; the net itself stays open.
func (l *list) setOpen(open bool) {
	for _, n := range l.tree.nodes {
		n.open = n.Folds() && (open || n == l.tree.root)
	}
	l.rebuild()
}

// visible are the rows on the screen.
func (l *list) visible() []*node {
	return l.rows[min(l.top, len(l.rows)):min(l.top+l.height, len(l.rows))]
}

// shown is the row that stands for n: itself, or the outermost folded row around it.
func (l *list) shown(n *node) *node {
	if l.ordered {
		return n
	}
	top := n
	for p := n.parent; p != nil; p = p.parent {
		if !p.unfolded {
			top = p
		}
	}
	return top
}

// openHeaviest opens the stage with the most multiply-adds and its first
// blocks, and selects its heaviest block.
func (l *list) openHeaviest() {
	n := heaviest(l.tree.root)
	if n == nil {
		return
	}
	n.open = n.Folds()
	for _, c := range n.children[:min(2, len(n.children))] {
		c.open = c.Kind == profile.BlockRow
	}
	if b := heaviest(n); b != nil && b.Kind != profile.RunRow {
		n = b
	}
	l.reveal(n)
}

// heaviest is the first of n's inner rows with the most multiply-adds.
func heaviest(n *node) *node {
	var most *node
	for _, c := range n.children {
		if c.Folds() && c.Kind != profile.RunRow && (most == nil || c.Cost.MACs > most.Cost.MACs) {
			most = c
		}
	}
	return most
}
