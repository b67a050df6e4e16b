package tui

import tea "charm.land/bubbletea/v2"

// dialog is a box over the screen that gets every key and the mouse while it is open. At
// most one is open.
type dialog interface {
	// draw draws the box over what is on the canvas. It changes nothing else.
	draw(c *canvas)
	// press takes a key. It returns the dialog that is open then: itself, or
	// nil once it has closed.
	press(msg tea.KeyPressMsg) (dialog, tea.Cmd)
	// click takes a click on a cell of the screen, and returns as press does; wheel
	// takes the wheel, one notch down (1) or up (-1).
	click(x, y int) (dialog, tea.Cmd)
	wheel(d int)
	// paste takes pasted text.
	paste(msg tea.PasteMsg)
}

// middle is a box of at most w×h cells in the middle of a screen.
func middle(screenW, screenH, w, h int) rect {
	r := rect{w: min(w, screenW), h: min(h, screenH)}
	r.x, r.y = (screenW-r.w)/2, (screenH-r.h)/2
	return r
}

// dialogBox draws an empty box with a border. It clears what is under it, selection
// included, since text alone would leave that between words.
func (c *canvas) dialogBox(r rect, title string) {
	c.clear(r)
	c.frame(r, muted)
	c.text(r.x+2, r.y, r.x+r.w-1, title, strong)
}

// foot writes a text on the lower border of a box.
func (c *canvas) foot(r rect, text string) {
	if text = " " + text + " "; width(text) <= r.w-3 {
		c.right(r.x+r.w-2, r.y+r.h-1, text, muted)
	}
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
