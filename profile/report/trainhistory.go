package report

import (
	"io"

	"resnet-tui/resnet/train"
)

// TrainHistory is the content of a training history file, epoch by epoch.
type TrainHistory struct {
	Schema  string         `json:"schema"`
	File    string         `json:"file"`
	Runs    []HistoryRun   `json:"runs"`
	Summary *train.Summary `json:"summary,omitempty"`

	tracks []*train.Track
}

// HistoryRun is one run of a training history. Steps is the number of its last
// recorded step.
type HistoryRun struct {
	train.Run
	Steps  int                 `json:"steps"`
	Epochs []train.EpochRecord `json:"epochs"`
}

// NewTrainHistory returns the report of a history file with these tracks, whose
// epochs it shares.
func NewTrainHistory(file string, tracks []*train.Track) *TrainHistory {
	h := &TrainHistory{Schema: TrainHistorySchema, File: file, Summary: train.Summarise(tracks), tracks: tracks}
	for _, t := range tracks {
		r := HistoryRun{Run: t.Run, Epochs: t.Epochs}
		if n := len(t.Steps); n > 0 {
			r.Steps = t.Steps[n-1].Step
		}
		h.Runs = append(h.Runs, r)
	}
	return h
}

// Table has one row per epoch.
func (h *TrainHistory) Table() Tabular {
	var epochs []historyEpoch
	for _, r := range h.Runs {
		for i := range r.Epochs {
			epochs = append(epochs, historyEpoch{r.Run, &r.Epochs[i]})
		}
	}
	columns := []Column[historyEpoch]{
		{"model", "net", left, func(e historyEpoch) Cell { return plain(e.run.Model) }},
		{"seed", "seed", right, func(e historyEpoch) Cell { return seed(e.run.Seed) }},
		{"epoch", "epoch", right, func(e historyEpoch) Cell { return whole(e.Epoch) }},
	}
	return Table[historyEpoch]{
		Rows:    epochs,
		Columns: append(columns, scoreColumns(func(e historyEpoch) *train.EpochRecord { return e.EpochRecord })...),
	}
}

// historyEpoch is an epoch with the run that it belongs to.
type historyEpoch struct {
	run train.Run
	*train.EpochRecord
}

// Text writes the epochs, the curves and the summary.
func (h *TrainHistory) Text(w io.Writer) error {
	if err := h.Table().Text(w); err != nil {
		return err
	}
	if err := writeCurves(w, h.tracks); err != nil {
		return err
	}
	return writeSummary(w, h.Summary)
}
