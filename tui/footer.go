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
	for v, x := range m.tabPlaces() {
		l := muted
		if viewID(v) == m.view {
			l = currentTab
		}
		m.canvas.text(x, r.y, r.w, tabText(viewID(v)), l)
	}
	if s := m.listText(); s != "" {
		m.canvas.right(r.w-1, r.y, s, muted)
	}
}

func tabText(v viewID) string { return fmt.Sprintf(" %d %s ", v+1, v) }

// tabPlaces are the columns where tabs start.
func (m *Model) tabPlaces() [viewCount]int {
	var at [viewCount]int
	x := 0
	for v := range viewCount {
		at[v] = x
		x += width(tabText(v)) + 1
	}
	return at
}

// listText says how the rows are filtered and ordered.
func (m *Model) listText() string {
	var parts []string
	if len(m.list.terms) > 0 {
		parts = append(parts, fmt.Sprintf("/%s  %s", strings.Join(m.list.terms, " "), plural(len(m.list.rows), "rows")))
	}
	if m.list.ordered {
		parts = append(parts, "by "+m.title(m.list.order))
	}
	return strings.Join(parts, " · ")
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
	if m.state.phase == failed {
		return []key.Binding{k.Help, k.Quit}
	}
	run, fuse := named(k.Run, "run"), named(k.Fuse, "fuse")
	if m.state.on {
		run = named(k.Run, "pause")
	}
	if m.program == nil || m.program.fused {
		fuse = named(k.Fuse, "no fuse")
	}
	keys := []key.Binding{run, named(k.Step, "step"), k.Help, k.Quit}
	switch m.view {
	case viewTimeline:
		return append(keys, k.ZoomIn, k.ZoomOut, named(k.NextView, "view"), named(k.Smaller, "batch ½"), named(k.Larger, "×2"))
	case viewMemory, viewDevice:
		return append(keys, named(k.NextView, "view"), named(k.Smaller, "batch ½"), named(k.Larger, "×2"), fuse)
	}
	return append(keys, k.Filter, named(k.Sort, "sort"), named(k.NextView, "view"), named(k.Toggle, "fold"),
		named(k.Smaller, "batch ½"), named(k.Larger, "×2"), fuse, named(k.Units, "units"))
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
