package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"resnet-tui/resnet/checkpoint"
)

// History is a file of JSON lines, one per step and one per epoch, to which several
// runs may write one after another. A line is in the file when the call that adds it
// returns. The file is opened, and truncated if it is to be new, when the first run
// starts; its errors come from Train. A History isn't safe for concurrent use.
type History struct {
	path string
	mode int      // how the file is opened: os.O_TRUNC or os.O_APPEND
	file *os.File // nil until it is opened
}

// NewHistory returns a history that replaces the file at path.
func NewHistory(path string) *History { return &History{path: path, mode: os.O_TRUNC} }

// ContinueHistory returns a history that appends to the file at path, or creates it.
func ContinueHistory(path string) *History { return &History{path: path, mode: os.O_APPEND} }

// open opens the file, if it isn't open.
func (h *History) open() (err error) {
	if h.file == nil {
		h.file, err = os.OpenFile(h.path, os.O_WRONLY|os.O_CREATE|h.mode, 0o666)
	}
	return err
}

// add appends a record as a line of JSON.
func (h *History) add(record any) error {
	line, err := json.Marshal(record)
	if err != nil {
		return err
	}
	_, err = h.file.Write(append(line, '\n'))
	return err
}

// cut removes the records of a run after a step and an epoch, which the run is about to
// repeat, and an incomplete last line.
func (h *History) cut(r Run, step, epoch int) error {
	if err := h.open(); err != nil {
		return err
	}
	data, err := os.ReadFile(h.path)
	if err != nil {
		return err
	}
	var kept bytes.Buffer
	for line := range bytes.Lines(data) {
		var l historyLine
		complete := json.Unmarshal(line, &l) == nil && bytes.HasSuffix(line, []byte("\n"))
		if complete && !(l.Run == r && l.beyond(step, epoch)) {
			kept.Write(line)
		}
	}
	if kept.Len() == len(data) {
		return nil
	}
	err = checkpoint.WriteFile(h.path, func(w io.Writer) error {
		_, err := w.Write(kept.Bytes())
		return err
	})
	if err != nil {
		return err
	}
	old := h.file
	h.file, h.mode = nil, os.O_APPEND
	return errors.Join(old.Close(), h.open())
}

// Close closes the file, if it was opened.
func (h *History) Close() error {
	if h.file == nil {
		return nil
	}
	return h.file.Close()
}

// historyLine is a record of either kind: only steps have a Loss.
type historyLine struct {
	Run
	Step       int      `json:"step"`
	Epoch      int      `json:"epoch"`
	Rate       float64  `json:"lr"`
	Loss       *float64 `json:"loss"`
	TrainLoss  float64  `json:"train_loss"`
	TrainError float64  `json:"train_error"`
	TestLoss   *float64 `json:"test_loss"`
	TestError  *float64 `json:"test_error"`
}

// beyond reports whether a step's record is later than step, or an epoch's than epoch.
func (l *historyLine) beyond(step, epoch int) bool {
	if l.Loss != nil {
		return l.Step > step
	}
	return l.Epoch > epoch
}

// Track holds the records of one run.
type Track struct {
	Run
	Steps  []StepRecord
	Epochs []EpochRecord
}

// Tracker collects the records of runs while they train. It isn't safe for concurrent
// use.
type Tracker struct {
	Tracks []*Track // in the order in which the runs started
}

// Observe adds the step or epoch of an event. Other events are ignored.
func (t *Tracker) Observe(e Event) {
	switch {
	case e.Step != nil:
		k := t.track(e.Run)
		k.Steps = append(k.Steps, *e.Step)
	case e.Epoch != nil:
		k := t.track(e.Run)
		k.Epochs = append(k.Epochs, *e.Epoch)
	}
}

// track returns a run's track, and adds one if it has none.
func (t *Tracker) track(r Run) *Track {
	for _, k := range slices.Backward(t.Tracks) {
		if k.Run == r {
			return k
		}
	}
	t.Tracks = append(t.Tracks, &Track{Run: r})
	return t.Tracks[len(t.Tracks)-1]
}

// maxLine bounds a line of a history, in bytes.
const maxLine = 1 << 16

// ReadHistory reads the runs of a history, in the order in which they start. Lines that
// aren't records are skipped and counted in bad. It returns an error if reading fails
// or a line is too long for a history.
func ReadHistory(r io.Reader) (tracks []*Track, bad int, err error) {
	var tracker Tracker
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var l historyLine
		if json.Unmarshal(lines.Bytes(), &l) != nil || l.Model == "" || l.Epoch < 1 {
			bad++
			continue
		}
		tracker.track(l.Run).add(&l)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, bad, fmt.Errorf("a line is longer than %d bytes: this is not a training history", maxLine)
	}
	return tracker.Tracks, bad, lines.Err()
}

// add adds a record of either kind.
func (t *Track) add(l *historyLine) {
	if l.Loss != nil {
		t.Steps = append(t.Steps, StepRecord{t.Run, l.Step, l.Epoch, l.Rate, *l.Loss})
		return
	}
	t.Epochs = append(t.Epochs, EpochRecord{
		Run: t.Run, Epoch: l.Epoch, Step: l.Step,
		TrainLoss: l.TrainLoss, TrainError: l.TrainError, TestLoss: l.TestLoss, TestError: l.TestError,
	})
}
