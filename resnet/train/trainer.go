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

// Options are the options of a training run.
type Options struct {
	Settings
	Images vision.Dataset // to train on
	Test   vision.Dataset // to evaluate on after each epoch; nil for no evaluation
	// Session says how the net runs: threads, precision, initial weights. Options
	// that follow from Settings are overwritten.
	Session   nn.SessionOptions
	Folder    string      // for checkpoints, one per epoch; "": none
	SaveEvery int         // steps between checkpoints within an epoch; 0: none
	Resume    bool        // continue from the newest checkpoint in Folder, if it has one
	Shared    bool        // Folder may also hold checkpoints of other runs
	History   *History    // records steps and epochs; nil: none
	Observe   func(Event) // called for each event by the goroutine that trains; nil: none
}

// Result is the state of a run when Train returns, even with an error.
type Result struct {
	Run
	Net        *resnet.Model
	Steps      int
	Epochs     int          // completed epochs
	Final      *EpochRecord // of the last completed epoch, nil if there is none
	Seconds    float64      // of training, including the time before an interruption
	Checkpoint string       // the path of the last checkpoint, "" if there is none
}

// Train trains a net from the beginning, or from a checkpoint, until the last epoch
// has ended. Images are shuffled every epoch; a last, incomplete batch is dropped.
//
// When ctx is cancelled, it stops between two steps, saves a checkpoint if
// Options.Folder is set, and returns ctx's error. When the loss or a weight stops
// being finite, it returns a *DivergedError. A run that can't start as asked for
// returns a RefusedError, before anything is computed.
//
// dev and the data sets may be shared with other runs; o.History only with runs that
// don't overlap.
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

// RefusedError reports that a run can't start with the given net, data and options:
// nothing was computed.
type RefusedError struct{ error }

// Unwrap returns the reason.
func (e RefusedError) Unwrap() error { return e.error }

// trainer is a run in progress.
type trainer struct {
	Options
	model    *resnet.Model
	run      Run
	training *nn.Session // runs the steps
	eval     *nn.Session // evaluates, on the weights of training
	perEpoch int         // steps per epoch
	at       position
	lastGood snapshot  // from which a step that went wrong is repeated
	pace     pace      // how fast steps and evaluations are
	mark     time.Time // up to here, time is counted in at.Seconds
	file     string    // the last checkpoint
	saved    position  // the position in it
}

// prepare checks what can be checked before anything is computed, and finds the
// checkpoint to resume from.
func (t *trainer) prepare() error {
	if err := t.check(); err != nil {
		return err
	}
	t.perEpoch = t.Images.Len() / t.Batch
	if t.perEpoch == 0 {
		return fmt.Errorf("a batch of %d images is too large: there are only %d images to train on",
			t.Batch, t.Images.Len())
	}
	if t.Folder == "" {
		return nil
	}
	if t.Resume {
		return t.find()
	}
	// The checkpoints of a new run would get mixed up with them.
	if own, _, err := checkpoints(t.Folder, t.run); err == nil && len(own) > 0 {
		return fmt.Errorf("%s already has checkpoints of %s with seed %d: "+
			"resume to continue from them, or choose another folder", t.Folder, t.run.Model, t.run.Seed)
	}
	return os.MkdirAll(t.Folder, 0o777)
}

// check compares the net with the batch and the data, and lowers it to find out
// whether it can be trained.
func (t *trainer) check() error {
	in := t.model.Root.In
	if in[0] != t.Batch {
		return fmt.Errorf("the net is built for a batch of %d, not %d", in[0], t.Batch)
	}
	for _, data := range []vision.Dataset{t.Images, t.Test} {
		if data == nil {
			continue
		}
		if err := checkImages(data, in); err != nil {
			return err
		}
	}
	if err := t.Settings.check(); err != nil {
		return err
	}
	_, err := t.model.Lower(t.pass())
	return err
}

// pass is that of a training step.
func (t *trainer) pass() nn.Pass { return nn.TrainingStep(t.Smoothing, t.SGD) }

// find looks for the checkpoint to resume from. Without one, the run starts anew.
func (t *trainer) find() error {
	s, err := newest(t.Folder, t.run, !t.Shared)
	if s == nil || err != nil {
		return err
	}
	if net := describe(t.model); s.net != net {
		return fmt.Errorf("%s is a checkpoint of %s, not of %s", s.path, s.net, net)
	}
	if err := t.continues(&s.settings, s.position.Step, t.perEpoch); err != nil {
		return fmt.Errorf("%s can't be resumed with these settings: %w", s.path, err)
	}
	p := s.position
	if !p.possible(t.perEpoch, t.Batch) {
		return fmt.Errorf("%s: its position is damaged: step %d in epoch %d of %d steps each",
			s.path, p.Step, p.Epoch, t.perEpoch)
	}
	t.at, t.saved = p, p
	t.file = s.path
	return nil
}

// begin compiles the net and restores the checkpoint. A run that has already
// finished needs neither.
func (t *trainer) begin(ctx context.Context, dev tensor.Device) (err error) {
	if t.finished() {
		t.notify(Event{Begin: &Begin{t.file, t.at.Step, true}})
		return nil
	}
	o := t.Session
	o.Pass = t.pass()
	o.Fuse = true
	o.Calibrate = false
	o.Seed = t.Seed
	if t.training, err = nn.NewSession(ctx, dev, t.model.Model, o); err != nil {
		return err
	}
	t.eval, err = t.training.Share(ctx, t.model.Model, func(o *nn.SessionOptions) { o.Pass = nn.Pass{Mode: nn.Eval} })
	if err != nil {
		return err
	}
	if t.file != "" {
		s := saved{path: t.file, settings: t.Settings}
		if err := s.restore(t.model, t.training.State()); err != nil {
			return err
		}
	}
	t.training.SetPasses(uint64(t.at.Step))
	t.notify(Event{Begin: &Begin{t.file, t.at.Step, false}})
	if t.History == nil {
		return nil
	}
	return t.History.cut(t.run, t.at.Step, t.at.Epoch)
}

// finished reports whether all epochs are completed.
func (t *trainer) finished() bool { return t.at.Epoch >= t.Epochs }

// save writes a checkpoint, if there is a folder for it.
func (t *trainer) save(ctx context.Context, name string) error {
	if t.Folder == "" {
		return nil
	}
	if what, err := t.notFinite(); err != nil {
		return err
	} else if what != "" {
		return t.diverged(ctx, math.NaN())
	}
	return t.write(name, stateSource{t.training.State()})
}

// write writes a checkpoint of the run's position, with the tensors of a source. It
// removes the previous one if that was made within an epoch, so that only checkpoints of
// whole epochs pile up.
func (t *trainer) write(name string, from tensor.Source) error {
	s := saved{filepath.Join(t.Folder, name), describe(t.model), t.Settings, t.at}
	if err := s.write(t.model, from); err != nil {
		return err
	}
	old, within := t.file, t.saved.Step != t.saved.Epoch*t.perEpoch
	t.file, t.saved = s.path, t.at
	if within && old != "" && old != s.path {
		if err := os.Remove(old); err != nil {
			return err
		}
	}
	t.notify(Event{Saved: s.path})
	return nil
}

// notify passes an event to the observer, with the run's pace.
func (t *trainer) notify(e Event) {
	if t.Observe == nil {
		return
	}
	e.Run = t.run
	e.Steps = t.Epochs * t.perEpoch
	e.Epochs = t.Epochs
	if t.pace.perStep > 0 {
		e.ImagesPerS = float64(t.Batch) / t.pace.perStep
		e.Left = t.pace.left(e.Steps-t.at.Step, t.Epochs-t.at.Epoch)
	}
	t.Observe(e)
}

// record adds a StepRecord or EpochRecord to the history.
func (t *trainer) record(r any) error {
	if t.History == nil {
		return nil
	}
	return t.History.add(r)
}

// result returns the state of the run.
func (t *trainer) result() Result {
	return Result{t.run, t.model, t.at.Step, t.at.Epoch, t.at.Last, t.at.Seconds, t.file}
}

// close closes the sessions, the second first: it uses the state of the first.
func (t *trainer) close() error {
	var err error
	for _, s := range slices.Backward([]*nn.Session{t.training, t.eval}) {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}
