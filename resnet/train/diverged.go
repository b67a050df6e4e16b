package train

import (
	"context"
	"fmt"
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// DivergedError says that a run has left the finite numbers.
type DivergedError struct {
	Run
	Step       int     // at which it was noticed, from 1
	Loss       float64 // then
	First      string  // the first value that was not finite, and the step: "the gradient of conv1.weight in step 12"; "" if it was not found
	Checkpoint string  // the last, "" if there is none
}

// Error says where it began, and what is left.
func (e *DivergedError) Error() string {
	s := fmt.Sprintf("%s, seed %d, has diverged: the loss of step %d is %v", e.Model, e.Seed, e.Step, e.Loss)
	if math.IsNaN(e.Loss) {
		s = fmt.Sprintf("%s, seed %d, has diverged by step %d", e.Model, e.Seed, e.Step)
	}
	if e.First != "" {
		s += "; the first value that is no finite number was " + e.First
	}
	if e.Checkpoint != "" {
		s += "; the last checkpoint is " + e.Checkpoint
	}
	return s + "; a lower learning rate or a warm-up may help"
}

// snapshotEvery is the steps between copies of the state in memory, from which
// a step that went wrong is repeated.
const snapshotEvery = 32

// snapshot is a copy of the state, finite throughout.
type snapshot struct {
	at      position
	tensors []*tensor.Tensor // by kept
	spare   []*tensor.Tensor
}

// take copies the state, unless something in it is not finite: then the copy
// before it stays.
func (s *snapshot) take(t *trainer) error {
	params := kept(t.model, t.SGD)
	if s.spare == nil {
		for _, p := range params {
			s.spare = append(s.spare, tensor.New(p.Shape...))
		}
	}
	for i, p := range params {
		if err := t.learner.State().Read(p.Name, s.spare[i]); err != nil {
			return err
		}
		if !finite(s.spare[i].Data) {
			return nil
		}
	}
	s.at, s.tensors, s.spare = t.at, s.spare, s.tensors
	return nil
}

func (s *snapshot) restore(t *trainer) error {
	for i, p := range kept(t.model, t.SGD) {
		if err := t.learner.State().Write(p.Name, s.tensors[i]); err != nil {
			return err
		}
	}
	t.learner.SetPasses(uint64(s.at.Step))
	return nil
}

func finite(values []float32) bool {
	for _, v := range values {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// notFinite names the first parameter, statistic or optimiser's buffer that
// holds a value which is not finite.
func (t *trainer) notFinite() (string, error) {
	for _, p := range kept(t.model, t.SGD) {
		x := tensor.New(p.Shape...)
		if err := t.learner.State().Read(p.Name, x); err != nil {
			return "", err
		}
		if !finite(x.Data) {
			return p.Name, nil
		}
	}
	return "", nil
}

// diverged finds out where a run left the finite numbers: it goes back to the
// last copy of the state, repeats the steps since, and looks at every layer of
// the last two.
func (t *trainer) diverged(ctx context.Context, loss float64) error {
	e := &DivergedError{Run: t.run, Step: t.at.Step + 1, Loss: loss, Checkpoint: t.file}
	if t.before.tensors == nil {
		return e
	}
	failed := t.at.Step
	first, err := t.locate(ctx, failed)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		e.First = first
	}
	return e
}

// locate finds the first value that is not finite, at the latest in the step
// after failed others.
func (t *trainer) locate(ctx context.Context, failed int) (string, error) {
	if err := t.before.restore(t); err != nil {
		return "", err
	}
	for step := t.before.at.Step; step <= failed; step++ {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		b := t.feed(step / t.perEpoch).read(step % t.perEpoch)
		if b.err != nil {
			return "", b.err
		}
		if step >= failed-1 {
			if what, err := t.probe(ctx, b); what != "" || err != nil {
				return fmt.Sprintf("%s in step %d", what, step+1), err
			}
		}
		if _, err := t.forward(ctx, b, t.Schedule.at(step, t.perEpoch, t.Epochs)); err != nil {
			return "", err
		}
		if what, err := t.notFinite(); what != "" || err != nil {
			return fmt.Sprintf("in %s, after the update of step %d", what, step+1), err
		}
	}
	return "", nil
}

// probe makes a step without its update, layer by layer, and names the first
// output or gradient that is not finite; "" if all are.
func (t *trainer) probe(ctx context.Context, b batch) (what string, err error) {
	if !finite(b.input.Data) {
		return "an image", nil
	}
	s, err := t.learner.Beside(ctx, t.model.Model, func(o *nn.SessionOptions) {
		o.Fuse, o.Moments, o.Norms, o.Update = false, true, true, nil
	})
	if err != nil {
		return "", err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	s.SetPasses(t.learner.Passes())
	if err := s.SetInput(b.input); err != nil {
		return "", err
	}
	if err := s.SetTarget(b.labels); err != nil {
		return "", err
	}
	if err := s.Run(ctx, nil); err != nil {
		return "", err
	}
	return firstNotFinite(s)
}

// firstNotFinite looks at outputs in the order of the forward pass, then at
// parameters' gradients in the order of the backward pass.
func firstNotFinite(s *nn.Session) (string, error) {
	for i, l := range s.Model().Layers {
		mean, std, ok := s.Stats(i)
		if ok && mean-mean+std-std != 0 {
			return "the output of " + l.Path, nil
		}
	}
	if loss, err := s.Loss(); err != nil || loss-loss != 0 {
		return "the loss", err
	}
	norms, err := s.ParamNorms()
	for i := len(norms) - 1; i >= 0; i-- {
		if v := norms[i].Norm; v-v != 0 {
			return "the gradient of " + norms[i].Name, nil
		}
	}
	return "", err
}
