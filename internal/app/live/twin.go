package live

import (
	"context"
	"errors"
	"fmt"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// twin is the net's twin at work.
type twin struct {
	session *nn.Session
	at      target // what it was compiled for; its lesions are the net's, which has them alone
}

// compileTwin brings the twin to a target that the net has reached. A twin that
// can't follow is stopped, and twinErr says why.
func (r *runner) compileTwin(ctx context.Context, to target) error {
	if !to.twin {
		r.stopTwin()
		return nil
	}
	to.histograms = false // nobody looks at the twin's
	err := r.followTwin(ctx, to)
	if err == nil || ctx.Err() != nil {
		return err
	}
	r.stopTwin()
	r.twinErr = err
	return nil
}

// followTwin starts the twin, or recompiles it if the net runs another way now.
func (r *runner) followTwin(ctx context.Context, to target) error {
	m, err := twinOf(r.whole)
	if err != nil {
		return err
	}
	if r.twin == nil || !r.twin.at.sameNet(to) {
		s, err := r.twinSession(ctx, m, to)
		if err != nil {
			return fmt.Errorf("the twin %s: %w", m.Name, err)
		}
		r.twin = &twin{session: s, at: to}
		if err := r.options.feed(s); err != nil {
			return err
		}
		r.results.Twin = &Twin{Program: programOf(s)}
		r.actual.twin, r.actual.twinStale = true, true
	}
	known := *r.results.Twin
	if known.Responses == nil {
		known.Responses = responses(ctx, r.twin.session)
	}
	known.NetResponses = responses(ctx, r.session)
	r.results.Twin = &known
	r.actual.twinStale = ctx.Err() != nil
	return ctx.Err()
}

// twinSession is the twin's session for a target, on its old weights if there are
// any.
func (r *runner) twinSession(ctx context.Context, m *resnet.Model, to target) (*nn.Session, error) {
	if r.twin != nil {
		return r.twin.session.Recompile(ctx, m.Model, r.change(to))
	}
	s, err := r.startTwin(ctx, m, to)
	if err == nil && r.options.TwinWeights != "" {
		r.notice = m.Name + " has weights of its own: " + r.options.TwinWeights
	}
	return s, err
}

// startTwin makes the twin, with its own weights or from the net's seed and weights,
// if it fits beside the net.
func (r *runner) startTwin(ctx context.Context, m *resnet.Model, to target) (*nn.Session, error) {
	o := r.changed(to)
	need, err := nn.Needs(r.device, m.Model, o)
	if err != nil {
		return nil, err
	}
	if limit := r.options.limit(); limit > 0 && need+r.session.Memory().Total() > limit {
		return nil, fmt.Errorf("both nets together do not fit into %s", profile.FormatBytes(limit))
	}
	if open := r.options.TwinSource; open != nil {
		if o.Source, err = open(m); err != nil {
			return nil, err
		}
	}
	return nn.NewSession(ctx, r.device, m.Model, o)
}

// stopTwin ends the twin, if there is one.
func (r *runner) stopTwin() {
	if r.twin != nil {
		r.twin.session.Close() // nothing is read from it any more
	}
	r.twin, r.results.Twin = nil, nil
	r.actual.twin, r.actual.twinStale = false, false
}

// responses measures a net's; nil if that can't be done beside it, which stops
// nothing.
func responses(ctx context.Context, s *nn.Session) []nn.Response {
	all, err := s.Responses(ctx)
	if err != nil {
		return nil
	}
	return all
}

// twinOf is the plain net of a residual one, or the other way round.
func twinOf(m *resnet.Model) (*resnet.Model, error) {
	c, ok := m.Config.Twin()
	if !ok {
		return nil, errors.New(m.Name + " has no twin")
	}
	return resnet.Build(c)
}
