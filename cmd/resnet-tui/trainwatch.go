package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
	"resnet-tui/tui"
)

// trainWatch hears of runs: it keeps their curves, and tells how far they are
// on stderr or, while there is one, on the screen.
type trainWatch struct {
	lines  *progress
	runs   int  // that there will be
	resume bool // they were asked to go on

	mu       sync.Mutex // guards what follows, and all use of lines
	tracker  train.Tracker
	run      train.Run
	begun    int    // runs
	note     string // how far they are
	screen   bool
	finished bool
}

func newTrainWatch(w io.Writer, runs int) *trainWatch {
	return &trainWatch{lines: newProgress(w), runs: runs}
}

func (w *trainWatch) observe(e train.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tracker.Observe(e)
	if e.Run != w.run {
		w.run, w.begun = e.Run, w.begun+1
	}
	switch {
	case e.Step != nil:
		w.note = fmt.Sprintf("%s  epoch %d of %d  step %d of %d  %s  loss %.4f  lr %.3g  %.0f img/s  %s", w.name(), e.Step.Epoch, e.Epochs, e.Step.Step, e.Steps,
			progressBar(e.Step.Step, e.Steps), e.Step.Loss, e.Step.Rate, e.ImagesPerS, timeLeft(e))
	case e.Scored != nil:
		w.note = fmt.Sprintf("%s  evaluating: %d images, %.2f %% right", w.name(), e.Scored.Total, 100*float64(e.Scored.Correct)/float64(e.Scored.Total))
	case e.Begin != nil && w.resume && !w.screen:
		w.lines.stay(w.beginLine(e.Begin))
		return
	case e.Epoch != nil && !w.screen:
		w.lines.stay(epochLine(w.name(), e))
		return
	}
	if !w.screen {
		w.lines.say("%s", w.note)
	}
}

// show shows the curves while work goes on. Who leaves the screen leaves the
// work to go on, with lines.
func (w *trainWatch) show(ctx context.Context, title string, work func()) error {
	w.screen = true
	var done sync.WaitGroup
	done.Go(func() {
		work()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.finished = true
	})
	err := tui.Watch(ctx, tui.WatchOptions{Title: title, Theme: tui.ThemeAuto, Training: w.training})
	w.mu.Lock()
	w.screen = false
	w.mu.Unlock()
	done.Wait()
	if errors.Is(err, context.Canceled) {
		return nil // the work says so itself
	}
	return err
}

// training is what the screen shows now.
func (w *trainWatch) training() (*tui.Training, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := &tui.Training{Note: w.note + "  (q: training goes on without the screen)", Done: w.finished}
	if w.finished {
		t.Note = "done"
	}
	for _, k := range w.tracker.Tracks {
		// Records are only ever added behind those that are there.
		t.Tracks = append(t.Tracks, &train.Track{Run: k.Run, Steps: slices.Clip(k.Steps), Epochs: slices.Clip(k.Epochs)})
	}
	return t, nil
}

// beginLine says where a run goes on that was asked to.
func (w *trainWatch) beginLine(b *train.Begin) string {
	switch {
	case b.From == "":
		return w.name() + "  no checkpoint yet: it begins at the first step"
	case b.Done:
		return w.name() + "  had ended: " + b.From
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
	line := fmt.Sprintf("%s  epoch %d of %d: train loss %.4f, error %s", name, r.Epoch, e.Epochs, r.TrainLoss, profile.FormatShare(r.TrainError))
	if r.TestError != nil {
		line += ", test error " + profile.FormatShare(*r.TestError)
	}
	return line
}

// progressBar is a bar of ten cells.
func progressBar(done, total int) string {
	const cells = 10
	full := min(cells, done*cells/max(total, 1))
	return strings.Repeat("█", full) + strings.Repeat("░", cells-full)
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
