package train

import (
	"context"
	"errors"
	"math"
	"time"

	"resnet-tui/tensor"
)

// epochs trains to the end.
func (t *trainer) epochs(ctx context.Context) error {
	for !t.finished() {
		if err := t.epoch(ctx); err != nil {
			return errors.Join(t.saveInterrupted(ctx, err), t.saveLost(err))
		}
	}
	return nil
}

// saveInterrupted saves an interrupted run, unless its last checkpoint is already the state that
// it has.
func (t *trainer) saveInterrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	if t.file != "" && t.saved.Step == t.at.Step && t.saved.Epoch == t.at.Epoch {
		return err
	}
	return errors.Join(err, t.save(context.WithoutCancel(ctx), t.run.stepFile(t.at.Step)))
}

// saveLost saves the newest copy in memory of a run whose device is gone, if it is newer
// than the last checkpoint.
func (t *trainer) saveLost(err error) error {
	copied := t.lastGood.at
	if !errors.Is(err, tensor.ErrLost) || t.Folder == "" || t.lastGood.tensors == nil || copied.Step <= t.saved.Step {
		return nil
	}
	t.at = copied
	return t.write(t.run.stepFile(copied.Step), t.lastGood.source(t))
}

// epoch runs the remaining steps of an epoch, and evaluates.
func (t *trainer) epoch(ctx context.Context) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	t.mark = time.Now()
	feed := t.feed(t.at.Epoch)
	feed.first = t.at.Step - t.at.Epoch*t.perEpoch
	for b := range feed.start(reading) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.step(ctx, b); err != nil {
			return err
		}
		if t.SaveEvery > 0 && t.at.Step%t.SaveEvery == 0 && t.at.Step%t.perEpoch != 0 {
			if err := t.save(ctx, t.run.stepFile(t.at.Step)); err != nil {
				return err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return t.endEpoch(ctx)
}

// feed returns the batches of an epoch, counted from 0.
func (t *trainer) feed(epoch int) *feed {
	images := order(t.Seed, epoch, t.Images.Len())
	f := &feed{shape: t.model.Root.In, data: t.Images, order: images, whole: true}
	if t.Augment {
		a := newAugmentation(t.Seed, epoch, f.shape)
		f.augment = &a
	}
	return f
}

// step runs one step. A cancelled ctx doesn't interrupt it: half a step would leave
// neither the old weights nor the new.
func (t *trainer) step(ctx context.Context, b batch) error {
	if b.err != nil {
		return b.err
	}
	if t.at.Step%snapshotEvery == 0 || t.lastGood.tensors == nil {
		if err := t.lastGood.take(t); err != nil {
			return err
		}
	}
	rate := t.Schedule.at(t.at.Step, t.perEpoch, t.Epochs)
	loss, err := t.update(context.WithoutCancel(ctx), b, rate)
	if err != nil {
		return err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return t.diverged(ctx, loss)
	}
	if err := t.count(b, loss); err != nil {
		return err
	}
	t.pace.step(t.addTime())
	r := StepRecord{t.run, t.at.Step, t.at.Epoch + 1, rate, loss}
	t.notify(Event{Step: &r})
	return t.record(r)
}

// update runs the forward pass, backward pass and update of a step, and returns its
// loss.
func (t *trainer) update(ctx context.Context, b batch, rate float64) (float64, error) {
	err := errors.Join(t.training.SetInput(b.input), t.training.SetTarget(b.labels), t.training.SetLearningRate(rate))
	if err != nil {
		return 0, err
	}
	if err := t.training.Run(ctx, nil); err != nil {
		return 0, err
	}
	return t.training.Loss()
}

// count adds a step to the epoch's sums.
func (t *trainer) count(b batch, loss float64) error {
	logits, err := t.training.Logits()
	if err != nil {
		return err
	}
	for i, label := range b.labels {
		if Top(Image(logits, i), 1)[0] != label {
			t.at.Wrong++
		}
	}
	t.at.Step++
	t.at.Seen += len(b.labels)
	t.at.LossSum += loss
	return nil
}

// addTime adds the time since the last call to the run's, and returns it.
func (t *trainer) addTime() time.Duration {
	d := time.Since(t.mark)
	t.mark = t.mark.Add(d)
	t.at.Seconds += d.Seconds()
	return d
}

// endEpoch evaluates, records the epoch and saves a checkpoint.
func (t *trainer) endEpoch(ctx context.Context) error {
	r := EpochRecord{Run: t.run, Epoch: t.at.Epoch + 1, Step: t.at.Step}
	r.TrainLoss = t.at.LossSum / float64(t.perEpoch)
	r.TrainError = float64(t.at.Wrong) / float64(t.at.Seen)
	if t.Test != nil {
		scored := func(s Score) { t.notify(Event{Scored: &s}) }
		score, err := Evaluate(ctx, t.eval, t.model.Root.In, t.Test, scored)
		if err != nil {
			return err
		}
		r.setTest(score)
		t.pace.eval(t.addTime())
	}
	t.at = position{Step: t.at.Step, Epoch: r.Epoch, Seconds: t.at.Seconds, Last: &r}
	t.notify(Event{Epoch: &r})
	if err := t.record(r); err != nil {
		return err
	}
	return t.save(ctx, t.run.epochFile(r.Epoch))
}
