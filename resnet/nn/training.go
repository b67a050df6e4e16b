package nn

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"resnet-tui/tensor"
)

// SetTarget sets the class of each image of the batch, for the loss. A number
// that is no class is a *tensor.TargetError.
func (s *Session) SetTarget(target []int) error {
	batch, classes := s.model.Batch(), s.model.Classes()
	switch {
	case s.program == nil:
		return errClosed
	case s.lowered.Target == tensor.NoBuffer:
		return errors.New("the session has no backward pass: there is no loss to set a target for")
	case len(target) != batch:
		return fmt.Errorf("%d labels for a batch of %d", len(target), batch)
	}
	t := tensor.New(batch)
	for i, class := range target {
		if class < 0 || class >= classes {
			return &tensor.TargetError{Image: i, Target: float64(class), Classes: classes}
		}
		t.Data[i] = float32(class)
	}
	if err := s.program.Write(s.lowered.Target, t); err != nil {
		return err
	}
	s.target = slices.Clone(target)
	return nil
}

// Target are the classes that were set, nil before.
func (s *Session) Target() []int { return s.target }

// RandomTarget draws a class for each image of a batch, the same for the same
// seed. A larger batch begins with the classes of a smaller one.
func RandomTarget(seed uint64, batch, classes int) []int {
	stream, target := tensor.NewStream(seed, "target"), make([]int, batch)
	for i := range target {
		target[i] = int(stream.Uniform(uint64(i)) * float64(classes))
	}
	return target
}

// SetLearningRate sets the optimiser's rate from the next pass on.
func (s *Session) SetLearningRate(rate float64) error {
	if v := float32(rate); math.IsNaN(rate) || math.IsInf(float64(v), 0) {
		return fmt.Errorf("learning rate %v: it must be a finite number", rate)
	}
	s.values[learningRate] = float32(rate)
	return nil
}

// SetAlpha sets the factor of a block's branch, from the next pass on. The block
// must have a ScaleBranch lesion.
func (s *Session) SetAlpha(path string, alpha float64) error {
	name := alphaName(path)
	if _, ok := s.values[name]; !ok {
		return fmt.Errorf("%s has no branch that is scaled", path)
	}
	if v := float32(alpha); math.IsNaN(alpha) || math.IsInf(float64(v), 0) {
		return fmt.Errorf("α %v: it must be a finite number", alpha)
	}
	s.values[name] = float32(alpha)
	return nil
}

// Loss is the mean cross-entropy of the last pass, with the smoothed labels if
// the pass smooths them.
func (s *Session) Loss() (float64, error) {
	t, err := s.read(s.lowered.Loss, "loss")
	if err != nil {
		return 0, err
	}
	return float64(t.Data[0]), nil
}
