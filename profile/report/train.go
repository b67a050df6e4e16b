package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// Train is what training runs have come to.
type Train struct {
	Schema   string         `json:"schema"`
	Device   profile.Device `json:"device"`
	Data     string         `json:"data"`
	Settings train.Settings `json:"settings"` // of the first run; the others differ in their seed
	Runs     []TrainRun     `json:"runs"`
	Failed   []string       `json:"failed,omitempty"`  // why runs ended early
	Summary  *train.Summary `json:"summary,omitempty"` // of several runs

	Tracks []*train.Track `json:"-"` // for the curves
}

// TrainRun is one of them.
type TrainRun struct {
	Model      profile.Model      `json:"model"`
	Seed       uint64             `json:"seed"`
	Epochs     int                `json:"epochs"` // that ended
	Steps      int                `json:"steps"`
	Final      *train.EpochRecord `json:"final,omitempty"`
	Seconds    float64            `json:"seconds"`
	Checkpoint string             `json:"checkpoint,omitempty"`
	History    string             `json:"history,omitempty"`
}

// NewTrain reports on runs; the caller names device and data. history is their
// file's name, if there is one.
func NewTrain(c train.Comparison, tracks []*train.Track, history string) *Train {
	t := &Train{Schema: "resnet-tui/train/1", Tracks: tracks}
	for _, r := range c.Results {
		t.Runs = append(t.Runs, TrainRun{
			Model: profile.Describe(r.Net, ""), Seed: r.Seed, Epochs: r.Epochs, Steps: r.Steps, Final: r.Final, Seconds: r.Seconds,
			Checkpoint: r.Checkpoint, History: history,
		})
	}
	for _, err := range c.Failed {
		t.Failed = append(t.Failed, err.Error())
	}
	if len(t.Runs) > 1 {
		t.Summary = train.Summarise(tracks)
	}
	return t
}

// Table has one row a run.
func (t *Train) Table() *Table {
	out := &Table{Columns: []Column{
		{"arch", "net", false}, {"seed", "seed", true}, {"epochs", "epochs", true}, {"steps", "steps", true},
		{"train_loss", "train loss", true}, {"train_error", "train error", true},
		{"test_loss", "test loss", true}, {"test_error", "test error", true}, {"seconds", "time", true}, {"checkpoint", "", false},
	}}
	for _, r := range t.Runs {
		final := r.Final
		if final == nil {
			final = &train.EpochRecord{}
		}
		trainLoss, trainError := &final.TrainLoss, &final.TrainError
		if r.Final == nil {
			trainLoss, trainError = nil, nil
		}
		out.Add(plain(r.Model.Arch), plain(fmt.Sprint(r.Seed)), whole(r.Epochs), whole(r.Steps), loss(trainLoss), partOf(trainError),
			loss(final.TestLoss), partOf(final.TestError), Cell{profile.FormatTime(time.Duration(r.Seconds * 1e9)), raw(r.Seconds)}, plain(r.Checkpoint))
	}
	return out
}

func loss(v *float64) Cell {
	if v == nil {
		return Cell{profile.Dash, ""}
	}
	return Cell{fmt.Sprintf("%.4f", *v), raw(*v)}
}

func partOf(v *float64) Cell {
	if v == nil {
		return Cell{profile.Dash, ""}
	}
	return Cell{profile.FormatShare(*v), raw(*v)}
}

// Text writes the runs, their curves and, of several, what they say together.
func (t *Train) Text(w io.Writer) error {
	if err := t.Table().Text(w); err != nil {
		return err
	}
	if err := writeCurves(w, t.Tracks); err != nil {
		return err
	}
	if err := writeSummary(w, t.Summary); err != nil {
		return err
	}
	for _, f := range t.Failed {
		fmt.Fprintf(w, "\n%s\n", f)
	}
	fmt.Fprintln(w)
	return facts(w, [][2]string{
		{"data", t.Data},
		{"device", deviceLine(t.Device)},
		{"settings", settingsLine(t.Settings)},
	})
}

func settingsLine(s train.Settings) string {
	parts := []string{
		fmt.Sprintf("batch %d, learning rate %g (%s", s.Batch, s.Schedule.Rate, s.Schedule.Decay),
		fmt.Sprintf("momentum %g", s.SGD.Momentum), fmt.Sprintf("weight decay %g", s.SGD.Decay),
	}
	if s.Schedule.WarmUp > 0 {
		parts[0] += fmt.Sprintf(", warm-up of %g epochs", s.Schedule.WarmUp)
	}
	parts[0] += ")"
	if s.SGD.Nesterov {
		parts[1] += " (Nesterov)"
	}
	if s.Augment {
		parts = append(parts, "images shifted and mirrored")
	}
	if s.Smoothing > 0 {
		parts = append(parts, fmt.Sprintf("labels smoothed by %g", s.Smoothing))
	}
	return strings.Join(parts, ", ")
}

// curveCells is the width of a curve.
const curveCells = 48

// writeCurves draws each run's training loss by step, all on one axis that
// begins at zero.
func writeCurves(w io.Writer, tracks []*train.Track) error {
	var curves [][]float64
	top := 0.0
	for _, t := range tracks {
		c := thinned(t.Steps, curveCells)
		for _, v := range c {
			top = max(top, v)
		}
		curves = append(curves, c)
	}
	if top == 0 {
		return nil
	}
	fmt.Fprintf(w, "\ntraining loss, from 0 to %s\n", profile.Significant(top))
	table := &Table{Columns: []Column{{"", "net", false}, {"", "seed", true}, {"", "loss by step", false}, {"", "last steps", true}}}
	for i, t := range tracks {
		last := Cell{Text: profile.Dash}
		if n := len(curves[i]); n > 0 {
			last = loss(&curves[i][n-1])
		}
		table.Add(plain(t.Model), plain(fmt.Sprint(t.Seed)), plain(sparkline(curves[i], top)), last)
	}
	return table.Text(w)
}

// thinned is at most n means of equally many steps.
func thinned(steps []train.StepRecord, n int) []float64 {
	n = min(n, len(steps))
	means := make([]float64, n)
	for i := range means {
		part := steps[i*len(steps)/n : (i+1)*len(steps)/n]
		for _, s := range part {
			means[i] += s.Loss / float64(len(part))
		}
	}
	return means
}

// sparkline draws values from 0 to top in eighths of a cell.
func sparkline(values []float64, top float64) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteRune([]rune("▁▂▃▄▅▆▇█")[min(int(8*v/top), 7)])
	}
	return b.String()
}

// writeSummary writes what several runs say, over their seeds.
func writeSummary(w io.Writer, s *train.Summary) error {
	if s == nil {
		return nil
	}
	fmt.Fprintf(w, "\nafter epoch %d, mean over seeds (least to most)\n", s.Epoch)
	if err := outcomesTable(s).Text(w); err != nil || len(s.Ratios) == 0 {
		return err
	}
	fmt.Fprintf(w, "\ntraining loss of one net over another's\n")
	t := &Table{Columns: []Column{{"", "nets", false}, {"", "ratio", true}, {"", "seeds", true}}}
	for _, r := range s.Ratios {
		t.Add(plain(r.A+" / "+r.B), plain(spread(r.Ratio, func(v float64) string { return fmt.Sprintf("%.2f", v) })), whole(r.Ratio.N))
	}
	return t.Text(w)
}

func outcomesTable(s *train.Summary) *Table {
	t := &Table{Columns: []Column{
		{"", "net", false}, {"", "seeds", true}, {"", "train loss", true}, {"", "train error", true}, {"", "test loss", true}, {"", "test error", true},
	}}
	figure := func(v float64) string { return fmt.Sprintf("%.3f", v) }
	for _, o := range s.Outcomes {
		t.Add(plain(o.Model), whole(o.TrainLoss.N), plain(spread(o.TrainLoss, figure)), plain(spread(o.TrainError, profile.FormatShare)),
			plain(spread(o.TestLoss, figure)), plain(spread(o.TestError, profile.FormatShare)))
	}
	return t
}

// spread shows a mean and, of several seeds, its range.
func spread(s train.Spread, figure func(float64) string) string {
	switch s.N {
	case 0:
		return profile.Dash
	case 1:
		return figure(s.Mean)
	}
	return fmt.Sprintf("%s (%s to %s)", figure(s.Mean), figure(s.Min), figure(s.Max))
}

// TrainHistory is what training wrote down.
type TrainHistory struct {
	Schema  string         `json:"schema"`
	File    string         `json:"file"`
	Runs    []HistoryRun   `json:"runs"`
	Summary *train.Summary `json:"summary,omitempty"`

	tracks []*train.Track
}

// HistoryRun is what it says of one run.
type HistoryRun struct {
	train.Run
	Steps  int                 `json:"steps"`
	Epochs []train.EpochRecord `json:"epochs"`
}

// NewTrainHistory reports on a history's runs.
func NewTrainHistory(file string, tracks []*train.Track) *TrainHistory {
	h := &TrainHistory{Schema: "resnet-tui/train-history/1", File: file, Summary: train.Summarise(tracks), tracks: tracks}
	for _, t := range tracks {
		r := HistoryRun{Run: t.Run, Epochs: t.Epochs}
		if n := len(t.Steps); n > 0 {
			r.Steps = t.Steps[n-1].Step
		}
		h.Runs = append(h.Runs, r)
	}
	return h
}

// Table has one row an epoch.
func (h *TrainHistory) Table() *Table {
	t := &Table{Columns: []Column{
		{"model", "net", false}, {"seed", "seed", true}, {"epoch", "epoch", true}, {"train_loss", "train loss", true}, {"train_error", "train error", true},
		{"test_loss", "test loss", true}, {"test_error", "test error", true},
	}}
	for _, r := range h.Runs {
		for _, e := range r.Epochs {
			t.Add(plain(r.Model), plain(fmt.Sprint(r.Seed)), whole(e.Epoch), loss(&e.TrainLoss), partOf(&e.TrainError), loss(e.TestLoss), partOf(e.TestError))
		}
	}
	return t
}

// Text writes the epochs, the curves and what they say together.
func (h *TrainHistory) Text(w io.Writer) error {
	if err := h.Table().Text(w); err != nil {
		return err
	}
	if err := writeCurves(w, h.tracks); err != nil {
		return err
	}
	return writeSummary(w, h.Summary)
}
