package tui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
)

// drawTabs draws the views' names and what the list leaves out.
func (m *Model) drawTabs() {
	r := m.layout.tabs
	if r.empty() {
		return
	}
	end := 0
	for i, t := range m.tabs() {
		l := muted
		if i == m.tab() {
			l = currentTab
		}
		end = m.canvas.text(t.x, r.y, r.w, t.text, l)
	}
	if s := m.listText(r.w - 1 - end); s != "" {
		m.canvas.right(r.w-1, r.y, " "+s, muted)
	}
}

// tabLabel is a tab with its place.
type tabLabel struct {
	x    int
	text string
}

// tabs are the views' names; without their spaces where it is narrow, or a
// filter wants the room.
func (m *Model) tabs() []tabLabel {
	room := m.layout.tabs.w
	if f := m.filterText(); f != "" {
		room -= width(f) + 2
	}
	for _, form := range []string{" %d %s ", "%d %s"} {
		var tabs []tabLabel
		x := 0
		for i, v := range m.views() {
			text := fmt.Sprintf(form, i+1, v)
			tabs = append(tabs, tabLabel{x, text})
			x += width(text) + 1
		}
		if x <= room+1 || form[0] != ' ' {
			return tabs
		}
	}
	return nil
}

// listText says how the rows are filtered, whatever room there is, and how they
// are ordered if that fits too: an arrow beside the column's title says it.
func (m *Model) listText(room int) string {
	filter, both := m.filterText(), m.filterText()
	if m.list.ordered {
		if both != "" {
			both += " · "
		}
		both += "by " + m.title(m.list.order)
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

// drawFooter draws the keys that matter now, or what must be said.
func (m *Model) drawFooter() {
	r := m.layout.footer
	if r.empty() {
		m.drawUrgent()
		return
	}
	switch {
	case m.typing:
		x := m.canvas.text(1, r.y, r.w, "/", strong)
		x = m.canvas.text(x, r.y, r.w, m.filter.Value(), plainText)
		m.drawKeys(x+3, r.y, r.w, []key.Binding{m.keys.Accept, m.keys.Cancel})
	case m.notice != "":
		m.canvas.text(1, r.y, r.w-1, m.notice, warningLook)
	default:
		m.drawKeys(1, r.y, r.w, m.keysNow())
	}
}

// drawUrgent puts an error or a notice over the last line of a screen that has
// no place for it.
func (m *Model) drawUrgent() {
	text := m.notice
	if m.state.phase == failed && m.layout.header.empty() {
		text = oneLine(m.state.err)
	}
	if text != "" {
		m.canvas.fill(rect{0, m.h - 1, m.w, 1}, ' ', plainText)
		m.canvas.text(0, m.h-1, m.w, text, warningLook)
	}
}

// keysNow are the keys for the footer, the most useful first.
func (m *Model) keysNow() []key.Binding {
	k := m.keys
	switch {
	case m.state.phase == failed:
		return []key.Binding{k.Help, k.Quit}
	case m.opts.Recorded != nil:
		return append([]key.Binding{k.Help, k.Quit}, m.viewKeys()...)
	}
	run := named(k.Run, "run")
	if m.state.on {
		run = named(k.Run, "pause")
	}
	keys := append([]key.Binding{run, named(k.Step, "step"), k.Help}, m.residualKeys()...)
	return append(append(keys, k.Quit), m.viewKeys()...)
}

// residualKeys are those that ask what the skips do.
func (m *Model) residualKeys() []key.Binding {
	k := m.keys
	back, twin := named(k.Backward, "backward"), named(k.Twin, "plain twin")
	if m.state.back {
		back = named(k.Backward, "forward only")
	}
	switch {
	case m.state.twin != nil:
		twin = named(k.Twin, "no twin")
	case m.opts.Model.Config.Plain:
		twin = named(k.Twin, "residual twin")
	}
	keys := []key.Binding{back}
	if m.hasTwin() {
		keys = append(keys, twin)
	}
	if len(m.list.tree.byBlock) > 0 {
		keys = append(keys, named(k.Lesion, "lesion"))
	}
	if len(m.state.lesions) > 0 {
		keys = append(keys, named(k.Mend, "undo"))
	}
	return keys
}

// viewKeys are those of the view.
func (m *Model) viewKeys() []key.Binding {
	k := m.keys
	view, smaller, larger := named(k.NextView, "view"), named(k.Smaller, "batch ½"), named(k.Larger, "×2")
	fuse := named(k.Fuse, "fuse")
	if m.program == nil || m.program.fused {
		fuse = named(k.Fuse, "no fuse")
	}
	engine := []key.Binding{smaller, larger, fuse}
	if m.opts.Recorded != nil {
		engine = nil
	}
	switch m.view {
	case viewTimeline:
		return append([]key.Binding{k.ZoomIn, k.ZoomOut, view}, engine...)
	case viewGradients:
		keys := []key.Binding{named(k.Paths, "path lengths"), named(k.Toggle, "to the tree"), view}
		if m.opts.Recorded != nil {
			keys = keys[1:]
		}
		return append(keys, engine...)
	case viewRoofline, viewMemory, viewDevice:
		return append([]key.Binding{view}, engine...)
	}
	keys := append([]key.Binding{k.Filter, named(k.Sort, "sort"), view, named(k.Toggle, "fold")}, engine...)
	return append(keys, named(k.Units, "units"))
}

// drawKeys draws keys with what they do, as many as fit.
func (m *Model) drawKeys(x, y, end int, keys []key.Binding) {
	for _, b := range keys {
		h := b.Help()
		if x+width(h.Key)+1+width(h.Desc) > end {
			return
		}
		x = m.canvas.text(x, y, end, h.Key, strong)
		x = m.canvas.text(x+1, y, end, h.Desc, muted) + 2
	}
}

// oneLine is an error on one line.
func oneLine(err error) string {
	if err == nil {
		return ""
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
