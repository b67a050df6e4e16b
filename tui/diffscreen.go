package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"resnet-tui/profile"
)

// DiffOptions say what a screen of two profiles shows.
type DiffOptions struct {
	Diff  *profile.Diff
	Theme Theme

	// In, Out and Environ stand in for the terminal's in tests.
	In      io.Reader
	Out     io.Writer
	Environ []string
}

// ShowDiff shows how two profiles differ until the user quits, ctx ends or the
// terminal fails.
func ShowDiff(ctx context.Context, o DiffOptions) error {
	terminal := Options{In: o.In, Out: o.Out, Environ: o.Environ}
	_, err := tea.NewProgram(newDiffScreen(&o), programOptions(ctx, &terminal)...).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// diffScreen is a list of rows of two profiles: a tea.Model.
type diffScreen struct {
	diff        *profile.Diff
	rows        []*profile.DiffRow
	order       int // into diffOrders
	cursor, top int
	theme       Theme
	styles      *Styles
	profile     colorprofile.Profile
	dark        bool
	canvas      canvas
	w, h        int
	keys        KeyMap
}

// diffOrders are what rows are sorted by, the largest first; what only one
// profile has goes last.
var diffOrders = []struct {
	name string
	of   func(r *profile.DiffRow) float64
}{
	{"contribution", func(r *profile.DiffRow) float64 { return math.Abs(r.Delta()) }},
	{"what is slower", func(r *profile.DiffRow) float64 { return r.Delta() }},
	{"change in per cent", func(r *profile.DiffRow) float64 { return math.Abs(relativeChange(r)) }},
	{"time in A", func(r *profile.DiffRow) float64 { return valueOf(r.AMS) }},
}

func newDiffScreen(o *DiffOptions) *diffScreen {
	s := &diffScreen{diff: o.Diff, theme: o.Theme, keys: DefaultKeyMap(), profile: colorprofile.TrueColor, dark: o.Theme != ThemeLight}
	s.restyle()
	s.sort()
	return s
}

func (s *diffScreen) restyle() { s.styles = NewStyles(s.theme, s.profile, s.dark) }

// sort orders the rows that both have; the others stay in the net's order.
func (s *diffScreen) sort() {
	s.rows = s.rows[:0]
	for i := range s.diff.Layers {
		s.rows = append(s.rows, &s.diff.Layers[i])
	}
	of := diffOrders[s.order].of
	slices.SortStableFunc(s.rows, func(a, b *profile.DiffRow) int { return cmp.Compare(of(b), of(a)) })
	for _, alone := range [][]profile.DiffRow{s.diff.OnlyA, s.diff.OnlyB} {
		for i := range alone {
			s.rows = append(s.rows, &alone[i])
		}
	}
}

// Init asks for the terminal's ground.
func (s *diffScreen) Init() tea.Cmd { return tea.RequestBackgroundColor }

// Update takes a message.
func (s *diffScreen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.w, s.h = msg.Width, msg.Height
		s.moveTo(s.cursor)
	case tea.ColorProfileMsg:
		s.profile = msg.Profile
		s.restyle()
	case tea.BackgroundColorMsg:
		s.dark = msg.IsDark()
		s.restyle()
	case tea.KeyPressMsg:
		return s, s.onKey(msg)
	}
	return s, nil
}

func (s *diffScreen) onKey(msg tea.KeyPressMsg) tea.Cmd {
	k := &s.keys
	switch {
	case key.Matches(msg, k.Quit, k.Cancel):
		return tea.Quit
	case key.Matches(msg, k.Suspend):
		return tea.Suspend
	case key.Matches(msg, k.Sort):
		s.order = (s.order + 1) % len(diffOrders)
		s.sort()
		s.moveTo(0)
	case key.Matches(msg, k.Up):
		s.moveTo(s.cursor - 1)
	case key.Matches(msg, k.Down):
		s.moveTo(s.cursor + 1)
	case key.Matches(msg, k.PageUp):
		s.moveTo(s.cursor - s.page())
	case key.Matches(msg, k.PageDown):
		s.moveTo(s.cursor + s.page())
	case key.Matches(msg, k.Top):
		s.moveTo(0)
	case key.Matches(msg, k.Bottom):
		s.moveTo(len(s.rows))
	}
	return nil
}

// diffHead is the lines above the rows; below them is a footer where there is
// room.
const diffHead = 4

func (s *diffScreen) page() int {
	if s.hasFooter() {
		return s.h - diffHead - 1
	}
	return max(s.h-diffHead, 1)
}

func (s *diffScreen) hasFooter() bool { return s.h >= footerHeight }

// moveTo puts the cursor on row i, or the nearest there is, and scrolls to it.
func (s *diffScreen) moveTo(i int) {
	s.cursor = max(min(i, len(s.rows)-1), 0)
	s.top = max(min(s.top, s.cursor), s.cursor-s.page()+1, 0)
}

// View draws the screen.
func (s *diffScreen) View() tea.View {
	s.draw()
	v := tea.NewView(s.canvas.encode(s.styles))
	v.AltScreen, v.WindowTitle = true, "resnet-tui diff"
	return v
}

func (s *diffScreen) draw() {
	c := &s.canvas
	c.reset(s.w, s.h)
	if s.w == 0 || s.h == 0 {
		return
	}
	if tooSmall(s.w, s.h) {
		c.text(0, 0, s.w, "needs 20×5 cells", warningLook)
		return
	}
	s.drawHead()
	s.drawRows()
	if s.hasFooter() {
		s.drawKeys()
	}
}

func (s *diffScreen) drawKeys() {
	c, x := &s.canvas, 1
	for _, b := range []key.Binding{named(s.keys.Quit, "quit"), named(s.keys.Sort, "sort"), s.keys.Up, s.keys.Down} {
		x = c.text(x, s.h-1, s.w, b.Help().Key, strong)
		x = c.text(x+1, s.h-1, s.w, b.Help().Desc, muted) + 2
	}
	c.text(x+1, s.h-1, s.w-1, "p knows the noise within a recording, not from process to process", faint)
}

func (s *diffScreen) drawHead() {
	c, d := &s.canvas, s.diff
	x := c.text(1, 0, s.w, "A "+d.A, strong)
	c.text(x+2, 0, s.w-1, aboutSide(d.AboutA), muted)
	x = c.text(1, 1, s.w, "B "+d.B, strong)
	c.text(x+2, 1, s.w-1, aboutSide(d.AboutB), muted)
	total := profile.DiffRow{AMS: &d.Total.AMS, BMS: &d.Total.BMS, DeltaMS: &d.Total.DeltaMS, PValue: d.Total.PValue, Significant: d.Total.Significant}
	text := fmt.Sprintf("a pass: %s → %s, %s, %s", millis(total.AMS, false), millis(total.BMS, false), changeText(&total), total.Verdict())
	x = c.text(1, 2, s.w-1, text, diffLook(&total))
	c.text(x+3, 2, s.w-1, "by "+diffOrders[s.order].name, muted)
}

func aboutSide(d profile.DiffSide) string {
	return fmt.Sprintf("%s · %v · %s · %s", d.Model, d.Input.Shape, plural(d.Device.Threads, "threads"), d.Device.Name)
}

// diffColumns are a row's figures; those that find no room are left out from
// the right.
var diffColumns = []struct {
	title string
	width int
	text  func(r *profile.DiffRow) string
}{
	{"B − A", 11, func(r *profile.DiffRow) string { return millis(r.DeltaMS, true) }},
	{"of A", 10, changeText},
	{"verdict", 14, func(r *profile.DiffRow) string { return r.Verdict() }},
	{"A", 10, func(r *profile.DiffRow) string { return millis(r.AMS, false) }},
	{"B", 10, func(r *profile.DiffRow) string { return millis(r.BMS, false) }},
	{"q", 9, func(r *profile.DiffRow) string {
		if r.QValue == nil {
			return profile.Dash
		}
		return scientific(*r.QValue)
	}},
}

const diffBar = 16 // cells of a row's bar

func (s *diffScreen) drawRows() {
	c := &s.canvas
	name := min(30, max(s.w-diffColumns[0].width-1, 8))
	c.text(1, diffHead-1, name, "layer", muted)
	most := 0.0
	for _, r := range s.rows {
		most = max(most, math.Abs(r.Delta()))
	}
	shown := s.rows[min(s.top, len(s.rows)):min(s.top+s.page(), len(s.rows))]
	for i, r := range shown {
		c.text(1, diffHead+i, name, diffName(r), diffLook(r))
	}
	x := name
	for _, column := range diffColumns {
		if x+column.width >= s.w {
			break
		}
		x += column.width
		c.right(x, diffHead-1, column.title, muted)
		for i, r := range shown {
			c.right(x, diffHead+i, column.text(r), diffLook(r))
		}
	}
	for i, r := range shown {
		if x+2+diffBar < s.w && most > 0 {
			c.bar(x+2, diffHead+i, diffBar, math.Abs(r.Delta())/most, diffLook(r))
		}
		if s.top+i == s.cursor {
			c.selectRow(0, diffHead+i, s.w)
		}
	}
}

func diffName(r *profile.DiffRow) string {
	name := r.Path
	if r.Call > 0 {
		name += fmt.Sprintf(" call %d", r.Call)
	}
	if r.Pass != "forward" {
		name += " " + r.Pass
	}
	return name
}

// diffLook greys what is within noise.
func diffLook(r *profile.DiffRow) look {
	switch {
	case r.DeltaMS == nil:
		return muted
	case r.PValue == nil:
		return plainText
	case !r.Significant:
		return faint
	case r.Delta() > 0:
		return warningLook
	}
	return forwardLook
}

func valueOf(ms *float64) float64 {
	if ms == nil {
		return 0
	}
	return *ms
}

// millis is a time that is given in milliseconds; of a difference with its
// sign.
func millis(ms *float64, signed bool) string {
	if ms == nil {
		return profile.Dash
	}
	text := profile.Time.Figure(math.Abs(*ms) * 1e6).String()
	switch {
	case *ms < 0:
		return "−" + text
	case signed && *ms > 0:
		return "+" + text
	}
	return text
}

// relativeChange is the difference as a part of A; NaN where that is unknown.
func relativeChange(r *profile.DiffRow) float64 {
	if r.DeltaMS == nil || valueOf(r.AMS) <= 0 {
		return math.NaN()
	}
	return *r.DeltaMS / *r.AMS
}

func changeText(r *profile.DiffRow) string {
	v := relativeChange(r)
	if math.IsNaN(v) {
		return profile.Dash
	}
	return strings.Replace(fmt.Sprintf("%+.1f %%", 100*v), "-", "−", 1)
}
