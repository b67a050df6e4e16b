package nn

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"resnet-tui/tensor"
)

// SetTarget sets the class of each image of the batch, for the loss.
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

// Target are the classes that were set, nil if none were.
func (s *Session) Target() []int { return s.target }

// RandomTarget is a seeded class for each image of a batch. A larger batch
// begins with the classes of a smaller one.
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

// SetAlpha sets the factor of the branch that a ScaleBranch lesion scales, from
// the next pass on.
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

// Loss is the mean cross-entropy of the last pass.
func (s *Session) Loss() (float64, error) {
	t, err := s.read(s.lowered.Loss, "loss")
	if err != nil {
		return 0, err
	}
	return float64(t.Data[0]), nil
}

// BlockGradients are the gradients of the last pass at the blocks that it has
// reached, in execution order; none if the session does not probe them.
func (s *Session) BlockGradients() ([]BlockGradient, error) {
	var gradients []BlockGradient
	for _, p := range s.lowered.Blocks {
		if s.program != nil && s.done <= s.writer[p.In.Buffer] {
			continue // the backward pass comes to it later
		}
		var failed error
		g := p.read(func(r Reading) float64 {
			v, err := s.reading(r)
			if err != nil {
				failed = err
			}
			return v
		})
		if failed != nil {
			return nil, failed
		}
		gradients = append(gradients, g)
	}
	return gradients, nil
}

// reading is one number of a probe, 0 if there is no probe.
func (s *Session) reading(r Reading) (float64, error) {
	if r.Buffer == tensor.NoBuffer {
		return 0, nil
	}
	t, err := s.read(r.Buffer, "probe")
	if err != nil {
		return 0, err
	}
	return float64(t.Data[r.At]), nil
}

// ParamNorm is the L2 norm of the gradient of a parameter.
type ParamNorm struct {
	Name string
	Norm float64
}

// ParamNorms are the norms of the last pass's gradients, in the order of the
// model's parameters; none if the session does not probe them.
func (s *Session) ParamNorms() ([]ParamNorm, error) {
	var norms []ParamNorm
	for id, buffer := range s.lowered.ParamNorm {
		if buffer == tensor.NoBuffer {
			continue
		}
		v, err := s.reading(Reading{Buffer: buffer})
		if err != nil {
			return nil, err
		}
		norms = append(norms, ParamNorm{s.model.Params[id].Name, v})
	}
	return norms, nil
}

// ParamGrad is the last pass's gradient of a parameter, if KeepGrads.
func (s *Session) ParamGrad(name string) (*tensor.Tensor, error) {
	at := slices.IndexFunc(s.model.Params, func(p tensor.Param) bool { return p.Name == name })
	if at < 0 || s.lowered.ParamGrad[at] == tensor.NoBuffer {
		return nil, fmt.Errorf("there is no gradient of %s", name)
	}
	if !s.options.KeepGrads {
		return nil, errors.New("the session was not asked to keep gradients")
	}
	return s.read(s.lowered.ParamGrad[at], "gradients")
}

// InputGrad is the last pass's gradient of the image, N×C×H×W.
func (s *Session) InputGrad() (*tensor.Tensor, error) {
	return s.read(s.lowered.InputGrad, "gradient of the input")
}
