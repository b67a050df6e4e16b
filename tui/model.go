package tui

import (
	"context"
	"slices"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"resnet-tui/profile"
	"resnet-tui/resnet"
)

// frame is the time between two pictures while something moves.
const frame = 40 * time.Millisecond

// sampling bounds the part of the time that goes into statistics: after a
// sample that took d, the next comes no sooner than sampling·d.
const sampling = 50

// Model is the screen: a tea.Model.
type Model struct {
	opts   *Options
	engine *engine
	keys   KeyMap
	styles *Styles

	profile colorprofile.Profile
	dark    bool
	units   units

	w, h    int
	layout  layout
	view    viewID
	list    list
	columns []placed
	line    timeline
	memory  memoryView
	grads   gradientView
	lesions lesionMenu
	twin    twinView

	training *Training       // the newest that is known
	wished   []resnet.Lesion // asked for
	help     bool
	filter   textinput.Model
	typing   bool // the filter

	state    *state
	notice   string   // of the state, until a key is pressed
	program  *program // whose tree is shown
	snap     profile.Snapshot
	sampled  time.Time
	cost     time.Duration // of the last sample
	series   profile.Series
	seriesOf *node
	active   *node // the row that runs now
	resting  *node // that the cursor came to last
	ticking  bool

	canvas canvas
	drawn  string
	stale  bool // what is drawn no longer holds
}

type (
	frameMsg  time.Time
	engineMsg struct{}
)

// New makes a screen that shows o.Model at once and follows the engine, which
// Init starts. It fails if the model can't be lowered.
func New(ctx context.Context, o Options) (*Model, error) {
	if err := o.begin(); err != nil {
		return nil, err
	}
	lowered, err := o.Model.Lower(resnet.LowerOptions{Train: o.Session.Train, Fuse: o.Session.Fuse})
	if err != nil {
		return nil, err
	}
	m := newModel(&o, lowered)
	m.engine = startEngine(ctx, &o)
	m.read()
	return m, nil
}

// newModel is a screen without an engine.
func newModel(o *Options, lowered *resnet.Lowered) *Model {
	m := &Model{
		opts: o, keys: DefaultKeyMap(), profile: colorprofile.TrueColor, dark: o.Theme != ThemeLight,
		units: units{o.TimeUnit, o.FLOPs}, filter: newFilter(), state: &state{}, stale: true,
	}
	m.restyle()
	m.list.setTree(newTree(o.Model, o.Model, lowered))
	m.list.openHeaviest()
	return m
}

func newFilter() textinput.Model {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 200
	return f
}

// Init asks for the terminal's ground and waits for the engine.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.waitEngine(), m.tick()}
	if m.opts.Training != nil {
		cmds = append(cmds, glanceAt(m.opts.Training))
	}
	if m.opts.Theme == ThemeAuto || m.opts.Theme == "" {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// waitEngine tells when the engine has a new state.
func (m *Model) waitEngine() tea.Cmd {
	if m.engine == nil {
		return nil
	}
	changed, done := m.engine.changed, m.engine.done
	return func() tea.Msg {
		select {
		case <-changed:
			return engineMsg{}
		case <-done:
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
	return tea.Tick(frame, func(t time.Time) tea.Msg { return frameMsg(t) })
}

// Update takes a message. It never waits.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.take(msg)
	return m, tea.Batch(cmd, m.rested())
}

func (m *Model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case frameMsg:
		return m.onFrame()
	case engineMsg:
		m.read()
		m.sample(true)
		return tea.Batch(m.waitEngine(), m.tick())
	case restMsg:
		m.onRest(msg.n)
		return nil
	case trainingMsg:
		return m.onTraining(msg)
	}
	m.stale = true
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		m.restyle()
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.restyle()
	case tea.KeyPressMsg:
		return m.onKey(msg)
	case tea.PasteMsg:
		return m.onPaste(msg)
	case tea.MouseClickMsg:
		m.onClick(msg)
	case tea.MouseWheelMsg:
		m.onWheel(msg)
	}
	return nil
}

// onTraining takes what is known of training, and asks again later.
func (m *Model) onTraining(msg trainingMsg) tea.Cmd {
	if msg.err != nil {
		m.notice = oneLine(msg.err)
	}
	if msg.training != nil {
		m.training = msg.training
	}
	m.stale = true
	if m.training != nil && m.training.Done {
		return nil
	}
	return glanceLater(m.opts.Training)
}

// onFrame takes what is new. Frames end when nothing moves by itself.
func (m *Model) onFrame() tea.Cmd {
	m.ticking = false
	m.read()
	m.sample(false)
	if m.state.phase.busy() {
		return m.tick()
	}
	return nil
}

// read takes the engine's state, and the program's tree when that is another.
func (m *Model) read() {
	if m.engine == nil {
		return
	}
	s := m.engine.now.Load()
	if s == m.state {
		return
	}
	if s.notice != m.state.notice {
		m.notice = s.notice
	}
	operated := !slices.Equal(s.lesions, m.state.lesions)
	m.state, m.stale = s, true
	m.adopt(s.program)
	m.twin.adopt(s.twin)
	if operated {
		m.wished = s.lesions
		m.list.tree.markWounds(s.lesions)
	}
	m.place()
}

func (m *Model) adopt(p *program) {
	if p == nil || p == m.program {
		return
	}
	m.program, m.sampled = p, time.Time{}
	m.list.setTree(newTree(p.whole, p.model, p.lowered))
	m.memory = newMemoryView(p)
}

// restyle makes the styles for what is known of the terminal.
func (m *Model) restyle() { m.styles = NewStyles(m.opts.Theme, m.profile, m.dark) }

func (m *Model) resize(w, h int) {
	m.w, m.h = w, h
	m.layout = arrange(w, h)
	m.place()
}

// place lays the columns out for the width that there is.
func (m *Model) place() {
	if m.h == 0 {
		return // the terminal has not told its size yet
	}
	m.columns = place(m.layout.body.w, m.units, m.extras())
	m.list.resize(m.layout.body.h - headLines(m.layout.body))
}

// extras are the columns that the state adds.
func (m *Model) extras() extras {
	return extras{stepping: m.state.step != nil, backward: m.list.tree.runsBack()}
}

// View draws the screen.
func (m *Model) View() tea.View {
	if m.stale {
		m.draw()
		m.drawn, m.stale = m.canvas.encode(m.styles), false
	}
	v := tea.NewView(m.drawn)
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "resnet-tui " + m.opts.Model.Name
	if m.typing && !m.layout.footer.empty() {
		v.Cursor = tea.NewCursor(min(2+m.filter.Position(), m.w-1), m.layout.footer.y)
	}
	return v
}

func (m *Model) draw() {
	m.canvas.reset(m.w, m.h)
	if m.w == 0 || m.h == 0 {
		return
	}
	if tooSmall(m.w, m.h) {
		m.canvas.text(0, 0, m.w, "needs 20×5 cells", warningLook)
		return
	}
	m.drawHeader()
	m.drawTabs()
	m.drawView(m.view, m.layout.body)
	m.drawDetail(m.layout.detail)
	m.drawBeside(m.layout.third)
	m.drawFooter()
	if m.help {
		m.drawHelp()
	}
	if m.lesions.open {
		m.drawLesions()
	}
}
