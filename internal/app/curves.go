package app

import (
	"fmt"
	"os"
	"slices"
	"sync"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// Curves are what is known of training while it goes on. They are safe for
// concurrent use.
type Curves struct {
	mu      sync.Mutex
	tracker train.Tracker
	note    string
}

// Tracks are the curves of the runs until now.
func (c *Curves) Tracks() []*train.Track {
	c.mu.Lock()
	defer c.mu.Unlock()
	var tracks []*train.Track
	for _, k := range c.tracker.Tracks {
		// Records are only ever appended to those that are there.
		tracks = append(tracks, &train.Track{Run: k.Run, Steps: slices.Clip(k.Steps), Epochs: slices.Clip(k.Epochs)})
	}
	return tracks
}

// Note says in one line how far the newest run is.
func (c *Curves) Note() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.note
}

func (c *Curves) observe(e train.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tracker.Observe(e)
}

func (c *Curves) setNote(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note = text
}

// trainWatch turns what happens in runs into curves, progress and notices. It is
// used by the goroutine that trains.
type trainWatch struct {
	curves   Curves
	listener Listener
	runs     int  // that there will be
	resume   bool // they were asked to continue
	run      train.Run
	begun    int // runs
}

func (w *trainWatch) observe(e train.Event) {
	w.curves.observe(e)
	if e.Run != w.run {
		w.run, w.begun = e.Run, w.begun+1
	}
	switch {
	case e.Step != nil:
		w.progress(e.Step.Step, e.Steps, w.stepLine(e))
	case e.Scored != nil:
		done, right := e.Scored.Total, 100*float64(e.Scored.Correct)/float64(e.Scored.Total)
		w.progress(done, 0, fmt.Sprintf("%s  evaluating: %d images, %.2f %% right", w.name(), done, right))
	case e.Begin != nil && w.resume:
		w.listener.notice("%s", w.beginLine(e.Begin))
	case e.Epoch != nil:
		w.listener.notice("%s", epochLine(w.name(), e))
	}
}

func (w *trainWatch) progress(done, total int, text string) {
	w.curves.setNote(text)
	w.listener.progress(Progress{Stage: "training", Done: int64(done), Total: int64(total), Text: text})
}

// stepLine says how far a run is after a step.
func (w *trainWatch) stepLine(e train.Event) string {
	s := e.Step
	return fmt.Sprintf("%s  epoch %d of %d  step %d of %d  %s  loss %.4f  lr %.3g  %s img/s  %s",
		w.name(), s.Epoch, e.Epochs, s.Step, e.Steps,
		profile.ProgressBar(float64(s.Step)/float64(max(e.Steps, 1)), 10),
		s.Loss, s.Rate, profile.Count.Figure(e.ImagesPerS), timeLeft(e))
}

// beginLine says where a run continues that was asked to.
func (w *trainWatch) beginLine(b *train.Begin) string {
	switch {
	case b.From == "":
		return w.name() + "  no checkpoint yet: it begins at the first step"
	case b.Done:
		return w.name() + "  was finished already: " + b.From
	}
	return fmt.Sprintf("%s  goes on from %s, after step %d", w.name(), b.From, b.Step)
}

// name is the run's, and which of several it is.
func (w *trainWatch) name() string {
	name := fmt.Sprintf("%s seed %d", w.run.Model, w.run.Seed)
	if w.runs > 1 {
		name = fmt.Sprintf("%d/%d %s", w.begun, w.runs, name)
	}
	return name
}

func epochLine(name string, e train.Event) string {
	r := e.Epoch
	line := fmt.Sprintf("%s  epoch %d of %d: train loss %.4f, error %s",
		name, r.Epoch, e.Epochs, r.TrainLoss, profile.FormatShare(r.TrainError))
	if r.TestError != nil {
		line += ", test error " + profile.FormatShare(*r.TestError)
	}
	return line
}

func timeLeft(e train.Event) string {
	if e.Left == 0 {
		return ""
	}
	s := int(e.Left.Seconds() + 0.5)
	if s >= 3600 {
		return fmt.Sprintf("%d h %02d min left", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%d:%02d left", s/60, s%60)
}

// ReadTracks reads the curves of a history that training wrote.
func ReadTracks(path string) ([]*train.Track, error) {
	tracks, err := readTracks(path)
	if err != nil {
		return nil, refuse("{history}: %w", err)
	}
	return tracks, nil
}

func readTracks(path string) ([]*train.Track, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	tracks, bad, err := train.ReadHistory(file)
	if err == nil && len(tracks) == 0 {
		err = fmt.Errorf("it has no record of a training run (%d other lines)", bad)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tracks, nil
}
