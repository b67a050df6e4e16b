package tui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
)

// actions are what keys do outside of text fields, in the order in which they are
// tried: the shown view's, the screen's, and last those that only other views have, which
// say where they work. So a view can take a key for itself, such as the arrows.
func (m *Model) actions() []action {
	return append(m.helpActions(), m.elsewhere()...)
}

// helpActions are those that have a meaning in the shown view, and what the figures
// mean. What the view takes for itself has no other meaning in it.
func (m *Model) helpActions() []action {
	own := m.view.actions()
	taken := func(a action) bool {
		return slices.ContainsFunc(own, func(b action) bool { return a.key.Help().Key == b.key.Help().Key })
	}
	return slices.Concat(own, slices.DeleteFunc(m.screenActions(), taken), m.meanings())
}

// meanings explain figures in the help. No key belongs to them.
func (m *Model) meanings() []action {
	word := func(name, means string) action {
		return action{about: aboutFigures, key: key.NewBinding(key.WithHelp(name, means)), never: m.program == nil}
	}
	if m.snap.Statistic() == profile.Mean {
		return []action{word("mean", "of all passes")}
	}
	return []action{
		word("time", "mean of typical passes"),
		word("typical", "middle half by total"),
		word("±", "half its 95 % interval"),
		word("p95", "of single passes"),
	}
}

// elsewhere are the keys of the other views. They do nothing here but say which views
// they belong to: a key never leaves the view that it was pressed in for another one's
// sake.
func (m *Model) elsewhere() []action {
	var all []action
	at := map[string]int{}
	where := map[string][]string{}
	for _, v := range m.views {
		if v == m.view {
			continue
		}
		for _, a := range v.actions() {
			h := a.key.Help()
			if _, known := at[h.Key]; !known {
				at[h.Key], all = len(all), append(all, a)
			}
			k := &all[at[h.Key]]
			if missing := v.missing(); missing != "" {
				if where[h.Key] == nil {
					k.off = v.title() + ": " + missing
				}
				continue
			}
			where[h.Key] = append(where[h.Key], tabKey(m.views, v)+" "+v.title())
			k.off = fmt.Sprintf("%s (%s) works in %s", h.Key, h.Desc, strings.Join(where[h.Key], " and "))
		}
	}
	return all
}

// screenActions are what keys do in every view.
func (m *Model) screenActions() []action {
	k := &m.keys
	plain := when(!m.list.ordered && len(m.list.terms) == 0, "there is no filter and no order to clear")
	return slices.Concat(m.programActions(m.view.title(), m.helpActions), m.tabActions(), m.engineActions(), []action{
		does(aboutShowing, k.Escape, m.clearFilter).offWhile(plain),
		does(aboutShowing, k.Units, m.nextUnit),
	})
}

// engineActions are requests, relative to what is desired and not to what the net has
// now; what comes of them is in one of the engine's next states. Those that can come to
// nothing say why.
func (m *Model) engineActions() []action {
	k, name := &m.keys, m.about.Model.Name
	asks := func(about subject, b key.Binding, request func() live.Request) action {
		return does(about, b, func() { m.request(request()) })
	}
	noBlocks := when(len(m.list.tree.byBlock) == 0, name+" has no blocks that could have a lesion")
	all := []action{
		asks(aboutEngine, k.Run, m.runOrPause),
		asks(aboutEngine, k.Step, func() live.Request { return live.StepLayer{} }),
		asks(aboutEngine, k.Smaller, func() live.Request { return live.SetBatch{Images: m.desired.Batch / 2} }).
			offWhile(when(m.desired.Batch <= 1, "the batch is one image already")),
		asks(aboutEngine, k.Larger, func() live.Request { return live.SetBatch{Images: m.desired.Batch * 2} }),
		asks(aboutEngine, k.Fuse, func() live.Request { return live.SetFuse{On: !m.desired.Fused} }),
		asks(aboutResiduals, k.Backward, func() live.Request { return live.SetBackward{On: !m.desired.Backward} }),
		asks(aboutResiduals, k.Twin, func() live.Request { return live.SetTwin{On: !m.desired.Twin} }).
			offForGood(m.twinless),
		does(aboutResiduals, k.Lesion, m.openLesionMenu).offForGood(noBlocks),
		does(aboutResiduals, k.UndoLesion, m.undoLesion).
			offWhile(when(len(m.desired.Lesions) == 0, "there is no lesion to undo")).offForGood(noBlocks),
	}
	for i := range all {
		all[i] = all[i].offForGood(m.noEngine())
	}
	return all
}

// noEngine says why nothing can be asked of the engine; "" if it can.
func (s *shared) noEngine() string {
	switch {
	case s.about.Recorded:
		return "a recorded profile: there is no net here that could run"
	case s.state.Phase == live.Failed:
		return "the net has stopped: " + oneLine(s.state.Err)
	}
	return ""
}

// runOrPause is the request that the space bar means now.
func (m *Model) runOrPause() live.Request {
	if m.desired.Running {
		return live.Pause{}
	}
	return live.Run{}
}

// tabActions are the keys that change views, as the tabs say.
func (m *Model) tabActions() []action {
	actions := []action{
		does(aboutViews, m.keys.NextView, func() { m.turn(1) }),
		does(aboutViews, m.keys.PreviousView, func() { m.turn(-1) }),
	}
	listed := m.listed()
	help := "1…" + tabKey(m.views, listed[len(listed)-1])
	for _, v := range m.views {
		b := bind(help, "the view of that tab", tabKey(m.views, v))
		show := does(aboutViews, b, func() { m.show(v) })
		if missing := v.missing(); missing != "" {
			show = show.offWhile(v.title() + ": " + missing)
		}
		actions = append(actions, show)
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
	actions := m.actions()
	if m.dialog == nil {
		m.notice = "" // it has been seen
		means := func(a action) bool { return key.Matches(msg, a.key) }
		if msg.Text != "" && !slices.ContainsFunc(actions, means) {
			m.notify(msg.Text + " has no meaning: ? shows the keys that have one")
			return nil
		}
	}
	return m.press(msg, actions)
}

// startFilter asks for a filter of the rows. It begins with the one that is there.
func (m *Model) startFilter() tea.Cmd {
	m.typing = true
	m.filter.CursorEnd()
	m.filter.Focus()
	return nil
}

// typeFilter takes a key into the filter, which applies at once. All keys are text but
// those that end it, ↑, which brings the last one back, and those that quit and suspend
// from anywhere.
func (m *Model) typeFilter(msg tea.KeyPressMsg) tea.Cmd {
	k := &m.keys
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case key.Matches(msg, k.Suspend):
		return tea.Suspend
	case key.Matches(msg, k.Accept):
		m.typing = false
		return nil
	case key.Matches(msg, k.Cancel):
		m.typing = false
		m.clearFilterText()
	case key.Matches(msg, k.Recall):
		m.filter.SetValue(m.lastFilter)
		m.filter.CursorEnd()
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
	m.clearFilterText()
	m.list.showTree()
}

// clearFilterText empties the field, and keeps what was in it for the next time.
func (m *Model) clearFilterText() {
	if s := m.filter.Value(); s != "" {
		m.lastFilter = s
	}
	m.filter.SetValue("")
}

// nextUnit shows times in the next unit.
func (m *Model) nextUnit() {
	i := slices.Index(timeUnits, m.units.time)
	m.units.time = timeUnits[(i+1)%len(timeUnits)]
}

// onMouse gives a message of the mouse to the dialog that is open or, without one, to
// what it points at: the wheel always means the view.
func (m *Model) onMouse(msg tea.Msg) tea.Cmd {
	if cmd, taken := m.pointed(msg); taken {
		return cmd
	}
	switch msg := msg.(type) {
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft {
			m.onClick(msg.X, msg.Y)
		}
	case tea.MouseMotionMsg:
		m.onMotion(msg)
	case tea.MouseWheelMsg:
		if d := notches(msg); d != 0 {
			m.view.wheel(d)
		}
	}
	return nil
}

// onMotion tells a view that follows the mouse where that is.
func (m *Model) onMotion(msg tea.MouseMotionMsg) {
	v, ok := m.view.(pointer)
	if !ok {
		return
	}
	if body := m.layout.body; body.contains(msg.X, msg.Y) {
		v.point(msg.X-body.x, msg.Y-body.y, msg.Button == tea.MouseLeft)
		return
	}
	v.point(-1, -1, false)
}

// onClick changes views by their tabs, and leaves the body to the view.
func (m *Model) onClick(x, y int) {
	m.notice = "" // it has been seen
	body := m.layout.body
	switch {
	case m.layout.tabs.contains(x, y):
		m.clickTab(x)
	case body.contains(x, y):
		m.view.click(x-body.x, y-body.y)
	}
}
