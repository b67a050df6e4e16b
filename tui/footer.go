package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"

	"resnet-tui/internal/app/live"
)

// drawFooter draws the keys that matter now, of those that do something. What is being
// typed takes their place, and so does a notice until a key is pressed.
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
		if len(m.list.terms) > 0 {
			x = c.text(x+3, r.y, r.w, m.list.matchText(), muted)
		}
		c.keys(x+3, r.y, r.w, m.fieldKeys())
	case m.notice != "":
		c.drawNotice(rect{1, r.y, r.w - 2, 1}, m.notice)
	default:
		c.keys(1, r.y, r.w, m.working(m.keysNow()))
	}
}

// mostNotice is the lines that a notice can take.
const mostNotice = 3

// drawNotice draws a notice into r. One that is longer takes lines above it too, so that
// it can be read to its end.
func (c *canvas) drawNotice(r rect, text string) {
	lines := wrapped(text, r.w, warningLook)
	if len(lines) > mostNotice {
		lines = []detailLine{{text: text, look: warningLook}}
	}
	top := r.y + 1 - len(lines)
	c.clear(rect{0, top, c.w, len(lines)})
	for i, line := range lines {
		c.text(r.x, top+i, r.x+r.w, line.text, line.look)
	}
}

// fieldKeys are those that end the typing of a filter.
func (m *Model) fieldKeys() []key.Binding {
	keys := []key.Binding{m.keys.Accept, m.keys.Cancel}
	if m.lastFilter != "" {
		keys = append(keys, m.keys.Recall)
	}
	return keys
}

// working are those of some keys that do something now.
func (m *Model) working(keys []key.Binding) []key.Binding {
	on := map[string]bool{}
	for _, a := range m.helpActions() {
		name := a.key.Help().Key
		if _, known := on[name]; !known {
			on[name] = a.off == ""
		}
	}
	return slices.DeleteFunc(keys, func(b key.Binding) bool { return !on[b.Help().Key] })
}

// drawUrgent puts an error or a notice over the last line of a screen that has
// no footer for it.
func (m *Model) drawUrgent(c *canvas) {
	text := m.notice
	if m.state.Phase == live.Failed && m.layout.header.empty() {
		text = oneLine(m.state.Err)
	}
	if text != "" {
		c.drawNotice(rect{0, m.h - 1, m.w, 1}, text)
	}
}

// keysNow are the keys for the footer, the most useful first, as a narrow footer cuts
// the others off: those that run the net, then the view's.
func (m *Model) keysNow() []key.Binding {
	k := m.keys
	run := named(k.Run, "run")
	if m.state.Desired.Running {
		run = named(k.Run, "pause")
	}
	keys := append([]key.Binding{run, named(k.Step, "step"), k.Help}, m.residualKeys()...)
	return append(append(keys, k.Quit), m.view.footer()...)
}

// residualKeys are those that ask what the skips do, named by what they would do now.
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
	return []key.Binding{back, twin, named(k.Lesion, "lesion"), named(k.UndoLesion, "undo")}
}

// oneLine is an error on one line: those that join several have line ends.
func oneLine(err error) string {
	if err == nil {
		return ""
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
