package tui

import (
	"errors"
	"fmt"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// pair is the net's twin, as the engine runs it.
type pair struct {
	session *nn.Session
}

// companion is what the screen knows of the twin.
type companion struct {
	program   *program
	grads     *gradients
	responses []nn.Response
	own       []nn.Response // the net's
}

// part ends the twin.
func (e *engine) part() {
	if e.twin != nil {
		e.twin.session.Close() // nothing is read from it any more
	}
	e.twin, e.state.twin = nil, nil
}

// reachTwin brings the twin to the target too, or ends it.
func (e *engine) reachTwin(to aim) error {
	if !to.twin {
		e.part()
		return nil
	}
	m, err := twinOf(e.whole)
	if err != nil {
		return err
	}
	var s *nn.Session
	if e.twin == nil {
		if s, err = e.wake(m, to); err == nil && e.opts.TwinWeights != "" {
			e.state.notice = m.Name + " has weights of its own: " + e.opts.TwinWeights
		}
	} else {
		s, err = e.twin.session.Recompile(e.ctx, m.Model, e.options(to))
	}
	if err != nil {
		return fmt.Errorf("the twin %s: %w", m.Name, err)
	}
	e.twin = &pair{session: s}
	if err := errors.Join(s.SetInput(e.opts.input(m.Model)), e.aimAt(s, m.Model)); err != nil {
		return err
	}
	e.state.twin = &companion{program: programOf(s), responses: e.responses(s), own: e.responses(e.session)}
	return nil
}

// responses measures a net's; none if that can't be done beside it, which stops
// nothing.
func (e *engine) responses(s *nn.Session) []nn.Response {
	r, err := s.Responses(e.ctx)
	if err != nil {
		return nil
	}
	return r
}

// twinOf is the plain net of a residual one, or the other way round.
func twinOf(m *resnet.Model) (*resnet.Model, error) {
	c, ok := m.Config.Twin()
	if !ok {
		return nil, errors.New(m.Name + " has no twin")
	}
	return resnet.Build(c)
}

// wake makes the twin, with the same seed and weights, if it fits beside the
// net.
func (e *engine) wake(m *resnet.Model, to aim) (*nn.Session, error) {
	o := e.session.Options()
	e.options(to)(&o)
	need, err := nn.Needs(e.opts.Device, m.Model, o)
	if err != nil {
		return nil, err
	}
	if limit := e.opts.limit(); limit > 0 && need+e.session.Memory().Total() > limit {
		return nil, fmt.Errorf("both nets together do not fit into %s", profile.FormatBytes(limit))
	}
	if own := e.opts.TwinSource; own != nil {
		if o.Source, err = own(m); err != nil {
			return nil, err
		}
	}
	o.Progress = e.progress()
	return nn.NewSession(e.ctx, quitter{e.opts.Device, e.ctx}, m.Model, o)
}
