package train

import (
	"context"
	"errors"
	"math"
	"time"
)

// epochs trains to the end.
func (t *trainer) epochs(ctx context.Context) error {
	for !t.finished() {
		if err := t.epoch(ctx); err != nil {
			return t.giveUp(ctx, err)
		}
	}
	return nil
}

// giveUp saves what an interrupted run has come to.
func (t *trainer) giveUp(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	if t.file != "" && t.saved.Step == t.at.Step && t.saved.Epoch == t.at.Epoch {
		return err
	}
	return errors.Join(err, t.save(context.WithoutCancel(ctx), t.run.stepFile(t.at.Step)))
}

// epoch makes the rest of an epoch's steps, and evaluates.
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

// feed is an epoch's batches, the epoch counted from 0.
func (t *trainer) feed(epoch int) *feed {
	f := &feed{shape: t.model.Root.In, data: t.Images, order: order(t.Seed, epoch, t.Images.Len()), whole: true}
	if t.Augment {
		a := newAugmentation(t.Seed, epoch, f.shape)
		f.augment = &a
	}
	return f
}

// step makes one step, which nothing interrupts: half of one would leave
// neither the old weights nor the new.
func (t *trainer) step(ctx context.Context, b batch) error {
	if b.err != nil {
		return b.err
	}
	if t.at.Step%snapshotEvery == 0 || t.before.tensors == nil {
		if err := t.before.take(t); err != nil {
			return err
		}
	}
	rate := t.Schedule.at(t.at.Step, t.perEpoch, t.Epochs)
	loss, err := t.forward(context.WithoutCancel(ctx), b, rate)
	if err != nil {
		return err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return t.diverged(ctx, loss)
	}
	if err := t.count(b, loss); err != nil {
		return err
	}
	t.pace.step(t.spend())
	r := StepRecord{t.run, t.at.Step, t.at.Epoch + 1, rate, loss}
	t.tell(Event{Step: &r})
	return t.record(r)
}

// forward makes a step and returns its loss.
func (t *trainer) forward(ctx context.Context, b batch, rate float64) (float64, error) {
	if err := errors.Join(t.learner.SetInput(b.input), t.learner.SetTarget(b.labels), t.learner.SetLearningRate(rate)); err != nil {
		return 0, err
	}
	if err := t.learner.Run(ctx, nil); err != nil {
		return 0, err
	}
	return t.learner.Loss()
}

// count adds a step to the epoch's sums.
func (t *trainer) count(b batch, loss float64) error {
	logits, err := t.learner.Logits()
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

// spend counts the time since it was called last.
func (t *trainer) spend() time.Duration {
	d := time.Since(t.mark)
	t.mark = t.mark.Add(d)
	t.at.Seconds += d.Seconds()
	return d
}

// endEpoch evaluates, writes the epoch down and saves.
func (t *trainer) endEpoch(ctx context.Context) error {
	r := EpochRecord{Run: t.run, Epoch: t.at.Epoch + 1, Step: t.at.Step}
	r.TrainLoss, r.TrainError = t.at.LossSum/float64(t.perEpoch), float64(t.at.Wrong)/float64(t.at.Seen)
	if t.Test != nil {
		score, err := Evaluate(ctx, t.judge, t.model.Root.In, t.Test, func(s Score) { t.tell(Event{Scored: &s}) })
		if err != nil {
			return err
		}
		r.setTest(score)
		t.pace.eval(t.spend())
	}
	t.at = position{Step: t.at.Step, Epoch: r.Epoch, Seconds: t.at.Seconds, Last: &r}
	t.tell(Event{Epoch: &r})
	if err := t.record(r); err != nil {
		return err
	}
	return t.save(ctx, t.run.epochFile(r.Epoch))
}
