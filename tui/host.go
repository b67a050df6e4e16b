package tui

import (
	"context"
	"errors"
	"io"
	"os"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"resnet-tui/profile"
)

// host is what every program of the screen has: the terminal's size and colours, a
// canvas, the keys, and the dialog that is open. A program embeds it and hands it the
// messages first: a resize must take effect whatever else is going on.
type host struct {
	theme   Theme
	profile colorprofile.Profile // the colours that the terminal has
	ascii   bool                 // it shows nothing else
	dark    bool                 // its background, as far as it said
	styles  *Styles
	keys    KeyMap
	canvas  canvas
	w, h    int    // cells; 0 until the terminal has reported its size
	dialog  dialog // over everything else, nil when none is open
	notice  string // why a key did nothing, or what else should be known; until a key is pressed
}

// newHost assumes a dark terminal with all colours until the terminal has answered:
// the first picture doesn't wait for that, and bubbletea reduces colours itself.
func newHost(theme Theme, ascii bool) host {
	h := host{theme: theme, ascii: ascii, keys: DefaultKeyMap(), profile: colorprofile.TrueColor, dark: theme != ThemeLight}
	h.restyle()
	return h
}

// restyle makes the styles for what is known of the terminal.
func (h *host) restyle() { h.styles = NewStyles(h.theme, h.profile, h.dark) }

// start asks for the terminal's background where the theme depends on it.
func (h *host) start() tea.Cmd {
	if h.theme == ThemeAuto || h.theme == "" {
		return tea.RequestBackgroundColor
	}
	return nil
}

// terminalChanged takes the messages that describe the terminal; it reports
// whether msg was one.
func (h *host) terminalChanged(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		h.w, h.h = msg.Width, msg.Height
	case tea.ColorProfileMsg:
		h.profile = msg.Profile
		h.restyle()
	case tea.BackgroundColorMsg:
		h.dark = msg.IsDark()
		h.restyle()
	default:
		return false
	}
	return true
}

// press does what a key means: to the dialog if one is open, else by the first of the
// actions that has the key. So a program lists its actions by precedence. An action that
// is off leaves its reason as a notice.
func (h *host) press(msg tea.KeyPressMsg, actions []action) tea.Cmd {
	if h.dialog != nil && !key.Matches(msg, h.keys.Suspend) {
		var cmd tea.Cmd
		if h.dialog, cmd = h.dialog.press(msg); h.dialog != nil || !passesDialogs(msg, &h.keys) {
			return cmd
		}
	}
	for _, a := range actions {
		switch {
		case !key.Matches(msg, a.key):
		case a.off != "":
			h.notice = a.off
			return nil
		default:
			return a.do()
		}
	}
	return nil
}

// pointed gives a message of the mouse to the dialog that is open; false if none is.
// What the dialog covers gets none.
func (h *host) pointed(msg tea.Msg) (cmd tea.Cmd, taken bool) {
	if h.dialog == nil {
		return nil, false
	}
	switch msg := msg.(type) {
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft {
			h.dialog, cmd = h.dialog.click(msg.X, msg.Y)
		}
	case tea.MouseWheelMsg:
		h.dialog.wheel(notches(msg))
	}
	return cmd, true
}

// notches is a turn of the wheel: 1 down, -1 up, 0 sideways.
func notches(msg tea.MouseWheelMsg) int {
	switch msg.Button {
	case tea.MouseWheelUp:
		return -1
	case tea.MouseWheelDown:
		return 1
	}
	return 0
}

// passesDialogs reports whether a key acts even though it closed a dialog: q
// means the dialog, ctrl-c the program.
func passesDialogs(msg tea.KeyPressMsg, k *KeyMap) bool {
	return key.Matches(msg, k.Quit) && msg.String() != "q"
}

// programActions are what every program's keys do. help lists the actions for
// the help dialog, of a view if it has a title; it is called when that opens.
func (h *host) programActions(title string, help func() []action) []action {
	return []action{
		does(aboutProgram, h.keys.Help, func() { h.dialog = newHelp(h, title, help()) }),
		{about: aboutProgram, key: h.keys.Suspend, do: func() tea.Cmd { return tea.Suspend }},
		{about: aboutProgram, key: h.keys.Quit, do: func() tea.Cmd { return tea.Quit }},
	}
}

// closingActions are the programActions of a program that Esc ends too.
func (h *host) closingActions(help func() []action) []action {
	quit := action{about: aboutProgram, key: named(h.keys.Cancel, "quit"), do: func() tea.Cmd { return tea.Quit }}
	return append(h.programActions("", help), quit)
}

// picture draws the whole screen and encodes it: draw fills the canvas, the
// dialog comes over it. A terminal that can't hold the screen gets a notice.
func (h *host) picture(draw func(c *canvas)) string {
	c := &h.canvas
	c.ascii = h.ascii
	c.reset(h.w, h.h)
	switch {
	case h.w == 0 || h.h == 0:
	case tooSmall(h.w, h.h):
		c.text(0, 0, h.w, "needs 20×5 cells", warningLook)
	default:
		draw(c)
		if h.dialog != nil {
			h.dialog.draw(c)
		}
	}
	return c.encode(h.styles)
}

// page is a picture as bubbletea wants it: on the alternate screen, so that the shell's
// own output is there again at the end.
func page(picture, title string) tea.View {
	v := tea.NewView(picture)
	v.AltScreen = true
	v.WindowTitle = "resnet-tui " + profile.Printable(title)
	return v
}

// streams are the terminal's input, output and environment. Zero fields mean the
// process's own; tests set them.
type streams struct {
	in      io.Reader
	out     io.Writer
	environ []string
}

// errGone is why a program ends whose terminal was closed.
var errGone = errors.New("the terminal is gone")

// runProgram shows a program until it quits, ctx ends or the terminal fails. If ctx
// ended, the error is ctx's, not bubbletea's own for a killed program.
func runProgram(ctx context.Context, m tea.Model, t streams) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	held, t := t.hold()
	t = t.under(m)
	options := t.options(ctx)
	if held != nil {
		held.gone = end
		defer held.release()
		options = append(options, held.options()...)
	}
	_, err := tea.NewProgram(m, options...).Run()
	if f, ok := m.(interface{ farewell() string }); ok {
		_, _ = t.out.Write([]byte(f.farewell())) // the terminal may be gone
	}
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		if cause := context.Cause(ctx); cause == errGone {
			return cause
		}
		return ctx.Err()
	}
	return err
}

// alone is the message that there is no shell to go back to.
type alone struct{}

// options are bubbletea's. 30 pictures per second are more than frameTime asks for.
// Signals end ctx: bubbletea's own handler would race with that, and take SIGTERM for
// a quit.
func (t streams) options(ctx context.Context) []tea.ProgramOption {
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(30), tea.WithoutSignalHandler()}
	if t.in != nil {
		options = append(options, tea.WithInput(t.in))
	}
	if t.out != nil {
		options = append(options, tea.WithOutput(t.out))
	}
	if t.environ != nil {
		options = append(options, tea.WithEnvironment(t.environ))
	}
	if t.environ == nil && os.Getenv("NO_COLOR") != "" { // any value, not only those for true
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	return options
}
