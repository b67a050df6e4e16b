package tui

import (
	"context"
	"errors"
	"io"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// WatchOptions say what a screen of training shows.
type WatchOptions struct {
	Title string
	// Training is asked for what is known now, twice a second, from a goroutine
	// of its own.
	Training func() (*Training, error)
	Theme    Theme

	// In, Out and Environ stand in for the terminal's in tests.
	In      io.Reader
	Out     io.Writer
	Environ []string
}

// Watch shows the curves of training until the user quits, ctx ends or the
// terminal fails.
func Watch(ctx context.Context, o WatchOptions) error {
	w := newWatch(&o)
	terminal := Options{In: o.In, Out: o.Out, Environ: o.Environ}
	_, err := tea.NewProgram(w, programOptions(ctx, &terminal)...).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// watch is a screen of curves alone: a tea.Model.
type watch struct {
	opts     *WatchOptions
	styles   *Styles
	profile  colorprofile.Profile
	dark     bool
	canvas   canvas
	w, h     int
	training *Training
	err      error
	keys     KeyMap
}

func newWatch(o *WatchOptions) *watch {
	w := &watch{opts: o, keys: DefaultKeyMap(), profile: colorprofile.TrueColor, dark: o.Theme != ThemeLight}
	w.restyle()
	return w
}

func (w *watch) restyle() { w.styles = NewStyles(w.opts.Theme, w.profile, w.dark) }

// trainingMsg is what is known of training.
type trainingMsg struct {
	training *Training
	err      error
}

// glance is the time between two looks at training.
const glance = 500 * time.Millisecond

// glanceAt asks for what is known of training.
func glanceAt(ask func() (*Training, error)) tea.Cmd {
	return func() tea.Msg {
		t, err := ask()
		return trainingMsg{t, err}
	}
}

// glanceLater does so after a while.
func glanceLater(ask func() (*Training, error)) tea.Cmd {
	return tea.Tick(glance, func(time.Time) tea.Msg { return glanceAt(ask)() })
}

// Init asks for the terminal's ground and for what there is.
func (w *watch) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, glanceAt(w.opts.Training))
}

// Update takes a message.
func (w *watch) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		w.w, w.h = msg.Width, msg.Height
	case tea.ColorProfileMsg:
		w.profile = msg.Profile
		w.restyle()
	case tea.BackgroundColorMsg:
		w.dark = msg.IsDark()
		w.restyle()
	case tea.KeyPressMsg:
		switch {
		case key.Matches(msg, w.keys.Quit, w.keys.Cancel):
			return w, tea.Quit
		case key.Matches(msg, w.keys.Suspend):
			return w, tea.Suspend
		}
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

// View draws the screen.
func (w *watch) View() tea.View {
	w.draw()
	v := tea.NewView(w.canvas.encode(w.styles))
	v.AltScreen, v.WindowTitle = true, "resnet-tui "+w.opts.Title
	return v
}

func (w *watch) draw() {
	c := &w.canvas
	c.reset(w.w, w.h)
	if w.w == 0 || w.h == 0 {
		return
	}
	if tooSmall(w.w, w.h) {
		c.text(0, 0, w.w, "needs 20×5 cells", warningLook)
		return
	}
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
