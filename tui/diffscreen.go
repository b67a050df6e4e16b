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
	"charm.land/bubbles/v2/textinput"
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
	rows        []*profile.DiffRow // those that the filter keeps
	order       int                // into diffOrders
	cursor, top int
	filter      textinput.Model
	typing      bool // the filter takes the keys
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
	s := &diffScreen{host: newHost(o.Theme, o.ASCII), diff: o.Diff, filter: newTextInput()}
	s.sort()
	return s
}

// sort orders the rows that both have and that the filter keeps; those of one profile
// alone follow in the net's order, since they have no difference to be ordered by. The
// sort is stable: equal rows stay in the net's order too.
func (s *diffScreen) sort() {
	s.rows = s.kept(nil, s.diff.Layers)
	of := diffOrders[s.order].of
	slices.SortStableFunc(s.rows, func(a, b *profile.DiffRow) int { return cmp.Compare(of(b), of(a)) })
	s.rows = s.kept(s.kept(s.rows, s.diff.OnlyA), s.diff.OnlyB)
}

// kept appends those of all rows whose name, verdict or kernels have every word of the
// filter.
func (s *diffScreen) kept(rows []*profile.DiffRow, all []profile.DiffRow) []*profile.DiffRow {
	words := strings.Fields(strings.ToLower(s.filter.Value()))
	for i := range all {
		r := &all[i]
		text := strings.ToLower(strings.Join([]string{diffName(r), r.Verdict(), r.AKernel, r.BKernel}, " "))
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			rows = append(rows, r)
		}
	}
	return rows
}

// Init asks for the terminal's background.
func (s *diffScreen) Init() tea.Cmd { return s.start() }

// Update handles a message.
func (s *diffScreen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if s.terminalChanged(msg) {
		s.moveTo(s.cursor)
		return s, nil
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if s.typing {
			return s, s.typeFilter(msg)
		}
		s.notice = "" // it has been seen
		return s, s.press(msg, s.actions())
	case tea.PasteMsg:
		if s.typing {
			s.filter, _ = s.filter.Update(msg)
			s.refilter()
		}
	case tea.MouseClickMsg, tea.MouseWheelMsg:
		return s, s.onMouse(msg)
	}
	return s, nil
}

// onMouse gives a message of the mouse to the dialog that is open; without one the wheel
// scrolls, and a click selects a row.
func (s *diffScreen) onMouse(msg tea.Msg) tea.Cmd {
	if cmd, taken := s.pointed(msg); taken {
		return cmd
	}
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		s.moveTo(s.cursor + 3*notches(msg))
	case tea.MouseClickMsg:
		if row := s.top + msg.Y - s.head(); msg.Y >= s.head() && row < len(s.rows) {
			s.moveTo(row)
		}
	}
	return nil
}

func (s *diffScreen) actions() []action {
	k, all := &s.keys, func() int { return len(s.rows) }
	filter := action{about: aboutShowing, key: named(k.Filter, "filter by path, verdict or kernel"),
		do: func() tea.Cmd { s.typing = true; s.filter.CursorEnd(); return s.filter.Focus() }}
	actions := s.programActions("", s.actions)
	if s.filter.Value() != "" {
		actions = append(actions, does(aboutShowing, named(k.Escape, "clear the filter"), s.clearFilter))
	} else {
		actions = s.closingActions(s.actions)
	}
	actions = append(actions, does(aboutShowing, named(k.Sort, "sort by the next order"), s.nextOrder), filter)
	return append(actions, k.moves(s.page, all, func(d int) { s.moveTo(s.cursor + d) })...)
}

// typeFilter takes a key into the filter, which applies at once.
func (s *diffScreen) typeFilter(msg tea.KeyPressMsg) tea.Cmd {
	k := &s.keys
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case key.Matches(msg, k.Suspend):
		return tea.Suspend
	case key.Matches(msg, k.Accept):
		s.typing = false
		return nil
	case key.Matches(msg, k.Cancel):
		s.clearFilter()
		return nil
	}
	s.filter, _ = s.filter.Update(msg)
	s.refilter()
	return nil
}

func (s *diffScreen) clearFilter() {
	s.typing = false
	s.filter.SetValue("")
	s.refilter()
}

func (s *diffScreen) refilter() {
	s.sort()
	s.moveTo(0)
}

// nextOrder orders by the next of the diffOrders, from the top.
func (s *diffScreen) nextOrder() {
	s.order = (s.order + 1) % len(diffOrders)
	s.sort()
	s.moveTo(0)
}

// What stands around the rows where there is room: above them both sides, the whole
// pass and the titles, from diffRoom lines on also what the verdicts rest on; below them
// the row under the cursor in words, and a footer.
const (
	diffHead = 4
	diffRoom = 12
)

// head is the lines above the rows.
func (s *diffScreen) head() int {
	if s.roomy() {
		return diffHead + 1
	}
	return diffHead
}

// page is the rows on the screen.
func (s *diffScreen) page() int {
	below := 0
	if s.hasFooter() {
		below++
	}
	if s.roomy() {
		below++
	}
	return max(s.h-s.head()-below, 1)
}

func (s *diffScreen) hasFooter() bool { return s.h >= footerHeight }
func (s *diffScreen) roomy() bool     { return s.h >= diffRoom }

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
	if s.roomy() && len(s.rows) > 0 {
		c.text(1, s.h-2, s.w-1, rowInWords(s.rows[s.cursor]), muted)
	}
	if s.hasFooter() {
		s.drawFooter(c)
	}
}

func (s *diffScreen) drawFooter(c *canvas) {
	k, y := &s.keys, s.h-1
	if s.typing {
		x := c.text(1, y, s.w, "/"+s.filter.Value(), strong)
		x = c.text(x+3, y, s.w, plural(len(s.rows), "rows"), muted)
		c.keys(x+3, y, s.w, []key.Binding{k.Accept, k.Cancel})
		return
	}
	if s.notice != "" {
		c.drawNotice(rect{1, y, s.w - 2, 1}, s.notice)
		return
	}
	keys := []key.Binding{named(k.Quit, "quit"), k.Help, named(k.Filter, "filter"), named(k.Sort, "sort"), k.Up, k.Down}
	if s.filter.Value() != "" {
		keys = append([]key.Binding{named(k.Escape, "all rows")}, keys...)
	}
	c.keys(1, y, s.w, keys)
}

// drawHead says what is compared, how both passes differ as a whole, and what that rests
// on.
func (s *diffScreen) drawHead(c *canvas) {
	d := s.diff
	x := c.text(1, 0, s.w, "A "+d.A, strong)
	c.text(x+2, 0, s.w-1, aboutSide(d.AboutA), muted)
	x = c.text(1, 1, s.w, "B "+d.B, strong)
	c.text(x+2, 1, s.w-1, aboutSide(d.AboutB), muted)
	total := d.Total.Row()
	text := fmt.Sprintf("a pass: %s → %s, %s, %s",
		millis(total.AMS, false), millis(total.BMS, false), changeText(&total), total.Verdict())
	x = c.text(1, 2, s.w-1, text, diffLook(&total))
	c.text(x+3, 2, s.w-1, "by "+diffOrders[s.order].name, muted)
	if s.roomy() {
		c.text(1, 3, s.w-1, restsOn(d), muted)
	}
}

// restsOn says what the verdicts rest on, or why there are none.
func restsOn(d *profile.Diff) string {
	switch {
	case d.Reason != "":
		return d.Reason
	case d.TurnAbout:
		return fmt.Sprintf("verdicts rest on %d pairs of processes, run turn about; p is adjusted (Holm)",
			d.AboutA.Processes)
	}
	return ""
}

// rowInWords is a row's name, and what its figures leave out: its kernels, the interval
// of its ratio, and why it has no verdict.
func rowInWords(r *profile.DiffRow) string {
	words := []string{diffName(r)}
	if change := kernelChange(r); change != "" {
		words = append(words, "kernel "+change)
	} else if kernel := cmp.Or(r.AKernel, r.BKernel); kernel != "" {
		words = append(words, "kernel "+kernel)
	}
	if i := r.Interval; i != nil {
		words = append(words, fmt.Sprintf("95 %% interval %s to %s", perCent(i[0]-1), perCent(i[1]-1)))
	}
	if r.Reason != "" {
		words = append(words, r.Reason)
	}
	return strings.Join(words, " · ")
}

// kernelChange names both kernels of a row if they differ: that explains a difference.
func kernelChange(r *profile.DiffRow) string {
	if r.AKernel == r.BKernel || r.AKernel == "" || r.BKernel == "" {
		return ""
	}
	return r.AKernel + " → " + r.BKernel
}

// aboutSide is how a profile came about, as far as it explains a difference.
func aboutSide(d profile.DiffSide) string {
	ran := d.Device.ID
	if d.Device.OnCPU() {
		ran = plural(d.Device.Threads, "threads")
	}
	return fmt.Sprintf("%s · %v · %s · %s", d.Model, d.Input.Shape, ran, d.Device.Name)
}

// diffColumn is a figure of a row.
type diffColumn struct {
	title string
	width int
	text  func(r *profile.DiffRow) string
}

// diffColumns are a row's figures; those that find no room are left out from
// the right.
func (s *diffScreen) diffColumns() []diffColumn {
	p := diffColumn{"p adj", 9, func(r *profile.DiffRow) string { return probability(r.PAdjusted) }}
	verdict := 14
	if min(s.diff.AboutA.Processes, s.diff.AboutB.Processes) < 2 {
		p = diffColumn{"p", 9, func(r *profile.DiffRow) string { return probability(r.PValue) }}
		verdict = 21 // "differs in this pair"
	}
	return []diffColumn{
		{"B − A", 10, func(r *profile.DiffRow) string { return millis(r.DeltaMS, true) }},
		{"of A", 9, changeText},
		{"A", 9, func(r *profile.DiffRow) string { return millis(r.AMS, false) }},
		{"B", 9, func(r *profile.DiffRow) string { return millis(r.BMS, false) }},
		{"verdict", verdict, func(r *profile.DiffRow) string { return r.Verdict() }},
		p,
	}
}

// probability is a probability in two digits.
func probability(p *float64) string {
	switch {
	case p == nil:
		return profile.Dash
	case *p < 0.001:
		return fmt.Sprintf("%.0e", *p)
	}
	return fmt.Sprintf("%.3f", *p)
}

// Widths of the name, and of half a bar.
const (
	diffNameLeast = 8
	diffNameMost  = 30
	diffBar       = 8
)

// nameWidth is the cells of the column of names: what the longest needs, but not more
// than leaves room for both times.
func (s *diffScreen) nameWidth() int {
	widest := width("layer")
	for _, r := range s.rows {
		widest = max(widest, width(diffName(r)))
	}
	columns := s.diffColumns()
	figures := 0
	for _, c := range columns[:4] {
		figures += c.width
	}
	room := max(s.w-figures-2, s.w-columns[0].width-2)
	if s.w-figures-2 >= diffNameLeast {
		room = s.w - figures - 2
	}
	return max(min(widest+1, diffNameMost, room), diffNameLeast)
}

// drawRows draws the table and, where there is room, a bar per row to the largest
// difference of all rows, so that scrolling changes no bar; and how kernels changed.
func (s *diffScreen) drawRows(c *canvas) {
	head, name := s.head(), s.nameWidth()
	c.text(1, head-1, name, "layer", muted)
	shown := s.rows[min(s.top, len(s.rows)):min(s.top+s.page(), len(s.rows))]
	for i, r := range shown {
		c.text(1, head+i, name+1, diffName(r), diffLook(r))
	}
	x := name
	for _, column := range s.diffColumns() {
		if x+column.width >= s.w {
			break
		}
		x += column.width
		c.right(x, head-1, column.title, muted)
		for i, r := range shown {
			c.right(x, head+i, column.text(r), diffLook(r))
		}
	}
	x = s.drawBars(c, x+2, shown)
	if x+8 < s.w {
		for i, r := range shown {
			c.text(x, head+i, s.w-1, kernelChange(r), muted)
		}
	}
	if len(s.rows) > 0 {
		c.selectRow(0, head+s.cursor-s.top, s.w)
	}
}

// drawBars draws the differences as bars from a middle line at x + diffBar, faster to
// the left and slower to the right, if there is room. It returns where room is left.
func (s *diffScreen) drawBars(c *canvas, x int, shown []*profile.DiffRow) int {
	most := 0.0
	for i := range s.diff.Layers {
		most = max(most, math.Abs(s.diff.Layers[i].Delta()))
	}
	if x+2*diffBar+1 >= s.w || most == 0 {
		return x
	}
	c.text(x, s.head()-1, s.w, "faster", muted)
	c.right(x+2*diffBar+1, s.head()-1, "slower", muted)
	for i, r := range shown {
		if r.DeltaMS != nil {
			c.deviation(x, s.head()+i, diffBar, r.Delta()/most, diffLook(r))
		}
	}
	return x + 2*diffBar + 3
}

// deviation draws a part from -1 to 1 as a bar from a middle line, of half cells each to
// the left and to the right; the line is at x+half.
func (c *canvas) deviation(x, y, half int, part float64, l look) {
	c.set(x+half, y, '│', faint)
	if part > 0 {
		c.bar(x+half+1, y, half, part, l)
		return
	}
	halves := int(math.Round(2 * float64(half) * min(-part, 1)))
	for i := range halves / 2 {
		c.set(x+half-1-i, y, '█', l)
	}
	if halves%2 != 0 {
		c.set(x+half-1-halves/2, y, '▐', l)
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
	case r.InPair:
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
	return perCent(v)
}

// perCent is a part in per cent, with its sign, or as a factor where it is large.
func perCent(part float64) string {
	return strings.Replace(profile.FormatChange(part), "-", "−", 1)
}
