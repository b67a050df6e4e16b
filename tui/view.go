package tui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"resnet-tui/internal/app/live"
)

// view is what a tab shows. Its file holds all of it: its state, its drawing
// and its keys; newViews lists it. Methods run on the screen's goroutine.
type view interface {
	// title is the tab's name.
	title() string
	// missing says why there is nothing to show for this net; "" if there is
	// something.
	missing() string
	// update brings the view's own state in line with what it shares with the
	// others, for a body of w×h cells. It is called after every message, and must
	// cost next to nothing when nothing has changed.
	update(w, h int)
	// draw draws the view into r, which need not be the body: a wide terminal
	// shows the next tab beside it. It changes nothing but the canvas.
	draw(c *canvas, r rect)
	// footer lists the keys for the footer, the most useful first.
	footer() []key.Binding
	// actions are what keys do while the view is shown, before the screen's own.
	actions() []action
	// click takes a click on a cell of the body, wheel one notch down (1) or up
	// (-1).
	click(x, y int)
	wheel(d int)
	// focus is the row that the view is about, nil without one.
	focus() *node
}

// opener is a view that does something when its tab is opened.
type opener interface{ opened() }

// closer is a view that does something when another tab is opened.
type closer interface{ closed() }

// pointer is a view that follows the mouse over its body: it is on the cell x, y, with a
// button held or not. Beyond the body x and y are −1.
type pointer interface{ point(x, y int, pressed bool) }

// listener is a view with messages of its own.
type listener interface {
	// start returns the first command, receive the one that follows a message.
	// Messages of other views are ignored.
	start() tea.Cmd
	receive(msg tea.Msg) tea.Cmd
}

// newViews lists the views in the order of their tabs: a view's place gives its key.
func newViews(s *shared) []view {
	base := treeView{s}
	return []view{
		&layersView{treeView: base},
		&timelineView{treeView: base},
		&gradientsView{treeView: base},
		&rooflineView{treeView: base},
		&memoryView{treeView: base},
		&weightsView{treeView: base},
		&seeView{treeView: base, class: live.Likeliest},
		&similarityView{treeView: base},
		&findingsView{treeView: base},
		&compareView{treeView: base},
		&deviceView{treeView: base},
		&trainingView{treeView: base},
	}
}

// treeView is the part that most views have in common: their cursor is the tree's. So
// a row that is selected in one is selected in all, and changing the view keeps what
// the user is looking at.
type treeView struct{ *shared }

func (v treeView) missing() string { return "" }
func (v treeView) update(w, h int) {}
func (v treeView) focus() *node    { return v.list.selected() }
func (v treeView) click(x, y int)  {}
func (v treeView) wheel(d int)     { v.list.scroll(wheelRows * d) }

// wheelRows are the rows that a notch of the wheel scrolls by.
const wheelRows = 3

// footer is that of a view that has no keys of its own.
func (v treeView) footer() []key.Binding {
	return append([]key.Binding{named(v.keymap.NextView, "view")}, v.engineKeys()...)
}

// treeFooter is that of views whose rows are the tree's; enter is what that key does. With
// a filter, the keys that go through what it found come before all others.
func (v treeView) treeFooter(enter string) []key.Binding {
	k := v.keymap
	keys := []key.Binding{
		k.NextMatch, named(k.Filter, "filter"), named(k.Sort, "sort"), named(k.NextView, "view"),
		named(k.Toggle, enter),
	}
	return append(append(keys, v.engineKeys()...), named(k.Units, "units"))
}

// engineKeys are those that change how the net runs.
func (v treeView) engineKeys() []key.Binding {
	k := v.keymap
	fuse := named(k.Fuse, "fuse")
	if v.program == nil || v.program.Fused {
		fuse = named(k.Fuse, "no fuse")
	}
	return []key.Binding{named(k.Smaller, "batch ½"), named(k.Larger, "batch ×2"), fuse}
}

// actions move the tree's cursor by rows, or along the pass, and go to the tree.
func (v treeView) actions() []action {
	k := v.keymap
	return append(v.moves(),
		does(aboutView, named(k.Toggle, "the row in Layers"), func() { v.screen.reveal(v.list.selected()) }),
		does(aboutView, named(k.Open, "next kernel"), func() { v.walk(1) }).offWhile(v.noKernel(1, "after")),
		does(aboutView, named(k.Shut, "kernel before"), func() { v.walk(-1) }).offWhile(v.noKernel(-1, "before")),
	)
}

// noKernel says that walk(d) leads nowhere, "" if it leads to a kernel.
func (v treeView) noKernel(d int, side string) string {
	kernels := v.list.tree.order
	at := slices.Index(kernels, firstKernel(v.list.selected())) + d
	return when(at < 0 || at >= len(kernels), "no kernel runs "+side+" this one")
}

// rowActions unfold and filter the tree's rows, in the views that show them.
func (v treeView) rowActions() []action {
	k, l := v.keymap, &v.list
	none := when(len(l.terms) == 0, "there is no filter whose matches could follow: / sets one")
	return []action{
		does(aboutView, k.Open, l.right).offWhile(l.cantEnter()),
		does(aboutView, k.Shut, l.left).offWhile(l.cantLeave()),
		does(aboutView, openAllKey, func() { l.setOpen(true) }).offWhile(l.noTree()),
		does(aboutView, shutAllKey, func() { l.setOpen(false) }).offWhile(l.noTree()),
		{about: aboutView, key: k.Filter, do: v.screen.startFilter},
		does(aboutView, k.NextMatch, func() { l.nextMatch(1) }).offWhile(none),
		does(aboutView, k.PreviousMatch, func() { l.nextMatch(-1) }).offWhile(none),
		does(aboutView, k.Operations, func() { v.units.flops = !v.units.flops }),
	}
}

// moves move the tree's cursor.
func (v treeView) moves() []action {
	page, all := func() int { return v.list.height }, func() int { return len(v.list.rows) }
	return v.keymap.moves(page, all, func(d int) { v.list.moveTo(v.list.cursor + d) })
}

// walk selects the kernel that runs d later than the selected one.
func (v treeView) walk(d int) {
	kernels := v.list.tree.order
	if len(kernels) == 0 {
		return
	}
	at := slices.Index(kernels, firstKernel(v.list.selected()))
	v.list.reveal(kernels[max(min(at+d, len(kernels)-1), 0)])
}
