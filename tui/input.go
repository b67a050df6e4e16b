package tui

import (
	"fmt"
	"slices"
	"strconv"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"resnet-tui/internal/app/live"
)

// actions are what keys do outside of text fields, in the order in which they are
// tried: the shown view's, the screen's, those of the other views. So a view can take a
// key for itself, such as the arrows, and keys that only one view has work everywhere.
func (m *Model) actions() []action {
	all := append(m.view.actions(), m.screenActions()...)
	for _, v := range m.available() {
		if v != m.view {
			all = append(all, v.actions()...)
		}
	}
	return all
}

// helpActions are those of all views, as the help lists them.
func (m *Model) helpActions() []action {
	all := m.screenActions()
	for _, v := range m.views {
		all = append(all, v.actions()...)
	}
	return all
}

// screenActions are what keys do in every view. Those about the engine are requests,
// relative to what is desired and not to what the net has now; what comes of them is in
// one of the engine's next states.
func (m *Model) screenActions() []action {
	k := &m.keys
	asks := func(about subject, b key.Binding, request func() live.Request) action {
		return does(about, b, func() { m.request(request()) })
	}
	return slices.Concat(m.programActions(m.helpActions), m.tabActions(), []action{
		asks(aboutEngine, k.Run, m.runOrPause),
		asks(aboutEngine, k.Step, func() live.Request { return live.StepLayer{} }),
		asks(aboutEngine, k.Smaller, func() live.Request { return live.SetBatch{Images: m.desired.Batch / 2} }),
		asks(aboutEngine, k.Larger, func() live.Request { return live.SetBatch{Images: m.desired.Batch * 2} }),
		asks(aboutEngine, k.Fuse, func() live.Request { return live.SetFuse{On: !m.desired.Fused} }),
		asks(aboutResiduals, k.Backward, func() live.Request { return live.SetBackward{On: !m.desired.Backward} }),
		asks(aboutResiduals, k.Twin, func() live.Request { return live.SetTwin{On: !m.desired.Twin} }),
		does(aboutResiduals, k.Lesion, m.openLesionMenu),
		does(aboutResiduals, k.UndoLesion, m.undoLesion),
		{aboutShowing, k.Filter, m.startFilter},
		does(aboutShowing, k.Escape, m.clearFilter),
		does(aboutShowing, k.Units, m.nextUnit),
		does(aboutShowing, k.Operations, func() { m.units.flops = !m.units.flops }),
	})
}

// runOrPause is the request that the space bar means now.
func (m *Model) runOrPause() live.Request {
	if m.desired.Running {
		return live.Pause{}
	}
	return live.Run{}
}

// tabActions are the keys that change views: there is a number for each that
// is available.
func (m *Model) tabActions() []action {
	actions := []action{
		does(aboutViews, m.keys.NextView, func() { m.turn(1) }),
		does(aboutViews, m.keys.PreviousView, func() { m.turn(-1) }),
	}
	help := fmt.Sprintf("1…%d", len(m.views))
	for i := range m.views {
		actions = append(actions, does(aboutViews, bind(help, "that view", strconv.Itoa(i+1)), func() {
			if views := m.available(); i < len(views) {
				m.show(views[i])
			}
		}))
	}
	return actions
}

// onKey does what a key means now: to the filter while it is typed, to a dialog while
// one is open, else by the first action that has the key. A notice stays while a dialog
// is open, which may hide it.
func (m *Model) onKey(msg tea.KeyPressMsg) tea.Cmd {
	if m.typing {
		return m.typeFilter(msg)
	}
	if m.dialog == nil {
		m.notice = "" // it has been seen
	}
	return m.press(msg, m.actions())
}

// startFilter asks for a filter of the tree, which starts empty.
func (m *Model) startFilter() tea.Cmd {
	m.show(m.layers)
	m.typing = true
	m.filter.SetValue("")
	m.filter.Focus()
	return nil
}

// typeFilter takes a key into the filter, which applies at once. All keys are text but
// those that end it, and ctrl-c, which quits from anywhere.
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

func (m *Model) onPaste(msg tea.PasteMsg) {
	switch {
	case m.typing:
		m.filter, _ = m.filter.Update(msg)
		m.list.setFilter(m.filter.Value())
	case m.dialog != nil:
		m.dialog.paste(msg)
	}
}

// clearFilter goes back to the whole tree.
func (m *Model) clearFilter() {
	m.filter.SetValue("")
	m.list.showTree()
}

// nextUnit shows times in the next unit.
func (m *Model) nextUnit() {
	i := slices.Index(timeUnits, m.units.time)
	m.units.time = timeUnits[(i+1)%len(timeUnits)]
}

// onClick changes views by their tabs, and leaves the body to the view. Any click
// closes a dialog and does nothing else: it was aimed at what the dialog covers.
func (m *Model) onClick(msg tea.MouseClickMsg) {
	if m.dialog != nil || msg.Button != tea.MouseLeft {
		m.dialog = nil
		return
	}
	body := m.layout.body
	switch x, y := msg.X, msg.Y; {
	case m.layout.tabs.contains(x, y):
		m.clickTab(x)
	case body.contains(x, y):
		m.view.click(x-body.x, y-body.y)
	}
}

func (m *Model) clickTab(x int) {
	for i, t := range m.tabs() {
		if x >= t.x && x < t.x+width(t.text) {
			m.show(m.available()[i])
		}
	}
}

func (m *Model) onWheel(msg tea.MouseWheelMsg) {
	switch msg.Button {
	case tea.MouseWheelUp:
		m.view.wheel(-1)
	case tea.MouseWheelDown:
		m.view.wheel(1)
	}
}
