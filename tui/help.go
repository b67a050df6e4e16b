package tui

import (
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// helpDialog shows the keys that have a meaning in the view that it was opened in, by
// subject: the view's own first. It scrolls where it doesn't fit.
type helpDialog struct {
	on     *host
	title  string // of the view, "" for a program that has only one
	groups []helpGroup
	top    int // lines scrolled away
}

// helpGroup is a headed list of keys.
type helpGroup struct {
	title string
	keys  []helpKey
}

// helpKey is a key; dim says that it does nothing at the moment.
type helpKey struct {
	key.Binding
	dim bool
}

// newHelp lists the keys of actions, each once: the first action that has a key names
// it. Help is made of the actions that keys really have, so that it can't be out of
// date. Keys that never do anything in this session are left out.
func newHelp(on *host, title string, actions []action) *helpDialog {
	h := helpDialog{on: on, title: title}
	seen := map[string]bool{}
	for about := range subjects {
		group := helpGroup{title: about.String()}
		if about == aboutView && title != "" {
			group.title = title
		}
		for _, a := range actions {
			name := a.key.Help().Key
			if a.about != about || a.never || seen[name] {
				continue
			}
			group.keys, seen[name] = append(group.keys, helpKey{a.key, a.off != ""}), true
		}
		if len(group.keys) > 0 {
			h.groups = append(h.groups, group)
		}
	}
	return &h
}

// press scrolls, or closes the help.
func (h *helpDialog) press(msg tea.KeyPressMsg) (dialog, tea.Cmd) {
	k := &h.on.keys
	if key.Matches(msg, k.Help, k.Escape, k.Quit) {
		return nil, nil
	}
	p := h.plan(h.on.w, h.on.h)
	page, all := func() int { return p.shown() }, func() int { return p.lines }
	for _, a := range k.moves(page, all, h.scroll) {
		if key.Matches(msg, a.key) {
			a.do()
		}
	}
	return h, nil
}

// scroll goes d lines down, as far as there are any.
func (h *helpDialog) scroll(d int) {
	p := h.plan(h.on.w, h.on.h)
	h.top = p.bounded(p.bounded(h.top) + d)
}

func (h *helpDialog) wheel(d int) { h.scroll(wheelRows * d) }

// click closes the help from outside of it.
func (h *helpDialog) click(x, y int) (dialog, tea.Cmd) {
	if h.plan(h.on.w, h.on.h).box.contains(x, y) {
		return h, nil
	}
	return nil, nil
}

func (h *helpDialog) paste(tea.PasteMsg) {}

// helpPlan is where the help stands on a terminal.
type helpPlan struct {
	box      rect // with its border
	columns  [][]helpLine
	cells    int // of a column
	keyCells int // of the keys in it; 0 where there is no room to align what they do
	lines    int // of the longest column
}

// helpLine is a heading, a key or, with neither, a blank line.
type helpLine struct {
	title string
	key   *helpKey
}

// shown are the lines that fit.
func (p *helpPlan) shown() int { return p.box.h - 2 }

// bounded is the nearest line that can stand at the top.
func (p *helpPlan) bounded(top int) int { return max(min(top, p.lines-p.shown()), 0) }

// plan lays the groups out in as many columns as fit into w×hgt cells, each group below
// the shortest column so far.
func (h *helpDialog) plan(w, hgt int) helpPlan {
	p := helpPlan{}
	p.keyCells, p.cells = h.widths()
	columns := max(min((w-4)/p.cells, 3, len(h.groups)), 1)
	if columns == 1 && p.cells > w-3 {
		p.keyCells, p.cells = 0, w-3
	}
	heights := make([]int, columns)
	p.columns = make([][]helpLine, columns)
	for _, g := range h.groups {
		at := slices.Index(heights, slices.Min(heights))
		if len(p.columns[at]) > 0 {
			p.columns[at] = append(p.columns[at], helpLine{})
		}
		p.columns[at] = append(p.columns[at], helpLine{title: g.title})
		for i := range g.keys {
			p.columns[at] = append(p.columns[at], helpLine{key: &g.keys[i]})
		}
		heights[at] = len(p.columns[at])
		p.lines = max(p.lines, heights[at])
	}
	p.box = middle(w, hgt, columns*p.cells+3, p.lines+2)
	return p
}

// widths are the cells of the keys, and of a column.
func (h *helpDialog) widths() (keys, column int) {
	what := 0
	for _, g := range h.groups {
		for _, b := range g.keys {
			keys, what = max(keys, width(b.Help().Key)), max(what, width(b.Help().Desc))
		}
	}
	return keys, keys + what + 4
}

func (h *helpDialog) draw(c *canvas) {
	p := h.plan(c.w, c.h)
	title := " keys "
	if h.title != "" {
		title = " keys · " + h.title + " "
	}
	c.dialogBox(p.box, title)
	top := p.bounded(h.top)
	for i, lines := range p.columns {
		x := p.box.x + 2 + i*p.cells
		for y, line := range lines[min(top, len(lines)):min(top+p.shown(), len(lines))] {
			line.draw(c, x, p.box.y+1+y, x+p.cells-1, p.keyCells)
		}
	}
	c.foot(p.box, helpFoot(top, p.lines-top-p.shown(), p.box.w-4))
}

// helpFoot says where one is in the help, and how to leave it if there is room for that.
func helpFoot(above, below, room int) string {
	text := ""
	switch {
	case below > 0:
		text = fmt.Sprintf("%s ↓", plural(below, "more lines"))
	case above > 0:
		text = "the end"
	}
	const leave = "esc closes"
	switch {
	case text == "":
		return leave
	case width(text)+3+width(leave) <= room:
		return text + " · " + leave
	}
	return text
}

// draw draws a line into x to end.
func (l *helpLine) draw(c *canvas, x, y, end, keyCells int) {
	if l.key == nil {
		c.text(x, y, end, l.title, forwardLook)
		return
	}
	keyLook, what := strong, plainText
	if l.key.dim {
		keyLook, what = faint, faint
	}
	at := c.text(x, y, end, l.key.Help().Key, keyLook) + 1
	if keyCells > 0 {
		at = x + keyCells + 2
	}
	c.text(at, y, end, l.key.Help().Desc, what)
}
