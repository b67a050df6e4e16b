package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// Train is the result of one or several training runs.
type Train struct {
	Schema   string         `json:"schema"`
	Device   profile.Device `json:"device"`
	Data     string         `json:"data"`
	Settings train.Settings `json:"settings"` // of the first run; others differ in the seed
	Runs     []TrainRun     `json:"runs"`
	Failed   []string       `json:"failed,omitempty"`  // error messages of runs that ended early
	Summary  *train.Summary `json:"summary,omitempty"` // nil for a single run

	Tracks []*train.Track `json:"-"` // for the curves of text
}

// TrainRun is the result of one training run. Final is its last completed epoch,
// nil if it has none; Seconds is wall time.
type TrainRun struct {
	Model      profile.Model      `json:"model"`
	Seed       uint64             `json:"seed"`
	Epochs     int                `json:"epochs"` // completed
	Steps      int                `json:"steps"`  // made, of incomplete epochs too
	Final      *train.EpochRecord `json:"final,omitempty"`
	Seconds    float64            `json:"seconds"`
	Checkpoint string             `json:"checkpoint,omitempty"`
	History    string             `json:"history,omitempty"`
}

// NewTrain returns the report of runs and their tracks. The caller fills in
// Device, Data and Settings. history is the file in which the runs are recorded,
// "" if there is none.
func NewTrain(c train.Comparison, tracks []*train.Track, history string) *Train {
	t := &Train{Schema: TrainSchema, Tracks: tracks}
	for _, r := range c.Results {
		t.Runs = append(t.Runs, TrainRun{
			Model:      profile.Describe(r.Net, ""),
			Seed:       r.Seed,
			Epochs:     r.Epochs,
			Steps:      r.Steps,
			Final:      r.Final,
			Seconds:    r.Seconds,
			Checkpoint: r.Checkpoint,
			History:    history,
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

// Table has one row per run.
func (t *Train) Table() Tabular {
	columns := []Column[TrainRun]{
		{"arch", "net", left, func(r TrainRun) Cell { return plain(r.Model.Arch) }},
		{"seed", "seed", right, func(r TrainRun) Cell { return seed(r.Seed) }},
		{"epochs", "epochs", right, func(r TrainRun) Cell { return whole(r.Epochs) }},
		{"steps", "steps", right, func(r TrainRun) Cell { return whole(r.Steps) }},
	}
	columns = append(columns, scoreColumns(func(r TrainRun) *train.EpochRecord { return r.Final })...)
	return Table[TrainRun]{Rows: t.Runs, Columns: append(columns, []Column[TrainRun]{
		{"seconds", "time", right, func(r TrainRun) Cell { return seconds(r.Seconds) }},
		{"checkpoint", "", left, func(r TrainRun) Cell { return plain(r.Checkpoint) }},
	}...)}
}

// seed is a seed, all digits.
func seed(n uint64) Cell { return plain(strconv.FormatUint(n, 10)) }

// scoreColumns returns the columns of the losses and errors of a row's epoch. of
// returns that epoch, nil if none is complete.
func scoreColumns[T any](of func(row T) *train.EpochRecord) []Column[T] {
	column := func(name, title string, cell func(e *train.EpochRecord) Cell) Column[T] {
		return Column[T]{name, title, right, func(row T) Cell {
			if e := of(row); e != nil {
				return cell(e)
			}
			return missing
		}}
	}
	return []Column[T]{
		column("train_loss", "train loss", func(e *train.EpochRecord) Cell { return loss(e.TrainLoss) }),
		column("train_error", "train error", func(e *train.EpochRecord) Cell { return share(e.TrainError) }),
		column("test_loss", "test loss", func(e *train.EpochRecord) Cell { return maybeLoss(e.TestLoss) }),
		column("test_error", "test error", func(e *train.EpochRecord) Cell { return maybeShare(e.TestError) }),
	}
}

// loss is a cross-entropy with four decimals for people.
func loss(v float64) Cell { return Cell{strconv.FormatFloat(v, 'f', 4, 64), raw(v)} }

// maybeLoss is loss of a value that is nil if unknown.
func maybeLoss(v *float64) Cell {
	if v == nil {
		return missing
	}
	return loss(*v)
}

// Text writes the runs, their curves, a summary of several runs, the errors of
// those that failed, and facts.
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
	var f facts
	f.add("data", t.Data)
	f.add("device", t.Device.Line())
	f.add("settings", settingsLine(t.Settings))
	return f.write(w)
}

// settingsLine describes the settings of training in one line.
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
