package tui

import (
	"fmt"
	"slices"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// aim is what is run: the engine goes from what it has to what is wanted.
type aim struct {
	batch    int
	fused    bool
	stepping bool // unfused, with the outputs' moments
	back     bool // and backward
	twin     bool // and the twin beside it
	lesions  []nn.Lesion
}

// same reports whether two aims are one. The αs of scaled branches need no
// other program.
func (a aim) same(b aim) bool {
	return a.batch == b.batch && a.fused == b.fused && a.stepping == b.stepping && a.back == b.back && a.twin == b.twin &&
		slices.Equal(a.lesions, b.lesions)
}

// target is what the wishes come to. Single steps need an unfused program; it
// stays until the net runs again.
func (e *engine) target() aim {
	t := e.want
	t.stepping = e.steps > 0 || e.have.stepping && !e.on
	t.fused = e.want.fused && !t.stepping
	t.back = e.want.back && !t.stepping
	t.twin = e.want.twin && !t.stepping
	return t
}

// recompile goes to the target, or says why it can't and stays.
func (e *engine) recompile() {
	to := e.target()
	e.state.phase = compiling
	e.publish()
	if err := e.reach(to); err != nil {
		e.refuse(err)
		return
	}
	e.have = to
	e.state.back, e.state.lesions, e.state.paths = to.back, to.lesions, nil
	e.rest()
}

// reach does what separates what is had from the target, and no more.
func (e *engine) reach(to aim) error {
	alone := to
	alone.twin = e.have.twin
	if !alone.same(e.have) {
		if err := e.compile(to); err != nil {
			return err
		}
	}
	return e.reachTwin(to)
}

// refuse gives a wish up with a notice.
func (e *engine) refuse(err error) {
	e.want.batch, e.want.back, e.want.twin, e.steps = e.have.batch, e.have.back, e.have.twin, 0
	e.tracing = false
	e.want.lesions = e.have.lesions
	if !e.have.stepping {
		e.want.fused = e.have.fused
	}
	e.state.notice = err.Error()
	e.rest()
}

// compile makes another program on the same weights.
func (e *engine) compile(to aim) error {
	whole, err := e.rebatch(to)
	if err != nil {
		return err
	}
	m, err := resnet.Build(whole.Config, to.lesions...)
	if err != nil {
		return err
	}
	if e.rescale(to) {
		return nil
	}
	if err := e.keepIntact(whole, to); err != nil {
		return err
	}
	s, err := e.session.Recompile(e.ctx, m.Model, e.options(to))
	if err != nil {
		return err
	}
	e.whole = whole
	return e.adopt(s)
}

// options are a session's, to run as aimed at.
func (e *engine) options(to aim) func(*nn.SessionOptions) {
	return func(o *nn.SessionOptions) { o.Fuse, o.Pass = to.fused, e.passOf(to) }
}

// passOf is the pass that is aimed at. Passes leave the running statistics alone, unless
// the session is one that trains.
func (e *engine) passOf(to aim) nn.Pass {
	p := nn.Pass{Mode: e.opts.Session.Mode, FreezeStats: e.opts.Session.Mode != nn.Train}
	if to.stepping {
		p.Probes = append(p.Probes, nn.Probe{At: nn.EveryLayer, What: nn.Moments})
	}
	if !to.back {
		return p
	}
	p.Backward = &nn.Backward{}
	p.Probes = append(p.Probes, nn.Probe{At: nn.EveryBlock, What: nn.Flow}, nn.Probe{At: nn.EveryParameter, What: nn.Norm})
	if !e.opts.EvalBackward {
		p.Mode = nn.Train
	}
	return p
}

// rebatch is the whole net for the batch aimed at, if such passes fit into
// memory.
func (e *engine) rebatch(to aim) (*resnet.Model, error) {
	c := e.whole.Config
	c.Batch = to.batch
	whole, err := resnet.Build(c)
	if err != nil {
		return nil, err
	}
	limit := e.opts.limit()
	if limit <= 0 || to.batch <= e.have.batch && (!to.back || e.have.back) {
		return whole, nil
	}
	o := e.session.Options()
	e.options(to)(&o)
	if need, err := nn.Needs(e.opts.Device, whole.Model, o); err != nil || need <= limit {
		return whole, err
	}
	what := fmt.Sprintf("batch %d", to.batch)
	if to.back {
		what += " with a backward pass"
	}
	return nil, fmt.Errorf("%s does not fit into %s: at most %d do", what, profile.FormatBytes(limit), nn.MaxBatch(e.opts.Device, whole.Model, o, limit))
}
