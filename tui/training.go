package tui

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"resnet-tui/profile"
	"resnet-tui/resnet"
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

// draw draws the note about the runs, and their curves.
func (v *trainingView) draw(c *canvas, r rect) {
	if t := v.training; t != nil && t.Note != "" && r.h > 2 {
		c.text(r.x+1, r.y, r.x+r.w, t.Note, muted)
		r.y, r.h = r.y+1, r.h-1
	}
	c.drawCurves(r, v.training)
}

// curvesOf are the runs' losses by step and errors by epoch, a look and a pen
// per net, and what is drawn of them.
type curvesOf struct {
	losses, errors []curve
	legend         []curve
	window         int     // steps that a point of a loss is the mean of
	steps, epochs  float64 // where the axes end
}

// curvesFor makes the curves for a chart of w cells.
func curvesFor(tracks []*train.Track, w int) curvesOf {
	c := curvesOf{epochs: 1}
	longest := 0
	for _, t := range tracks {
		longest = max(longest, len(t.Steps))
	}
	// A cell is two dots wide: more points than dots would only blur.
	c.window = max((longest+2*w-1)/max(2*w, 1), 1)
	styles := penFor(tracks)
	for _, t := range tracks {
		k := styles[t.Model]
		if !slices.ContainsFunc(c.legend, func(l curve) bool { return l.name == t.Model }) {
			c.legend = append(c.legend, k)
		}
		loss, wrong := k, k
		loss.x, loss.y = smoothed(t.Steps, c.window)
		for _, e := range t.Epochs {
			wrong.x = append(wrong.x, float64(e.Epoch))
			wrong.y = append(wrong.y, 100*e.TrainError)
			c.epochs = max(c.epochs, float64(e.Epoch))
		}
		if n := len(t.Steps); n > 0 {
			c.steps = max(c.steps, float64(t.Steps[n-1].Step))
		}
		c.losses, c.errors = append(c.losses, loss), append(c.errors, wrong)
	}
	return c
}

// smoothed are the means of window steps each, at the last step of each window. Means,
// not every n-th loss: the noise of single batches would hide the trend.
func smoothed(steps []train.StepRecord, window int) (x, y []float64) {
	for part := range slices.Chunk(steps, window) {
		sum := 0.0
		for _, s := range part {
			sum += s.Loss
		}
		x, y = append(x, float64(part[len(part)-1].Step)), append(y, sum/float64(len(part)))
	}
	return x, y
}

// penFor gives each net a look by whether it is plain, and a pen by its number
// among those: nets of one kind differ by pen where there is no colour.
func penFor(tracks []*train.Track) map[string]curve {
	pens := map[bool][]pen{false: {thinPen, thickPen}, true: {dashedPen, dottedPen}}
	looks := map[bool][]look{false: {skipLook, skipBright, skipDim}, true: {plainLook, strong, muted}}
	seen := map[bool]int{}
	styles := map[string]curve{}
	for _, t := range tracks {
		if _, ok := styles[t.Model]; ok {
			continue
		}
		c, err := resnet.ParseArch(t.Model)
		plain := err == nil && c.Plain
		i := seen[plain]
		seen[plain]++
		look, pen := looks[plain], pens[plain]
		styles[t.Model] = curve{name: t.Model, look: look[i%len(look)], pen: pen[i%len(pen)]}
	}
	return styles
}

// drawCurves draws losses, errors and a table of the runs; the table alone where curves
// would be too small to read. The table gets its lines first, up to a third; the two
// charts share the rest.
func (c *canvas) drawCurves(r rect, t *Training) {
	if t == nil || len(t.Tracks) == 0 {
		c.text(r.x+1, r.y, r.x+r.w, "no step has been made yet", muted)
		return
	}
	k := curvesFor(t.Tracks, r.w-axisLabel-1)
	table := min(len(t.Tracks)+1, max(r.h/3, 2))
	h := (r.h - table) / 2
	if h < shortestChart+2 || r.w < 40 {
		c.drawTracks(r, t.Tracks, k)
		return
	}
	title := "loss by step"
	if k.window > 1 {
		title = fmt.Sprintf("loss by step · means of %d", k.window)
	}
	c.drawFigure(rect{r.x, r.y, r.w, h}, figure{
		titles: []string{title, "loss"}, unit: "step", to: k.steps, scale: linearScale(k.losses), curves: k.losses, legend: k.legend,
	})
	c.drawFigure(rect{r.x, r.y + h, r.w, h}, figure{
		titles: []string{"training error by epoch · %"}, unit: "epoch", to: k.epochs, scale: linearScale(k.errors), curves: k.errors,
	})
	c.drawTracks(rect{r.x, r.y + 2*h, r.w, r.h - 2*h}, t.Tracks, k)
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

// drawTracks lists the runs. Where not all have room it lists the newest, and the title
// says how many there are. A run's pen and colour stand before its name, as the legend
// of the curves above.
func (c *canvas) drawTracks(r rect, tracks []*train.Track, k curvesOf) {
	name := min(trackName, max(r.w-trackColumns[0].width-trackColumns[1].width-1, 8))
	title := "run"
	if all := len(tracks); all > r.h-1 {
		tracks = tracks[all-max(r.h-1, 0):]
		title = fmt.Sprintf("last %d of %d", len(tracks), all)
	}
	c.text(r.x+3, r.y, r.x+name, title, muted)
	for i, t := range tracks {
		style := k.legend[slices.IndexFunc(k.legend, func(l curve) bool { return l.name == t.Model })]
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
