package nn

import (
	"context"
	"errors"

	"resnet-tui/tensor"
)

// Recompile replaces s by a session of another program on the same weights: m
// may have another batch, image size or lesions, and change, if not nil, may set
// other options, except Source and Seed, which the weights came from. m must
// have the parameters of s's model.
//
// On success s is closed and must not be used; on error it stays usable. Input
// and target carry over if their shapes still fit; otherwise set them again.
func (s *Session) Recompile(ctx context.Context, m *Model, change func(*SessionOptions)) (*Session, error) {
	next, err := s.another(m, change)
	if err != nil {
		return nil, err
	}
	err = next.prepare(ctx)
	if err != nil && ctx.Err() == nil && !errors.Is(err, tensor.ErrLost) {
		err = s.retryWithoutOld(ctx, next, err)
	}
	if err != nil {
		return nil, err
	}
	next.passes = s.passes
	if rate, ok := s.values[learningRate]; ok {
		next.values[learningRate] = rate
	}
	s.state = nil // it is next's now
	if err := errors.Join(s.Close(), next.inherit(s)); err != nil {
		return nil, errors.Join(err, next.Close())
	}
	return next, nil
}

// inherit takes over another session's input and target if their shapes fit.
func (s *Session) inherit(from *Session) error {
	if from.target != nil && len(from.target) == s.model.Batch() && s.lowered.Target != tensor.NoBuffer {
		if err := s.SetTarget(from.target); err != nil {
			return err
		}
	}
	if from.input == nil || !from.input.Shape.Equal(s.model.Input) {
		return nil
	}
	return s.SetInput(from.input)
}

// retryWithoutOld frees the program of s, since both may not fit at once, and
// tries again; if that fails too, it restores s and returns why.
func (s *Session) retryWithoutOld(ctx context.Context, next *Session, why error) error {
	if err := s.swap(nil).Close(); err != nil {
		return errors.Join(why, err)
	}
	if next.prepare(ctx) == nil {
		return nil
	}
	s.done = 0
	if err := s.prepare(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(why, err)
	}
	return errors.Join(why, s.inherit(s))
}

// sameParams reports whether two nets run on the same state.
func sameParams(a, b []tensor.Param) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Role != b[i].Role || !a[i].Shape.Equal(b[i].Shape) {
			return false
		}
	}
	return true
}
