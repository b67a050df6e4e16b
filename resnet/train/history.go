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

// History is a file of JSON lines, one a step and one an epoch, that several
// runs may share. A line is in the file when the call that adds it returns. The
// file is opened, and what was there is lost, when the first run begins.
type History struct {
	path string
	mode int      // to open the file with
	file *os.File // nil until then
}

// NewHistory is an empty file, in the place of another.
func NewHistory(path string) *History { return &History{path: path, mode: os.O_TRUNC} }

// ContinueHistory goes on with a file, or begins it where there is none.
func ContinueHistory(path string) *History { return &History{path: path, mode: os.O_APPEND} }

// open opens the file, if it is not.
func (h *History) open() (err error) {
	if h.file == nil {
		h.file, err = os.OpenFile(h.path, os.O_WRONLY|os.O_CREATE|h.mode, 0o666)
	}
	return err
}

// add appends a record.
func (h *History) add(record any) error {
	line, err := json.Marshal(record)
	if err != nil {
		return err
	}
	_, err = h.file.Write(append(line, '\n'))
	return err
}

// cut takes away what the file says of a run beyond a step and an epoch, and a
// line that is not complete: the run is about to repeat them.
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
		if json.Unmarshal(line, &l) == nil && bytes.HasSuffix(line, []byte("\n")) && !(l.Run == r && l.beyond(step, epoch)) {
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

// Close closes the file.
func (h *History) Close() error {
	if h.file == nil {
		return nil
	}
	return h.file.Close()
}

// historyLine is a line of either kind: a step has a loss.
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

func (l *historyLine) beyond(step, epoch int) bool {
	if l.Loss != nil {
		return l.Step > step
	}
	return l.Epoch > epoch
}

// Track is what a history tells of one run.
type Track struct {
	Run
	Steps  []StepRecord
	Epochs []EpochRecord
}

// Tracker keeps what runs tell as they go.
type Tracker struct{ Tracks []*Track }

// Observe takes an event in.
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

// track is a run's track, a new one if it has none.
func (t *Tracker) track(r Run) *Track {
	for _, k := range slices.Backward(t.Tracks) {
		if k.Run == r {
			return k
		}
	}
	t.Tracks = append(t.Tracks, &Track{Run: r})
	return t.Tracks[len(t.Tracks)-1]
}

// maxLine bounds a line of a history.
const maxLine = 1 << 16

// ReadHistory reads the runs of a history, in the order in which they begin.
// Lines that are none of its records are passed over, and counted.
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
		return nil, bad, fmt.Errorf("a line is longer than %d bytes: this is no history of training", maxLine)
	}
	return tracker.Tracks, bad, lines.Err()
}

func (t *Track) add(l *historyLine) {
	if l.Loss != nil {
		t.Steps = append(t.Steps, StepRecord{t.Run, l.Step, l.Epoch, l.Rate, *l.Loss})
		return
	}
	t.Epochs = append(t.Epochs, EpochRecord{t.Run, l.Epoch, l.Step, l.TrainLoss, l.TrainError, l.TestLoss, l.TestError})
}
