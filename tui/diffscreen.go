package tui

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"resnet-tui/profile"
)

// DiffOptions say what a screen of two profiles shows.
type DiffOptions struct {
	Diff  *profile.Diff // must not change while the screen is shown
	Theme Theme         // "" is ThemeAuto
	ASCII bool          // draw with nothing but ASCII

	// In, Out and Environ stand in for the terminal's in tests.
	In      io.Reader
	Out     io.Writer
	Environ []string
}

// ShowDiff shows how two profiles differ until the user quits, ctx ends or the terminal
// fails. When ctx ends, its error is returned.
func ShowDiff(ctx context.Context, o DiffOptions) error {
	return runProgram(ctx, newDiffScreen(&o), streams{o.In, o.Out, o.Environ})
}

// diffScreen is a list of rows of two profiles: a tea.Model.
type diffScreen struct {
	host
	diff        *profile.Diff
	rows        []*profile.DiffRow
	order       int // into diffOrders
	cursor, top int
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
	s := &diffScreen{host: newHost(o.Theme, o.ASCII), diff: o.Diff}
	s.sort()
	return s
}

// sort orders the rows that both have; those of one profile alone follow in the net's
// order, since they have no difference to be ordered by. The sort is stable: equal rows
// stay in the net's order too.
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

// Init asks for the terminal's background.
func (s *diffScreen) Init() tea.Cmd { return s.start() }

// Update handles a message.
func (s *diffScreen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if s.terminalChanged(msg) {
		s.moveTo(s.cursor)
		return s, nil
	}
	if msg, ok := msg.(tea.KeyPressMsg); ok {
		return s, s.press(msg, s.actions())
	}
	return s, nil
}

func (s *diffScreen) actions() []action {
	k, all := &s.keys, func() int { return len(s.rows) }
	actions := append(s.closingActions(s.actions), does(aboutShowing, k.Sort, s.nextOrder))
	return append(actions, k.moves(s.page, all, func(d int) { s.moveTo(s.cursor + d) })...)
}

// nextOrder orders by the next of the diffOrders, from the top.
func (s *diffScreen) nextOrder() {
	s.order = (s.order + 1) % len(diffOrders)
	s.sort()
	s.moveTo(0)
}

// diffHead is the lines above the rows; below them is a footer where there is
// room.
const diffHead = 4

// page is the rows on the screen.
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
func (s *diffScreen) View() tea.View { return page(s.picture(s.draw), "diff") }

func (s *diffScreen) draw(c *canvas) {
	s.drawHead(c)
	s.drawRows(c)
	if s.hasFooter() {
		s.drawFooter(c)
	}
}

func (s *diffScreen) drawFooter(c *canvas) {
	x := 1
	for _, b := range []key.Binding{named(s.keys.Quit, "quit"), named(s.keys.Sort, "sort"), s.keys.Up, s.keys.Down} {
		x = c.text(x, s.h-1, s.w, b.Help().Key, strong)
		x = c.text(x+1, s.h-1, s.w, b.Help().Desc, muted) + 2
	}
	c.text(x+1, s.h-1, s.w-1, "p knows the noise within a recording, not from process to process", faint)
}

// drawHead says what is compared, and how both passes differ as a whole.
func (s *diffScreen) drawHead(c *canvas) {
	d := s.diff
	x := c.text(1, 0, s.w, "A "+d.A, strong)
	c.text(x+2, 0, s.w-1, aboutSide(d.AboutA), muted)
	x = c.text(1, 1, s.w, "B "+d.B, strong)
	c.text(x+2, 1, s.w-1, aboutSide(d.AboutB), muted)
	total := profile.DiffRow{
		AMS: &d.Total.AMS, BMS: &d.Total.BMS, DeltaMS: &d.Total.DeltaMS,
		PValue: d.Total.PValue, Significant: d.Total.Significant,
	}
	text := fmt.Sprintf("a pass: %s → %s, %s, %s",
		millis(total.AMS, false), millis(total.BMS, false), changeText(&total), total.Verdict())
	x = c.text(1, 2, s.w-1, text, diffLook(&total))
	c.text(x+3, 2, s.w-1, "by "+diffOrders[s.order].name, muted)
}

// aboutSide is how a profile came about, as far as it explains a difference.
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

// drawRows draws the table and, where there is room, a bar per row to the largest
// difference of all rows, so that scrolling changes no bar.
func (s *diffScreen) drawRows(c *canvas) {
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

// diffName tells rows of one path apart by call and pass.
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

// diffLook greys what is within noise: a reader who looks at colour alone sees only
// differences that the statistics support.
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

// valueOf is a time, 0 where a profile has none.
func valueOf(ms *float64) float64 {
	if ms == nil {
		return 0
	}
	return *ms
}

// millis is a time that is given in milliseconds. A difference is written with its
// sign: signed adds the + to positive ones.
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

// changeText is relativeChange in per cent.
func changeText(r *profile.DiffRow) string {
	v := relativeChange(r)
	if math.IsNaN(v) {
		return profile.Dash
	}
	return strings.Replace(fmt.Sprintf("%+.1f %%", 100*v), "-", "−", 1)
}
