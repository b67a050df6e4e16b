package train

import (
	"context"
	"fmt"
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// DivergedError reports that the loss or a weight of a run is no longer finite.
type DivergedError struct {
	Run
	Step int     // the step at which it was noticed, counted from 1
	Loss float64 // the loss of that step; NaN if a weight was noticed first
	// First is the first non-finite value, with its step: "the gradient of
	// conv1.weight in step 12"; "" if it wasn't found.
	First      string
	Checkpoint string // the path of the last checkpoint, "" if there is none
}

// Error says where the run diverged, and what can be done.
func (e *DivergedError) Error() string {
	s := fmt.Sprintf("%s, seed %d, has diverged: the loss of step %d is %v", e.Model, e.Seed, e.Step, e.Loss)
	if math.IsNaN(e.Loss) {
		s = fmt.Sprintf("%s, seed %d, has diverged by step %d", e.Model, e.Seed, e.Step)
	}
	if e.First != "" {
		s += "; the first non-finite value was " + e.First
	}
	if e.Checkpoint != "" {
		s += "; the last checkpoint is " + e.Checkpoint
	}
	return s + "; a lower learning rate or a warm-up may help"
}

// snapshotEvery is the number of steps between copies of the state in memory. Steps
// are repeated from a copy to find where a run diverged.
const snapshotEvery = 32

// snapshot is a copy of the state, finite throughout.
type snapshot struct {
	at      position
	tensors []*tensor.Tensor // in the order of kept; nil before the first copy
	spare   []*tensor.Tensor // for the next copy, until it is known to be finite
}

// take copies the state. If a value in it isn't finite, the previous copy is kept.
func (s *snapshot) take(t *trainer) error {
	params := kept(t.model, t.SGD)
	if s.spare == nil {
		for _, p := range params {
			s.spare = append(s.spare, tensor.New(p.Shape...))
		}
	}
	for i, p := range params {
		if err := t.training.State().Read(p.Name, s.spare[i]); err != nil {
			return err
		}
		if !finite(s.spare[i].Data) {
			return nil
		}
	}
	s.at = t.at
	s.tensors, s.spare = s.spare, s.tensors
	return nil
}

// restore writes the copy back into the state.
func (s *snapshot) restore(t *trainer) error {
	for i, p := range kept(t.model, t.SGD) {
		if err := t.training.State().Write(p.Name, s.tensors[i]); err != nil {
			return err
		}
	}
	t.training.SetPasses(uint64(s.at.Step))
	return nil
}

// source gives the copy's tensors by their names.
func (s *snapshot) source(t *trainer) tensor.Source {
	named := snapshotSource{}
	for i, p := range kept(t.model, t.SGD) {
		named[p.Name] = s.tensors[i]
	}
	return named
}

type snapshotSource map[string]*tensor.Tensor

// Load copies a tensor of the snapshot.
func (s snapshotSource) Load(p tensor.Param, t *tensor.Tensor) error {
	copy(t.Data, s[p.Name].Data)
	return nil
}

// finite reports whether all values are finite.
func finite(values []float32) bool {
	for _, v := range values {
		if v-v != 0 { // NaN for ±Inf and NaN
			return false
		}
	}
	return true
}

// notFinite names the first parameter, running statistic or momentum buffer with a
// non-finite value; "" if there is none.
func (t *trainer) notFinite() (string, error) {
	for _, p := range kept(t.model, t.SGD) {
		x := tensor.New(p.Shape...)
		if err := t.training.State().Read(p.Name, x); err != nil {
			return "", err
		}
		if !finite(x.Data) {
			return p.Name, nil
		}
	}
	return "", nil
}

// diverged makes the error of a run that has diverged. To find the first non-finite
// value, it goes back to the last copy of the state, repeats the steps since then, and
// looks at every layer of the last two.
func (t *trainer) diverged(ctx context.Context, loss float64) error {
	e := &DivergedError{Run: t.run, Step: t.at.Step + 1, Loss: loss, Checkpoint: t.file}
	if t.lastGood.tensors == nil {
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

// locate names the first non-finite value and its step, up to step failed, counted
// from 0.
func (t *trainer) locate(ctx context.Context, failed int) (string, error) {
	if err := t.lastGood.restore(t); err != nil {
		return "", err
	}
	for step := t.lastGood.at.Step; step <= failed; step++ {
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
		if _, err := t.update(ctx, b, t.Schedule.at(step, t.perEpoch, t.Epochs)); err != nil {
			return "", err
		}
		if what, err := t.notFinite(); what != "" || err != nil {
			return fmt.Sprintf("in %s, after the update of step %d", what, step+1), err
		}
	}
	return "", nil
}

// probe runs a step without its update, unfused, and names the first non-finite output
// or gradient; "" if all are finite.
func (t *trainer) probe(ctx context.Context, b batch) (what string, err error) {
	if !finite(b.input.Data) {
		return "an image", nil
	}
	s, err := t.training.Share(ctx, t.model.Model, func(o *nn.SessionOptions) {
		o.Fuse, o.Update = false, nil
		o.Probes = []nn.Probe{{At: nn.EveryLayer, What: nn.Moments}, {At: nn.EveryParameter, What: nn.Norm}}
	})
	if err != nil {
		return "", err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	s.SetPasses(t.training.Passes())
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

// firstNotFinite checks outputs in the order of the forward pass, then the loss, then
// parameter gradients in the order of the backward pass.
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
