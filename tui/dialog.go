package tui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// dialog is a box over the screen that gets every key while it is open. At most one is
// open.
type dialog interface {
	// draw draws the box over what is on the canvas. It changes nothing else.
	draw(c *canvas)
	// press takes a key. It returns the dialog that is open then: itself, or
	// nil once it has closed.
	press(msg tea.KeyPressMsg) (dialog, tea.Cmd)
	// paste takes pasted text.
	paste(msg tea.PasteMsg)
}

// helpDialog shows all keys by subject. Any key closes it.
type helpDialog struct {
	groups []helpGroup
}

// helpGroup is a headed column of the help.
type helpGroup struct {
	title string
	keys  []key.Binding
}

// newHelp lists the keys of actions, each once: several views may have an action of
// their own for it, and the first of them names it. Help is made of the actions that
// keys really have, so that it can't be out of date.
func newHelp(actions []action) *helpDialog {
	var h helpDialog
	seen := map[string]bool{}
	for t := range subjects {
		group := helpGroup{title: t.String()}
		for _, a := range actions {
			if name := a.key.Help().Key; a.about == t && !seen[name] {
				group.keys, seen[name] = append(group.keys, a.key), true
			}
		}
		if len(group.keys) > 0 {
			h.groups = append(h.groups, group)
		}
	}
	return &h
}

func (h *helpDialog) press(tea.KeyPressMsg) (dialog, tea.Cmd) { return nil, nil }

func (h *helpDialog) paste(tea.PasteMsg) {}

// draw lays the groups out in as many columns as fit, each group below the
// shortest column so far.
func (h *helpDialog) draw(c *canvas) {
	keyCells, cells := h.widths()
	heights := make([]int, max(min((c.w-4)/cells, 3, len(h.groups)), 1))
	columnOf := make([]int, len(h.groups))
	for i, g := range h.groups {
		columnOf[i] = shortest(heights)
		heights[columnOf[i]] += len(g.keys) + 2
	}
	box := c.dialogBox(len(heights)*cells+3, slices.Max(heights)+2, " keys ")
	next := make([]int, len(heights))
	for i, g := range h.groups {
		column := columnOf[i]
		g.draw(c, rect{box.x + 2 + column*cells, box.y + 1 + next[column], cells - 1, box.h - 2 - next[column]}, keyCells)
		next[column] += len(g.keys) + 2
	}
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

// shortest is the index of the least height, the first of equal ones.
func shortest(heights []int) int {
	return slices.Index(heights, slices.Min(heights))
}

// draw draws a title and below it the keys, as many as fit.
func (g *helpGroup) draw(c *canvas, r rect, keyCells int) {
	if r.h > 0 {
		c.text(r.x, r.y, r.x+r.w, g.title, forwardLook)
	}
	for i, b := range g.keys {
		if i+1 >= r.h {
			return
		}
		y := r.y + 1 + i
		c.text(r.x, y, r.x+r.w, b.Help().Key, strong)
		c.text(r.x+keyCells+2, y, r.x+r.w, b.Help().Desc, plainText)
	}
}

// dialogBox draws an empty box in the middle of the canvas, of at most w×h cells, and
// returns it with its border. It clears what is under it, selection included, since
// text alone would leave that between words.
func (c *canvas) dialogBox(w, h int, title string) rect {
	r := rect{w: min(w, c.w), h: min(h, c.h)}
	r.x, r.y = (c.w-r.w)/2, (c.h-r.h)/2
	c.clear(r)
	c.frame(r, muted)
	c.text(r.x+2, r.y, r.x+r.w-1, title, strong)
	return r
}

// frame draws a border of rounded corners along the inside of r.
func (c *canvas) frame(r rect, l look) {
	right, bottom := r.x+r.w-1, r.y+r.h-1
	c.fill(rect{r.x, r.y, r.w, 1}, '─', l)
	c.fill(rect{r.x, bottom, r.w, 1}, '─', l)
	c.fill(rect{r.x, r.y, 1, r.h}, '│', l)
	c.fill(rect{right, r.y, 1, r.h}, '│', l)
	c.set(r.x, r.y, '╭', l)
	c.set(right, r.y, '╮', l)
	c.set(r.x, bottom, '╰', l)
	c.set(right, bottom, '╯', l)
}
