package tui

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// Training is what is known of training runs at some moment. The screen draws it while
// the training goes on, so that it must not change once it has been returned: a newer
// state is a new Training, with tracks of its own.
type Training struct {
	Tracks []*train.Track // one per run, in the order in which they began
	Note   string         // one line about the state: the progress, or the file's name
	Done   bool           // nothing will be added: the screen stops asking
}

// trainingView shows the curves of training runs beside the net.
type trainingView struct {
	treeView
	training *Training // the newest that is known
	runs     runList
}

func (v *trainingView) title() string { return "Training" }
func (v *trainingView) missing() string {
	return when(v.opts.Training == nil, "no training is shown beside this net: --training FILE shows one")
}

// start asks for the training's state at once. Asking may read a file, so that it is a
// command, which runs in a goroutine of its own.
func (v *trainingView) start() tea.Cmd {
	if v.opts.Training == nil {
		return nil
	}
	return glanceAt(v.opts.Training)
}

// receive takes the answer, and asks again later unless the training is done. An error
// leaves the curves of the last good answer: a file that is being written may fail to
// be read once.
func (v *trainingView) receive(msg tea.Msg) tea.Cmd {
	m, ok := msg.(trainingMsg)
	if !ok {
		return nil
	}
	if m.err != nil {
		v.screen.notify(oneLine(m.err))
	}
	if m.training != nil {
		v.training = m.training
	}
	if v.training != nil && v.training.Done {
		return nil
	}
	return glanceLater(v.opts.Training)
}

// update makes room for the runs that there are.
func (v *trainingView) update(w, h int) {
	if v.training != nil {
		p := arrangeTraining(rect{w: w, h: h}, len(v.training.Tracks), v.training.Note != "")
		v.runs.update(len(v.training.Tracks), p.table.h-1)
	}
}

// actions: the keys that move the cursor elsewhere scroll the runs.
func (v *trainingView) actions() []action {
	others := v.treeView.actions()[len(v.moves()):]
	return append(v.runs.actions(v.keymap), others...)
}

func (v *trainingView) wheel(d int) { v.runs.move(d) }

// draw draws the note about the runs, and their curves.
func (v *trainingView) draw(c *canvas, r rect) { c.drawTraining(r, v.training, &v.runs) }

// trainingPanes divides a screen of training: a line of note, the charts, and the table.
// An empty chart is left out.
type trainingPanes struct{ note, loss, errors, tests, table rect }

// narrowestErrors is the width from which both charts of errors stand side by side.
const narrowestErrors = 60

// arrangeTraining divides r for so many runs. The table gets its lines first, up to a
// third, and all where curves would be too small to read; the charts share the rest.
func arrangeTraining(r rect, runs int, note bool) (p trainingPanes) {
	if note && r.h > 2 {
		p.note = rect{r.x, r.y, r.w, 1}
		r.y, r.h = r.y+1, r.h-1
	}
	table := min(runs+1, max(r.h/3, 2))
	h := (r.h - table) / 2
	switch {
	case r.h-table < shortestChart+2 || r.w < 40:
		p.table = r
		return p
	case h < shortestChart+2: // one chart has room
		h = r.h - table
		p.loss, p.table = rect{r.x, r.y, r.w, h}, rect{r.x, r.y + h, r.w, table}
		return p
	}
	p.loss = rect{r.x, r.y, r.w, h}
	p.errors, p.tests = rect{r.x, r.y + h, r.w, h}, rect{r.x, r.y + h, r.w, h}
	if r.w >= narrowestErrors {
		p.errors.w = r.w / 2
		p.tests.x, p.tests.w = r.x+p.errors.w, r.w-p.errors.w
	}
	p.table = rect{r.x, r.y + 2*h, r.w, r.h - 2*h}
	return p
}

// drawTraining draws the note, losses, errors and the table of the runs.
func (c *canvas) drawTraining(r rect, t *Training, list *runList) {
	if t == nil || len(t.Tracks) == 0 {
		c.text(r.x+1, r.y, r.x+r.w, "no step has been made yet", muted)
		return
	}
	p := arrangeTraining(r, len(t.Tracks), t.Note != "")
	c.text(p.note.x+1, p.note.y, p.note.x+p.note.w, t.Note, muted)
	k := curvesFor(t.Tracks, r.w-axisLabel-1)
	if !p.loss.empty() {
		s := lossScale(k.losses)
		c.drawFigure(p.loss, figure{
			titles: k.lossTitles(s), unit: "step", to: k.steps, scale: s, curves: k.losses, legend: reversed(k.losses),
		})
	}
	if !p.errors.empty() {
		c.drawErrors(p, &k)
	}
	c.drawTracks(p.table, t.Tracks, k.losses, list)
}

// reversed are curves in the other order: a legend names the last one first.
func reversed(curves []curve) []curve {
	curves = slices.Clone(curves)
	slices.Reverse(curves)
	return curves
}

// drawErrors draws the errors on the images that were trained on and on the test images,
// side by side on one scale. Where only one has room it is the test error, unless there
// is none.
func (c *canvas) drawErrors(p trainingPanes, k *curvesOf) {
	s := lossScale(slices.Concat(k.errors, k.tests))
	trained := figure{titles: errorTitles("training", s), unit: "epoch", to: k.epochs, scale: s, curves: k.errors}
	tested := figure{titles: errorTitles("test", s), unit: "epoch", to: k.epochs, scale: s, curves: k.tests}
	switch both := p.errors.w < p.loss.w; {
	case len(k.tests) == 0:
		p.errors.w = p.loss.w
		c.drawFigure(p.errors, trained)
	case both:
		c.drawFigure(p.errors, trained)
		c.drawFigure(p.tests, tested)
	default:
		c.drawFigure(p.tests, tested)
	}
}

// trackColumn is a figure of a run, in columns from the left.
type trackColumn struct {
	title string
	width int
	text  func(t *train.Track) string
}

var trackColumns = []trackColumn{
	{"seed", 6, func(t *train.Track) string { return strconv.FormatUint(t.Seed, 10) }},
	{"loss", 9, func(t *train.Track) string {
		return lastStep(t, func(s train.StepRecord) string { return profile.Significant(s.Loss) })
	}},
	{"error", 9, func(t *train.Track) string {
		return lastEpoch(t, func(e train.EpochRecord) *float64 { return &e.TrainError })
	}},
	{"test", 9, func(t *train.Track) string {
		return lastEpoch(t, func(e train.EpochRecord) *float64 { return e.TestError })
	}},
	{"epoch", 7, func(t *train.Track) string {
		return lastStep(t, func(s train.StepRecord) string { return strconv.Itoa(s.Epoch) })
	}},
	{"step", 8, func(t *train.Track) string {
		return lastStep(t, func(s train.StepRecord) string { return strconv.Itoa(s.Step) })
	}},
	{"rate", 10, func(t *train.Track) string {
		return lastStep(t, func(s train.StepRecord) string { return profile.Significant(s.Rate) })
	}},
}

// lastStep is a figure of a run's newest step, a dash before the first.
func lastStep(t *train.Track, text func(train.StepRecord) string) string {
	if len(t.Steps) == 0 {
		return profile.Dash
	}
	return text(t.Steps[len(t.Steps)-1])
}

// lastEpoch is an error of a run's newest epoch in per cent, a dash where it was
// not measured.
func lastEpoch(t *train.Track, of func(train.EpochRecord) *float64) string {
	if len(t.Epochs) == 0 {
		return profile.Dash
	}
	v := of(t.Epochs[len(t.Epochs)-1])
	if v == nil || math.IsNaN(*v) {
		return profile.Dash
	}
	return fmt.Sprintf("%.2f %%", 100**v)
}

const trackName = 22 // cells of a run's name

// runList is what of the table of runs is shown: the newest, until the user scrolls.
type runList struct {
	top, rows, all int
	scrolled       bool // away from the newest
}

// update takes the number of runs and the lines for them.
func (l *runList) update(all, rows int) {
	l.all, l.rows = all, max(rows, 0)
	l.move(0)
}

// move scrolls by d runs.
func (l *runList) move(d int) {
	last := max(l.all-l.rows, 0)
	if d == 0 && !l.scrolled {
		l.top = last
	}
	l.top = max(min(l.top+d, last), 0)
	l.scrolled = l.top < last
}

// title says which runs are shown, if not all.
func (l *runList) title() string {
	switch {
	case l.rows >= l.all:
		return "run"
	case !l.scrolled:
		return fmt.Sprintf("last %d of %d", l.rows, l.all)
	}
	return fmt.Sprintf("%d…%d of %d", l.top+1, l.top+l.rows, l.all)
}

// actions scroll the table, or say that all is shown.
func (l *runList) actions(k *KeyMap) []action {
	all := when(l.rows >= l.all, "all runs are shown")
	moves := k.moves(func() int { return max(l.rows, 1) }, func() int { return l.all }, l.move)
	for i := range moves {
		moves[i] = moves[i].offWhile(all)
	}
	return moves
}

// drawTracks lists the runs. Where not all have room the title says which are shown. A
// run's pen and colour stand before its name, as in the legend of the curves above.
func (c *canvas) drawTracks(r rect, tracks []*train.Track, nets []curve, l *runList) {
	name := min(trackName, max(r.w-trackColumns[0].width-trackColumns[1].width-1, 8))
	title := l.title()
	if width(title) > name-3 {
		title = fmt.Sprintf("%d/%d", l.rows, l.all)
	}
	c.text(r.x+3, r.y, r.x+name, title, muted)
	tracks = tracks[min(l.top, len(tracks)):min(l.top+l.rows, len(tracks))]
	for i, t := range tracks {
		style := nets[slices.IndexFunc(nets, func(k curve) bool { return k.name == t.Model })]
		c.text(r.x+1, r.y+1+i, r.x+3, style.pen.sample(), style.look)
		c.text(r.x+3, r.y+1+i, r.x+name, t.Model, plainText)
	}
	x := r.x + name
	for _, column := range trackColumns {
		if x += column.width; x >= r.x+r.w {
			return
		}
		c.right(x, r.y, column.title, muted)
		for i, t := range tracks {
			c.right(x, r.y+1+i, column.text(t), plainText)
		}
	}
}
