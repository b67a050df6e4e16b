package tui

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"resnet-tui/internal/app/live"
	"resnet-tui/picture/terminal"
)

// frameTime is the time between two pictures while something moves.
const frameTime = 40 * time.Millisecond

// sampling bounds the part of the time that goes into statistics: after a
// sample that took d, the next comes no sooner than sampling·d.
const sampling = 50

// Model is the screen: a tea.Model. It holds what all views have in common and
// leaves the rest to them. Messages change it; drawing only reads. Its methods belong
// to bubbletea's goroutine.
type Model struct {
	host
	*shared
	engine Engine
	sent   uint64 // the number of requests so far, to compare with State.Answered

	views  []view
	view   view // the one that is shown
	layers *layersView
	layout layout
	detail detailPane

	filter     textinput.Model
	typing     bool   // keys go into the filter
	lastFilter string // the one that was cleared last
	hovered    *node  // the row that the cursor came to last

	sampled time.Time     // when the last sample was taken
	cost    time.Duration // of the last sample
	ticking bool          // a frame has been asked for

	unrecorded error // why passes have no times, as of the last sample

	frame string // the last picture
	stale bool   // frame no longer holds
}

type (
	frameMsg  time.Time
	engineMsg struct{}
)

// New makes a screen that shows the engine's net at once and follows it.
func New(o Options) *Model {
	m := &Model{host: newHost(o.Theme, o.ASCII), engine: o.Engine, filter: newTextInput(), stale: true}
	m.shared = &shared{
		opts: &o, about: o.Engine.About(), keymap: &m.keys, state: &live.State{}, screen: m,
		pictures: newPictures(o.Graphics, o.ASCII),
		units:    units{time: o.TimeUnit, flops: o.FLOPs},
	}
	m.twinless = noTwinOf(m.about.Model)
	m.list.compare = m.shared.compare
	m.list.setTree(treeOf(&m.about.First))
	m.list.openHeaviest()
	m.views = newViews(m.shared)
	m.layers = m.views[0].(*layersView)
	m.view = m.layers
	m.detail = detailPane{shared: m.shared}
	m.read()
	return m
}

// newTextInput is an empty field without a prompt: who uses it draws its own.
func newTextInput() textinput.Model {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 200
	return f
}

// Init asks for the terminal's background, and waits for the engine.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.waitEngine(), m.tick(), m.host.start(), m.pictures.ask(m.opts.Environ)}
	for _, v := range m.views {
		if l, ok := v.(listener); ok {
			cmds = append(cmds, l.start())
		}
	}
	return tea.Batch(cmds...)
}

// waitEngine returns a message once the engine has a new state. Once the engine is done
// it still looks for a state that was published just before, which says why.
func (m *Model) waitEngine() tea.Cmd {
	changed, done := m.engine.Changed(), m.engine.Done()
	return func() tea.Msg {
		select {
		case <-changed:
			return engineMsg{}
		case <-done:
		}
		select {
		case <-changed:
			return engineMsg{} // the last
		default:
			return nil
		}
	}
}

// tick asks for the next frame, unless one is asked for already.
func (m *Model) tick() tea.Cmd {
	if m.ticking {
		return nil
	}
	m.ticking = true
	return tea.Tick(frameTime, func(t time.Time) tea.Msg { return frameMsg(t) })
}

// Update handles a message. It never waits: what could is in the command that it
// returns.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.handle(msg)
	m.refresh()
	return m, tea.Batch(cmd, m.hover(), m.sendPictures())
}

// sendPictures draws the frame, if it will be another, and sends what its pictures need
// besides it.
func (m *Model) sendPictures() tea.Cmd {
	if m.pictures.drawing() > terminal.Cells {
		m.redraw()
	}
	return m.pictures.send()
}

// handle changes what a message changes. The engine's messages and frames come often
// and mostly change nothing: they mark the picture as stale only where they find
// something new. Any other message, a key above all, does so always.
func (m *Model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case frameMsg:
		return m.onFrame()
	case engineMsg:
		m.read()
		m.sample(true)
		return tea.Batch(m.waitEngine(), m.tick())
	case hoverMsg:
		m.onHover(msg.row)
		return nil
	}
	if taken, changed := m.pictures.receive(msg); taken {
		m.stale = m.stale || changed
		return nil
	}
	m.stale = true
	if m.terminalChanged(msg) {
		return nil
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m.onKey(msg)
	case tea.PasteMsg:
		m.onPaste(msg)
	case tea.MouseMsg:
		return m.onMouse(msg)
	case alone:
		m.notify("there is no shell to go back to: q quits")
	default:
		return m.offer(msg)
	}
	return nil
}

// offer gives the views a message that may be one of their own.
func (m *Model) offer(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, v := range m.views {
		if l, ok := v.(listener); ok {
			cmds = append(cmds, l.receive(msg))
		}
	}
	return tea.Batch(cmds...)
}

// onFrame takes what is new. Frames end when nothing moves by itself: a paused screen
// costs no processor time.
func (m *Model) onFrame() tea.Cmd {
	m.ticking = false
	m.read()
	m.sample(false)
	if m.state.Phase.Busy() {
		return m.tick()
	}
	return nil
}

// read takes the engine's state, and the program's tree when that is another. The
// settings that keys go by are the engine's only once it has answered every request;
// until then they are those that were asked for, so that two quick presses count twice.
func (m *Model) read() {
	s := m.engine.State()
	if s == m.state {
		return
	}
	if s.Notices != m.state.Notices {
		m.notice = s.Notice
	}
	if s.Answered >= m.sent {
		m.desired = s.Desired
	}
	lesions := m.state.Actual.Lesions
	m.state, m.stale = s, true
	m.adopt(s.Program)
	if !slices.Equal(s.Actual.Lesions, lesions) {
		m.list.tree.markLesions(s.Actual.Lesions)
	}
}

// adopt shows the tree of another program. Clearing sampled lets its first figures in
// at once.
func (m *Model) adopt(p *live.Program) {
	if p == nil || p == m.program {
		return
	}
	m.program, m.sampled = p, time.Time{}
	m.list.setTree(treeOf(p))
}

// refresh brings the layout and what the views keep up to date with everything that
// they read. It follows every message, so that drawing and clicks, which only read,
// find a consistent screen. The layout comes first, as the views depend on its sizes;
// the detail pane last, as it is about the view's row.
func (m *Model) refresh() {
	if m.h == 0 {
		return // the terminal has not reported its size yet
	}
	m.layout = arrange(m.w, m.h)
	for _, v := range m.views {
		v.update(m.layout.body.w, m.layout.body.h)
	}
	if !m.layout.detail.empty() {
		m.detail.update(m.view.focus())
	}
}

// View returns the screen as it was drawn last, or draws it if anything has
// changed since.
func (m *Model) View() tea.View {
	m.redraw()
	v := page(m.frame, m.about.Model.Name)
	v.MouseMode = tea.MouseModeCellMotion
	if _, follows := m.view.(pointer); follows {
		v.MouseMode = tea.MouseModeAllMotion
	}
	if m.typing && !m.layout.footer.empty() {
		v.Cursor = tea.NewCursor(min(2+m.filter.Position(), m.w-1), m.layout.footer.y)
	}
	return v
}

// farewell is what removes the screen's pictures from the terminal's memory.
func (m *Model) farewell() string { return m.pictures.farewell() }

// overlay puts the pictures over what is written.
func (m *Model) overlay(text string) string { return m.pictures.overlay(text) }

// redraw draws the screen if anything has changed.
func (m *Model) redraw() {
	if !m.stale {
		return
	}
	m.pictures.begin(m.profile, m.styles.Color)
	m.frame, m.stale = m.picture(m.draw), false
	m.pictures.end(&m.canvas)
}

// draw draws everything but the dialog, which host.picture draws over it. The footer is
// last: on a screen too low for one, its notice covers the body's last line.
func (m *Model) draw(c *canvas) {
	m.drawHeader(c)
	m.drawTabs(c)
	m.view.draw(c, m.layout.body)
	m.detail.draw(c, m.layout.detail)
	m.drawBeside(c, m.layout.third)
	m.drawFooter(c)
}

// drawBeside draws the next view beside this one, where there is room. It only shows:
// keys and clicks belong to the view on the left.
func (m *Model) drawBeside(c *canvas, r rect) {
	if r.empty() {
		return
	}
	c.rule(r)
	views := m.available()
	next := views[(m.tab()+1)%len(views)]
	c.text(r.x+2, r.y, r.x+r.w, next.title(), strong)
	next.draw(c, rect{r.x + 2, r.y + 1, r.w - 3, r.h - 1})
}

// show opens a view's tab.
func (m *Model) show(v view) {
	if v == m.view {
		return
	}
	if was, ok := m.view.(closer); ok {
		was.closed()
	}
	if o, ok := v.(opener); ok {
		o.opened()
	}
	m.view = v
}

// reveal opens the tree at a row; with nil it opens the tree as it is.
func (m *Model) reveal(n *node) {
	m.show(m.layers)
	if n != nil && n != m.list.selected() {
		m.list.reveal(n)
	}
}

// request asks the engine for something. The next key builds on it, whether it has been
// answered or not.
func (m *Model) request(r live.Request) {
	m.desired = m.desired.After(r)
	m.sent++
	m.engine.Send(r)
}

// notify shows a notice until a key is pressed.
func (m *Model) notify(text string) { m.notice = text }
