package nn

import (
	"context"
	"errors"
)

// Share makes a second session on the same weights: what one of them changes,
// the other runs with. It has no input or target yet, and must be closed before
// s. m and change are as for Recompile.
func (s *Session) Share(ctx context.Context, m *Model, change func(*SessionOptions)) (*Session, error) {
	next, err := s.another(m, change)
	if err != nil {
		return nil, err
	}
	next.borrowed = true
	if err := next.prepare(ctx); err != nil {
		return nil, err
	}
	return next, nil
}

// another is a session on the same state that is not compiled yet.
func (s *Session) another(m *Model, change func(*SessionOptions)) (*Session, error) {
	if s.program == nil {
		return nil, errClosed
	}
	if !sameParams(s.model.Params, m.Params) {
		return nil, errors.New(m.Name + " and " + s.model.Name + " do not have the same parameters")
	}
	o := s.options
	if change != nil {
		change(&o)
	}
	o.Source, o.Seed = s.options.Source, s.options.Seed
	next := &Session{
		device: s.device, state: s.state, model: m, options: o,
		calibrated: s.calibrated, borrowed: s.borrowed, values: m.Alphas(),
	}
	return next, next.lower()
}

// Passes is the number of passes that have begun; dropout draws by it.
func (s *Session) Passes() uint64 { return s.passes }

// SetPasses has dropout draw as if n passes had begun before the next.
func (s *Session) SetPasses(n uint64) { s.passes = n }
