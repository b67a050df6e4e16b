package tui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// action is what a key does.
type action struct {
	key key.Binding
	do  func(m *Model) tea.Cmd
}

// actions lists what the keys do outside of text fields.
func (m *Model) actions() []action {
	k := &m.keys
	return []action{
		{k.Quit, func(*Model) tea.Cmd { return tea.Quit }},
		{k.Suspend, func(*Model) tea.Cmd { return tea.Suspend }},
		{k.Help, quiet(func(m *Model) { m.help = true })},
		{k.Run, asks(wishRun)}, {k.Step, asks(wishStep)}, {k.Fuse, asks(wishFuse)},
		{k.Backward, asks(wishBackward)}, {k.Twin, asks(wishTwin)},
		{k.Lesion, quiet((*Model).openLesions)}, {k.Mend, quiet((*Model).mend)}, {k.Paths, quiet((*Model).askPaths)},
		{k.Larger, asks(wishLarger)}, {k.Smaller, asks(wishSmaller)},
		{k.Up, moves(func(*Model) int { return -1 })},
		{k.Down, moves(func(*Model) int { return 1 })},
		{k.PageUp, moves(func(m *Model) int { return -m.page() })},
		{k.PageDown, moves((*Model).page)},
		{k.HalfUp, moves(func(m *Model) int { return -(m.page() + 1) / 2 })},
		{k.HalfDown, moves(func(m *Model) int { return (m.page() + 1) / 2 })},
		{k.Top, moves(func(m *Model) int { return -len(m.list.rows) })},
		{k.Bottom, moves(func(m *Model) int { return len(m.list.rows) })},
		{k.Toggle, quiet((*Model).enter)},
		{k.Open, quiet((*Model).right)}, {k.Shut, quiet((*Model).left)},
		{k.OpenAll, inTree(func(m *Model) { m.list.setOpen(true) })},
		{k.ShutAll, inTree(func(m *Model) { m.list.setOpen(false) })},
		{k.Filter, (*Model).startFilter},
		{k.Sort, inTree((*Model).nextOrder)},
		{k.SortBack, inTree(func(m *Model) { m.list.reverse = !m.list.reverse; m.list.rebuild() })},
		{k.Escape, quiet((*Model).clearList)},
		{k.Units, quiet((*Model).nextUnit)},
		{k.Operations, quiet(func(m *Model) { m.units.flops = !m.units.flops })},
		{k.NextView, quiet(func(m *Model) { m.turn(1) })},
		{k.PreviousView, quiet(func(m *Model) { m.turn(-1) })},
		{k.ZoomIn, quiet(func(m *Model) { m.line.scale(2) })},
		{k.ZoomOut, quiet(func(m *Model) { m.line.scale(0.5) })},
	}
}

func quiet(do func(*Model)) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { do(m); return nil }
}

// inTree shows the tree, which do changes.
func inTree(do func(*Model)) func(*Model) tea.Cmd {
	return quiet(func(m *Model) { m.view = viewLayers; do(m) })
}

func asks(w wish) func(*Model) tea.Cmd {
	return quiet(func(m *Model) {
		if m.engine != nil {
			m.engine.send(w)
		}
	})
}

func moves(by func(*Model) int) func(*Model) tea.Cmd {
	return quiet(func(m *Model) { m.move(by(m)) })
}

// move moves the cursor of the view by d.
func (m *Model) move(d int) {
	if g := m.state.grads; m.view == viewGradients && g != nil {
		m.grads.moveTo(m.grads.cursor+d, len(g.blocks))
		return
	}
	m.list.moveTo(m.list.cursor + d)
}

// page is the rows that the view shows at once.
func (m *Model) page() int {
	if m.view == viewGradients {
		return m.grads.rows
	}
	return m.list.height
}

// onKey does what a key means now.
func (m *Model) onKey(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case m.typing:
		return m.typeFilter(msg)
	case m.lesions.open:
		return m.lesionKey(msg)
	case m.help:
		m.help = false
		if !key.Matches(msg, m.keys.Quit, m.keys.Suspend) || msg.String() == "q" {
			return nil
		}
	}
	m.dismiss()
	if key.Matches(msg, m.keys.View) {
		if views, i := m.views(), int(msg.String()[0]-'1'); i < len(views) {
			m.show(views[i])
		}
		return nil
	}
	for _, a := range m.actions() {
		if key.Matches(msg, a.key) {
			return a.do(m)
		}
	}
	return nil
}

// dismiss takes a notice away once it was seen.
func (m *Model) dismiss() { m.notice = "" }

// enter folds in the tree; from another view it goes to the same row there.
func (m *Model) enter() {
	if n := m.focus(); m.view != viewLayers {
		m.view = viewLayers
		if n != nil && n != m.list.selected() {
			m.list.reveal(n)
		}
		return
	}
	m.list.toggle(m.list.selected())
}

// right and left fold in the tree, and walk along the pass elsewhere.
func (m *Model) right() {
	switch m.view {
	case viewLayers, viewCompare:
		m.list.right()
	case viewGradients:
		m.move(1)
	default:
		m.walk(1)
	}
}

func (m *Model) left() {
	switch m.view {
	case viewLayers, viewCompare:
		m.list.left()
	case viewGradients:
		m.move(-1)
	default:
		m.walk(-1)
	}
}

// walk selects the kernel that runs d later than the selected one.
func (m *Model) walk(d int) {
	kernels := m.list.tree.order
	if len(kernels) == 0 {
		return
	}
	at := slices.Index(kernels, firstKernel(m.list.selected()))
	m.list.reveal(kernels[max(min(at+d, len(kernels)-1), 0)])
}

func (m *Model) startFilter() tea.Cmd {
	m.view, m.typing = viewLayers, true
	m.filter.SetValue("")
	m.filter.Focus()
	return nil
}

// typeFilter takes a key into the filter, which holds at once.
func (m *Model) typeFilter(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case key.Matches(msg, m.keys.Accept):
		m.typing = false
		return nil
	case key.Matches(msg, m.keys.Cancel):
		m.typing = false
		m.filter.SetValue("")
	default:
		m.filter, _ = m.filter.Update(msg)
	}
	m.list.setFilter(m.filter.Value())
	return nil
}

func (m *Model) onPaste(msg tea.PasteMsg) tea.Cmd {
	switch {
	case m.typing:
		m.filter, _ = m.filter.Update(msg)
		m.list.setFilter(m.filter.Value())
	case m.lesions.asking():
		m.lesions.answer, _ = m.lesions.answer.Update(msg)
	}
	return nil
}

// clearList goes back to the whole tree.
func (m *Model) clearList() {
	m.filter.SetValue("")
	m.list.terms, m.list.ordered, m.list.reverse = nil, false, false
	m.list.rebuild()
}

// nextOrder orders by the next column that can be seen; after the last, the
// tree is back.
func (m *Model) nextOrder() {
	for _, p := range m.columns {
		if columns[p.id].sorts && (!m.list.ordered || p.id > m.list.order) {
			m.orderBy(p.id)
			return
		}
	}
	m.list.ordered, m.list.reverse = false, false
	m.list.rebuild()
}

// orderBy orders by a column, or the other way round if it did so already.
func (m *Model) orderBy(id columnID) {
	m.list.reverse = m.list.ordered && m.list.order == id && !m.list.reverse
	m.list.order, m.list.ordered = id, true
	m.list.rebuild()
}

func (m *Model) nextUnit() {
	i := slices.Index(timeUnits, m.units.time)
	m.units.time = timeUnits[(i+1)%len(timeUnits)]
	m.place()
}

// onClick selects rows, folds them by their arrow, orders by titles and
// changes views by tabs.
func (m *Model) onClick(msg tea.MouseClickMsg) {
	if msg.Button != tea.MouseLeft || m.help {
		m.help = false
		return
	}
	switch x, y := msg.X, msg.Y; {
	case m.layout.tabs.contains(x, y):
		for i, t := range m.tabs() {
			if x >= t.x && x < t.x+width(t.text) {
				m.show(m.views()[i])
			}
		}
	case m.layout.body.contains(x, y):
		m.clickBody(x-m.layout.body.x, y-m.layout.body.y)
	}
}

func (m *Model) clickBody(x, y int) {
	switch m.view {
	case viewTimeline:
		m.clickTimeline(x, y)
	case viewGradients:
		m.clickGradients(x, y)
	case viewRoofline:
		m.clickRoofline(x, y)
	case viewMemory:
		m.clickMemory(x)
	case viewLayers:
		m.clickRow(x, y-headLines(m.layout.body))
	}
}

// clickRow takes a click on the tree; row −1 is the titles'.
func (m *Model) clickRow(x, y int) {
	if y < 0 {
		if id, ok := columnAt(m.columns, x); ok {
			if id == colBar {
				id = colTime
			}
			if columns[id].sorts {
				m.orderBy(id)
			}
		}
		return
	}
	i := m.list.top + y
	if i >= len(m.list.rows) {
		return
	}
	m.list.moveTo(i)
	if x < nameColumn {
		m.list.toggle(m.list.selected())
	}
}

const wheelRows = 3

func (m *Model) onWheel(msg tea.MouseWheelMsg) {
	switch msg.Button {
	case tea.MouseWheelUp:
		m.wheel(-1)
	case tea.MouseWheelDown:
		m.wheel(1)
	}
}

// wheel scrolls the tree, and zooms the time line.
func (m *Model) wheel(d int) {
	switch {
	case m.view == viewTimeline && d < 0:
		m.line.scale(1.25)
	case m.view == viewTimeline:
		m.line.scale(0.8)
	case m.view == viewGradients:
		m.move(d)
	default:
		m.list.scroll(wheelRows * d)
	}
}
