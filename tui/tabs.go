package tui

import (
	"fmt"
	"slices"
	"strings"
)

// tabKeys are the keys of the views by their place: digits, and behind the tenth the
// first letters of the views that come there.
const tabKeys = "1234567890DT"

// tabKey is the key of one of all views. It is the same whatever net or recording is open.
func tabKey(all []view, v view) string {
	i := slices.Index(all, v)
	return tabKeys[i : i+1]
}

// available are the views that have something to show for this net.
func (m *Model) available() []view {
	return slices.DeleteFunc(slices.Clone(m.views), func(v view) bool { return v.missing() != "" })
}

// listed are the views that tabs can show: all but the last ones that have nothing to
// show. One in the middle stays, since the keys go on after it.
func (m *Model) listed() []view {
	n := len(m.views)
	for n > 1 && m.views[n-1].missing() != "" {
		n--
	}
	return m.views[:n]
}

// tab is the index of the shown view among those available; 0 if it is not.
func (m *Model) tab() int { return max(slices.Index(m.available(), m.view), 0) }

// turn goes d views on; after the last comes the first.
func (m *Model) turn(d int) {
	views := m.available()
	m.show(views[(m.tab()+d+len(views))%len(views)])
}

// drawTabs draws the views' names, and beside them what the list leaves out: from
// another view than the tree nothing else would show it.
func (m *Model) drawTabs(c *canvas) {
	r := m.layout.tabs
	if r.empty() {
		return
	}
	end := 0
	for _, t := range m.tabs() {
		l := muted
		switch {
		case t.view == m.view && !t.more:
			l = currentTab
		case t.view.missing() != "":
			l = faint
		}
		end = c.text(t.x, r.y, r.w, t.text, l)
	}
	if s := m.listText(r.w - 1 - end); s != "" {
		c.right(r.w-1, r.y, " "+s, muted)
	}
}

// tabLabel is a view's tab and the column where it starts.
type tabLabel struct {
	x    int
	text string
	view view // nil for none
	more bool // it stands for the views on its side that have no room
}

// tabs are the views' names: with spaces around them, or without where it is narrow or
// a filter needs the room, as what hides rows must be said. Views that have nothing to
// show are left out then. Where not even that fits, they are the shown view's and those
// around it.
func (m *Model) tabs() []tabLabel {
	room := m.layout.tabs.w
	if f := m.filterText(); f != "" {
		room -= width(f) + 2
	}
	tabs := labels(" %s %s ", m.listed(), m.views)
	if end(tabs) > room {
		tabs = labels("%s %s", m.available(), m.views)
	}
	if end(tabs) > room {
		tabs = around(tabs, m.tab(), room)
	}
	return tabs
}

// labels are the tabs of some of all views.
func labels(form string, views, all []view) []tabLabel {
	var tabs []tabLabel
	x := 0
	for _, v := range views {
		text := fmt.Sprintf(form, tabKey(all, v), v.title())
		tabs = append(tabs, tabLabel{x: x, text: text, view: v})
		x += width(text) + 1
	}
	return tabs
}

// end is the column after the last tab.
func end(tabs []tabLabel) int {
	if len(tabs) == 0 {
		return 0
	}
	last := tabs[len(tabs)-1]
	return last.x + width(last.text)
}

// around are the tabs from the first one that leaves room for the shown one to the last
// one that fits. A mark at an end stands for the next view beyond it.
func around(tabs []tabLabel, shown, room int) []tabLabel {
	from := 0
	cells := func(to int) int { // with a mark on the left, and one on the right
		n := end(tabs[:to+1]) - tabs[from].x
		if from > 0 {
			n += 2
		}
		if to < len(tabs)-1 {
			n += 2
		}
		return n
	}
	for from < shown && cells(shown) > room {
		from++
	}
	to := shown
	for to < len(tabs)-1 && cells(to+1) <= room {
		to++
	}
	var seen []tabLabel
	x := 0
	if from > 0 {
		seen, x = append(seen, tabLabel{0, "‹", tabs[from-1].view, true}), 2
	}
	for _, t := range tabs[from : to+1] {
		seen = append(seen, tabLabel{x: x, text: t.text, view: t.view})
		x += width(t.text) + 1
	}
	if to < len(tabs)-1 {
		seen = append(seen, tabLabel{x, "›", tabs[to+1].view, true})
	}
	return seen
}

// clickTab shows the view of the tab at cell x, if that has something to show.
func (m *Model) clickTab(x int) {
	for _, t := range m.tabs() {
		if x < t.x || x >= t.x+width(t.text) {
			continue
		}
		if missing := t.view.missing(); missing != "" {
			m.notify(t.view.title() + ": " + missing)
			return
		}
		m.show(t.view)
	}
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

// filterText says how the rows are filtered, and how many match.
func (m *Model) filterText() string {
	if len(m.list.terms) == 0 {
		return ""
	}
	return fmt.Sprintf("/%s  %s", strings.Join(m.list.terms, " "), m.list.matchText())
}
