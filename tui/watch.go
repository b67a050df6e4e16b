package tui

import (
	"context"
	"io"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// WatchOptions say what a screen of training shows.
type WatchOptions struct {
	Title string // at the top left, and in the window's title
	// Training returns what is known now. It is called twice per second until that
	// is Done, one call at a time, but not from the screen's goroutine. Its error is
	// shown, and the calls go on.
	Training func() (*Training, error)
	// Stop, if not nil, asks the training to end early; Training is Done once it has.
	// Leaving the screen then asks whether to stop it. Saves says that what was trained
	// is kept.
	Stop  func()
	Saves bool
	Theme Theme // "" is ThemeAuto
	ASCII bool  // draw with nothing but ASCII

	// In, Out and Environ stand in for the terminal's in tests.
	In      io.Reader
	Out     io.Writer
	Environ []string
}

// Watch shows the curves of training until the user quits, ctx ends or the terminal
// fails. At the end of the training its final figures stay. Leaving ends the screen
// alone, unless the user has the training stopped. When ctx ends, its error is returned.
func Watch(ctx context.Context, o WatchOptions) error {
	return runProgram(ctx, newWatch(&o), streams{o.In, o.Out, o.Environ})
}

// watch is a screen of curves alone: a tea.Model.
type watch struct {
	host
	opts     *WatchOptions
	training *Training
	err      error
	runs     runList
	stopping bool // the training was asked to end
}

func newWatch(o *WatchOptions) *watch { return &watch{host: newHost(o.Theme, o.ASCII), opts: o} }

// trainingMsg is what is known of training.
type trainingMsg struct {
	training *Training
	err      error
}

// glance is the time from an answer to the next question: however long an answer takes,
// questions never queue.
const glance = 500 * time.Millisecond

// glanceAt asks for what is known of training.
func glanceAt(ask func() (*Training, error)) tea.Cmd {
	return func() tea.Msg {
		t, err := ask()
		return trainingMsg{t, err}
	}
}

// glanceLater asks when a glance has passed.
func glanceLater(ask func() (*Training, error)) tea.Cmd {
	return tea.Tick(glance, func(time.Time) tea.Msg { return glanceAt(ask)() })
}

// Init asks for the terminal's background and for what there is.
func (w *watch) Init() tea.Cmd {
	return tea.Batch(w.start(), glanceAt(w.opts.Training))
}

// Update handles a message.
func (w *watch) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := w.handle(msg)
	if t := w.training; t != nil {
		w.runs.update(len(t.Tracks), arrangeTraining(w.body(), len(t.Tracks), false).table.h-1)
	}
	return w, cmd
}

func (w *watch) handle(msg tea.Msg) tea.Cmd {
	if w.terminalChanged(msg) {
		return nil
	}
	if cmd, taken := w.pointed(msg); taken && isMouse(msg) {
		return cmd
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		w.notice = ""
		return w.press(msg, w.actions())
	case tea.MouseWheelMsg:
		w.runs.move(notches(msg))
	case trainingMsg:
		return w.receive(msg)
	}
	return nil
}

// isMouse reports whether a message is of the mouse.
func isMouse(msg tea.Msg) bool {
	_, is := msg.(tea.MouseMsg)
	return is
}

// receive takes what is known now, and asks again later. The end of a training that was
// asked to end ends the screen; any other end leaves its figures there.
func (w *watch) receive(msg trainingMsg) tea.Cmd {
	if w.err = msg.err; msg.training != nil {
		w.training = msg.training
	}
	switch {
	case !w.done():
		return glanceLater(w.opts.Training)
	case w.stopping:
		return tea.Quit
	}
	if _, asks := w.dialog.(*leaveDialog); asks {
		w.dialog = nil // there is nothing left to ask
	}
	return nil
}

func (w *watch) done() bool { return w.training != nil && w.training.Done }

// leave ends the screen, or asks first what is to become of the training. Asked again
// while that stops, it ends the screen at once.
func (w *watch) leave() tea.Cmd {
	if w.opts.Stop == nil || w.stopping || w.done() {
		return tea.Quit
	}
	w.dialog = newLeaveDialog(w)
	return nil
}

// stop asks the training to end. Its screen stays until it has.
func (w *watch) stop() {
	if !w.stopping {
		w.stopping = true
		w.opts.Stop()
	}
}

func (w *watch) actions() []action {
	leave := func(b key.Binding) action { return action{about: aboutProgram, key: b, do: w.leave} }
	actions := []action{leave(w.keys.Quit), leave(named(w.keys.Cancel, "quit"))}
	actions = append(actions, w.runs.actions(&w.keys)...)
	return append(actions, w.programActions("", w.actions)...)
}

// View draws the screen.
func (w *watch) View() tea.View {
	v := page(w.picture(w.draw), w.opts.Title)
	v.MouseMode = tea.MouseModeCellMotion
	return v
}

// body is what is left for the curves between the header and the footer.
func (w *watch) body() rect { return rect{0, 1, w.w, w.h - 2} }

func (w *watch) draw(c *canvas) {
	x := c.text(1, 0, w.w, w.opts.Title, strong)
	if state := w.stateText(); state != "" {
		x = c.text(x+2, 0, w.w-1, state, forwardLook)
	}
	switch {
	case w.err != nil:
		c.text(x+2, 0, w.w-1, "✗ "+oneLine(w.err), warningLook)
	case w.training != nil:
		c.text(x+2, 0, w.w-1, w.training.Note, muted)
	}
	shown := w.training
	if shown != nil {
		shown = &Training{Tracks: shown.Tracks} // its note is in the header
	}
	c.drawTraining(w.body(), shown, &w.runs)
	w.drawFooter(c)
}

// stateText is what the training does, where the screen's program runs it.
func (w *watch) stateText() string {
	switch {
	case w.opts.Stop == nil:
		return ""
	case w.done():
		return "✓ ended"
	case w.stopping && w.opts.Saves:
		return "◌ stopping, saves first"
	case w.stopping:
		return "◌ stopping"
	}
	return "● training"
}

func (w *watch) drawFooter(c *canvas) {
	if w.notice != "" {
		c.text(1, w.h-1, w.w-1, w.notice, warningLook)
		return
	}
	keys := []key.Binding{named(w.keys.Quit, "quit"), w.keys.Help}
	if w.runs.rows < w.runs.all {
		keys = append(keys, named(w.keys.Up, "older runs"), named(w.keys.Down, "newer runs"))
	}
	c.keys(1, w.h-1, w.w, keys)
}
