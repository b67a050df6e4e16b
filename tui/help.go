package tui

// drawHelp lays the keys over the screen, in as many columns as fit.
func (m *Model) drawHelp() {
	groups := m.keys.help()
	keyCells, cells := helpWidths(groups)
	columns := max(min((m.w-4)/cells, 3, len(groups)), 1)
	heights := make([]int, columns)
	at := make([]int, len(groups))
	for i, g := range groups {
		at[i] = shortest(heights)
		heights[at[i]] += len(g.keys) + 2
	}
	tall := 0
	for _, h := range heights {
		tall = max(tall, h)
	}
	box := rect{0, 0, min(columns*cells+3, m.w), min(tall+2, m.h)}
	box.x, box.y = (m.w-box.w)/2, (m.h-box.h)/2
	m.drawFrame(box, " keys ")
	next := make([]int, columns)
	for i, g := range groups {
		c := at[i]
		m.drawHelpGroup(rect{box.x + 2 + c*cells, box.y + 1 + next[c], cells - 1, box.y + box.h - 1}, g, keyCells)
		next[c] += len(g.keys) + 2
	}
}

// helpWidths are the cells of the keys, and of a column.
func helpWidths(groups []helpGroup) (keys, column int) {
	what := 0
	for _, g := range groups {
		for _, b := range g.keys {
			keys, what = max(keys, width(b.Help().Key)), max(what, width(b.Help().Desc))
		}
	}
	return keys, keys + what + 4
}

func shortest(heights []int) int {
	least := 0
	for i, h := range heights {
		if h < heights[least] {
			least = i
		}
	}
	return least
}

// drawFrame clears a box and draws its border.
func (m *Model) drawFrame(r rect, title string) {
	m.canvas.clear(r)
	for x := r.x; x < r.x+r.w; x++ {
		m.canvas.set(x, r.y, '─', muted)
		m.canvas.set(x, r.y+r.h-1, '─', muted)
	}
	for y := r.y; y < r.y+r.h; y++ {
		m.canvas.set(r.x, y, '│', muted)
		m.canvas.set(r.x+r.w-1, y, '│', muted)
	}
	m.canvas.set(r.x, r.y, '╭', muted)
	m.canvas.set(r.x+r.w-1, r.y, '╮', muted)
	m.canvas.set(r.x, r.y+r.h-1, '╰', muted)
	m.canvas.set(r.x+r.w-1, r.y+r.h-1, '╯', muted)
	m.canvas.text(r.x+2, r.y, r.x+r.w-1, title, strong)
}

// drawHelpGroup draws a title and its keys; r.h is the line where they end.
func (m *Model) drawHelpGroup(r rect, g helpGroup, keyCells int) {
	m.canvas.text(r.x, r.y, r.x+r.w, g.title, forwardLook)
	for i, b := range g.keys {
		y := r.y + 1 + i
		if y >= r.h {
			return
		}
		m.canvas.text(r.x, y, r.x+r.w, b.Help().Key, strong)
		m.canvas.text(r.x+keyCells+2, y, r.x+r.w, b.Help().Desc, plainText)
	}
}
