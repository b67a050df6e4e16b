package tui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"

	"resnet-tui/internal/app/live"
)

// drawTabs draws the views' names, and beside them what the list leaves out: from
// another view than the tree nothing else would show it.
func (m *Model) drawTabs(c *canvas) {
	r := m.layout.tabs
	if r.empty() {
		return
	}
	end, shown := 0, m.tab()
	for i, t := range m.tabs() {
		l := muted
		if i == shown {
			l = currentTab
		}
		end = c.text(t.x, r.y, r.w, t.text, l)
	}
	if s := m.listText(r.w - 1 - end); s != "" {
		c.right(r.w-1, r.y, " "+s, muted)
	}
}

// tabLabel is a tab and the column where it starts.
type tabLabel struct {
	x    int
	text string
}

// tabs are the views' names; without the spaces around them where it is narrow, or
// where a filter needs the room: what hides rows must be said.
func (m *Model) tabs() []tabLabel {
	room := m.layout.tabs.w
	if f := m.filterText(); f != "" {
		room -= width(f) + 2
	}
	views := m.available()
	for _, form := range []string{" %d %s ", "%d %s"} {
		var tabs []tabLabel
		x := 0
		for i, v := range views {
			text := fmt.Sprintf(form, i+1, v.title())
			tabs = append(tabs, tabLabel{x, text})
			x += width(text) + 1
		}
		if x <= room+1 || form[0] != ' ' {
			return tabs
		}
	}
	return nil
}

// listText says how the rows are filtered, whatever room there is, and how they are
// ordered if that fits too: the order also shows as an arrow beside the column's title.
func (m *Model) listText(room int) string {
	filter, both := m.filterText(), m.filterText()
	if m.list.ordered {
		if both != "" {
			both += " · "
		}
		both += "by " + m.columnTitle(m.list.order)
	}
	if width(both) < room {
		return both
	}
	return filter
}

// filterText says how the rows are filtered.
func (m *Model) filterText() string {
	if len(m.list.terms) == 0 {
		return ""
	}
	return fmt.Sprintf("/%s  %s", strings.Join(m.list.terms, " "), plural(len(m.list.rows), "rows"))
}

// drawFooter draws the keys that matter now. What is being typed takes their place, and
// so does a notice until a key is pressed.
func (m *Model) drawFooter(c *canvas) {
	r := m.layout.footer
	if r.empty() {
		m.drawUrgent(c)
		return
	}
	switch {
	case m.typing:
		x := c.text(1, r.y, r.w, "/", strong)
		x = c.text(x, r.y, r.w, m.filter.Value(), plainText)
		c.keys(x+3, r.y, r.w, []key.Binding{m.keys.Accept, m.keys.Cancel})
	case m.notice != "":
		c.text(1, r.y, r.w-1, m.notice, warningLook)
	default:
		c.keys(1, r.y, r.w, m.keysNow())
	}
}

// drawUrgent puts an error or a notice over the last line of a screen that has
// no footer for it.
func (m *Model) drawUrgent(c *canvas) {
	text := m.notice
	if m.state.Phase == live.Failed && m.layout.header.empty() {
		text = oneLine(m.state.Err)
	}
	if text != "" {
		c.fill(rect{0, m.h - 1, m.w, 1}, ' ', plainText)
		c.text(0, m.h-1, m.w, text, warningLook)
	}
}

// keysNow are the keys for the footer, the most useful first, as a narrow footer cuts
// the others off: those that run the net, then the view's. With a failed engine or a
// recording, nothing can be run.
func (m *Model) keysNow() []key.Binding {
	k := m.keys
	switch {
	case m.state.Phase == live.Failed:
		return []key.Binding{k.Help, k.Quit}
	case m.about.Recorded:
		return append([]key.Binding{k.Help, k.Quit}, m.view.footer()...)
	}
	run := named(k.Run, "run")
	if m.state.Desired.Running {
		run = named(k.Run, "pause")
	}
	keys := append([]key.Binding{run, named(k.Step, "step"), k.Help}, m.residualKeys()...)
	return append(append(keys, k.Quit), m.view.footer()...)
}

// residualKeys are those that ask what the skips do, named by what they would do
// now; those that could do nothing are left out.
func (m *Model) residualKeys() []key.Binding {
	k := m.keys
	back, twin := named(k.Backward, "backward"), named(k.Twin, "plain twin")
	if m.state.Actual.Backward {
		back = named(k.Backward, "forward only")
	}
	switch {
	case m.state.Twin != nil:
		twin = named(k.Twin, "no twin")
	case m.about.Model.Config.Plain:
		twin = named(k.Twin, "residual twin")
	}
	keys := []key.Binding{back}
	if hasTwin(m.about.Model) {
		keys = append(keys, twin)
	}
	if len(m.list.tree.byBlock) > 0 {
		keys = append(keys, named(k.Lesion, "lesion"))
	}
	if len(m.state.Actual.Lesions) > 0 {
		keys = append(keys, named(k.UndoLesion, "undo"))
	}
	return keys
}

// oneLine is an error on one line: those that join several have line ends.
func oneLine(err error) string {
	if err == nil {
		return ""
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
