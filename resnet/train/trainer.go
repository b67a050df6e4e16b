package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// Options of a training run.
type Options struct {
	Settings
	Images vision.Dataset
	Test   vision.Dataset // nil: nothing to evaluate on
	// Session says how the net runs: threads, precision, first weights. What
	// Settings decide is set by them.
	Session   nn.SessionOptions
	Folder    string // of checkpoints, one an epoch; "": none
	SaveEvery int    // steps between checkpoints within an epoch, 0: none
	Resume    bool   // go on from the newest checkpoint in Folder
	Shared    bool   // Folder may have other runs' checkpoints too
	History   *History
	Observe   func(Event) // hears of each step, from the goroutine that trains
}

// Result is what a run has come to.
type Result struct {
	Run
	Net        *resnet.Model
	Steps      int
	Epochs     int          // that ended
	Final      *EpochRecord // of the last of them, nil if none ended
	Seconds    float64      // those before an interruption included
	Checkpoint string       // the last, "" if there is none
}

// Train trains a net from the beginning, or from a checkpoint. It ends after
// its epochs; when ctx does, between two steps, with a checkpoint and ctx's
// error; or when the loss is no finite number any more, with a
// *DivergedError. Batches are of images in a random order, the last of which
// rest where they do not fill a batch.
func Train(ctx context.Context, dev tensor.Device, m *resnet.Model, o Options) (Result, error) {
	t := &trainer{Options: o, model: m, run: Run{m.Name, o.Seed}}
	if err := t.prepare(); err != nil {
		return t.result(), RefusedError{err}
	}
	err := t.begin(ctx, dev)
	if err == nil {
		err = t.epochs(ctx)
	}
	return t.result(), errors.Join(err, t.close())
}

// RefusedError says that a run can't be begun as it was asked for. Nothing was
// computed.
type RefusedError struct{ error }

// Unwrap is the reason.
func (e RefusedError) Unwrap() error { return e.error }

// trainer is a run.
type trainer struct {
	Options
	model    *resnet.Model
	run      Run
	learner  *nn.Session // steps
	judge    *nn.Session // evaluates, on the learner's weights
	perEpoch int         // steps
	at       position
	before   snapshot
	pace     pace
	mark     time.Time // until which time has been counted
	file     string    // the last checkpoint
	saved    position  // in it
}

// prepare checks what can be checked before anything is computed, and finds
// the checkpoint to go on from.
func (t *trainer) prepare() error {
	if err := t.check(); err != nil {
		return err
	}
	t.perEpoch = t.Images.Len() / t.Batch
	if t.perEpoch == 0 {
		return fmt.Errorf("a batch of %d images needs as many: there are %d to train on", t.Batch, t.Images.Len())
	}
	if t.Folder == "" {
		return nil
	}
	if t.Resume {
		return t.find()
	}
	// A run that began anew among them would be mixed up with them.
	if own, _, err := checkpoints(t.Folder, t.run); err == nil && len(own) > 0 {
		return fmt.Errorf("%s has checkpoints of %s with seed %d already: resume goes on from them, another folder begins anew", t.Folder, t.run.Model, t.run.Seed)
	}
	return os.MkdirAll(t.Folder, 0o777)
}

func (t *trainer) check() error {
	in := t.model.Root.In
	if in[0] != t.Batch {
		return fmt.Errorf("the net is built for a batch of %d, not %d", in[0], t.Batch)
	}
	for _, data := range []vision.Dataset{t.Images, t.Test} {
		if data == nil {
			continue
		}
		if c, h, w := data.Shape(); !in[1:].Equal(tensor.Shape{c, h, w}) {
			return fmt.Errorf("the data has images of %v, the net takes %v", tensor.Shape{c, h, w}, in[1:])
		}
	}
	if err := t.Settings.check(); err != nil {
		return err
	}
	_, err := t.model.Lower(t.lower())
	return err
}

// lower are the options of a step's plan.
func (t *trainer) lower() nn.LowerOptions {
	return nn.LowerOptions{Train: true, Backward: true, Smoothing: t.Smoothing, Update: &t.SGD}
}

// find looks for the checkpoint to go on from.
func (t *trainer) find() error {
	s, err := newest(t.Folder, t.run, !t.Shared)
	if s == nil || err != nil {
		return err
	}
	if net := describe(t.model); s.net != net {
		return fmt.Errorf("%s is a checkpoint of %s, not of %s", s.path, s.net, net)
	}
	if err := t.continues(&s.settings, s.position.Step, t.perEpoch); err != nil {
		return fmt.Errorf("%s can't be gone on from with these settings: %w", s.path, err)
	}
	p := s.position
	if within := p.Step - p.Epoch*t.perEpoch; p.Epoch < 0 || within < 0 || within > t.perEpoch || p.Seen != within*t.Batch || p.Epoch > 0 && p.Last == nil {
		return fmt.Errorf("%s: its position is damaged: step %d in epoch %d of %d steps each", s.path, p.Step, p.Epoch, t.perEpoch)
	}
	t.at, t.saved, t.file = s.position, s.position, s.path
	return nil
}

// begin compiles the net and restores the checkpoint. A run that is finished
// needs neither.
func (t *trainer) begin(ctx context.Context, dev tensor.Device) (err error) {
	if t.finished() {
		t.tell(Event{Begin: &Begin{t.file, t.at.Step, true}})
		return nil
	}
	o := t.Session
	o.Train, o.Fuse, o.Backward, o.Calibrate = true, true, true, false
	o.Seed, o.Smoothing, o.Update = t.Seed, t.Smoothing, &t.SGD
	if t.learner, err = nn.NewSession(ctx, dev, t.model.Model, o); err != nil {
		return err
	}
	t.judge, err = t.learner.Beside(ctx, t.model.Model, func(o *nn.SessionOptions) {
		o.Train, o.Backward, o.Update = false, false, nil
	})
	if err != nil {
		return err
	}
	if t.file != "" {
		s := saved{path: t.file, settings: t.Settings}
		if err := s.restore(t.model, t.learner.State()); err != nil {
			return err
		}
	}
	t.learner.SetPasses(uint64(t.at.Step))
	t.tell(Event{Begin: &Begin{t.file, t.at.Step, false}})
	if t.History == nil {
		return nil
	}
	return t.History.cut(t.run, t.at.Step, t.at.Epoch)
}

func (t *trainer) finished() bool { return t.at.Epoch >= t.Epochs }

// save writes a checkpoint, if there is a folder for it, and removes the last
// one if that was made within an epoch: an interrupted run leaves one.
func (t *trainer) save(ctx context.Context, name string) error {
	if t.Folder == "" {
		return nil
	}
	if what, err := t.notFinite(); err != nil {
		return err
	} else if what != "" {
		return t.diverged(ctx, math.NaN())
	}
	s := saved{filepath.Join(t.Folder, name), describe(t.model), t.Settings, t.at}
	if err := s.write(t.model, t.learner.State()); err != nil {
		return err
	}
	old, within := t.file, t.saved.Step != t.saved.Epoch*t.perEpoch
	t.file, t.saved = s.path, t.at
	if within && old != "" && old != s.path {
		if err := os.Remove(old); err != nil {
			return err
		}
	}
	t.tell(Event{Saved: s.path})
	return nil
}

// tell tells the observer.
func (t *trainer) tell(e Event) {
	if t.Observe == nil {
		return
	}
	e.Run, e.Steps, e.Epochs = t.run, t.Epochs*t.perEpoch, t.Epochs
	if t.pace.perStep > 0 {
		e.ImagesPerS = float64(t.Batch) / t.pace.perStep
		e.Left = t.pace.left(e.Steps-t.at.Step, t.Epochs-t.at.Epoch)
	}
	t.Observe(e)
}

func (t *trainer) record(r any) error {
	if t.History == nil {
		return nil
	}
	return t.History.add(r)
}

func (t *trainer) result() Result {
	return Result{t.run, t.model, t.at.Step, t.at.Epoch, t.at.Last, t.at.Seconds, t.file}
}

func (t *trainer) close() error {
	var err error
	for _, s := range slices.Backward([]*nn.Session{t.learner, t.judge}) {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}
