package tui

import (
	"context"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
)

// WatchOptions say what a screen of training shows.
type WatchOptions struct {
	Title string // at the top left, and in the window's title
	// Training returns what is known now. It is called twice per second until that
	// is Done, one call at a time, but not from the screen's goroutine. Its error is
	// shown, and the calls go on.
	Training func() (*Training, error)
	Theme    Theme // "" is ThemeAuto
	ASCII    bool  // draw with nothing but ASCII

	// In, Out and Environ stand in for the terminal's in tests.
	In      io.Reader
	Out     io.Writer
	Environ []string
}

// Watch shows the curves of training until the user quits, ctx ends or the terminal
// fails. It shows a training and doesn't run it: quitting ends the screen only. When
// ctx ends, its error is returned.
func Watch(ctx context.Context, o WatchOptions) error {
	return runProgram(ctx, newWatch(&o), streams{o.In, o.Out, o.Environ})
}

// watch is a screen of curves alone: a tea.Model.
type watch struct {
	host
	opts     *WatchOptions
	training *Training
	err      error
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
	if w.terminalChanged(msg) {
		return w, nil
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return w, w.press(msg, w.actions())
	case trainingMsg:
		if w.err = msg.err; msg.training != nil {
			w.training = msg.training
		}
		if w.training == nil || !w.training.Done {
			return w, glanceLater(w.opts.Training)
		}
	}
	return w, nil
}

func (w *watch) actions() []action { return w.closingActions(w.actions) }

// View draws the screen.
func (w *watch) View() tea.View { return page(w.picture(w.draw), w.opts.Title) }

func (w *watch) draw(c *canvas) {
	x := c.text(1, 0, w.w, w.opts.Title, strong)
	switch {
	case w.err != nil:
		c.text(x+2, 0, w.w-1, "✗ "+oneLine(w.err), warningLook)
	case w.training != nil:
		c.text(x+2, 0, w.w-1, w.training.Note, forwardLook)
	}
	c.drawCurves(rect{0, 1, w.w, w.h - 2}, w.training)
	at := c.text(1, w.h-1, w.w, w.keys.Quit.Help().Key, strong)
	c.text(at+1, w.h-1, w.w, w.keys.Quit.Help().Desc, muted)
}
