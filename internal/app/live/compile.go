package live

import (
	"context"
	"fmt"
	"slices"

	"resnet-tui/internal/app"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// compile goes to a target. If the net can't be had there, it stays as it was; if
// only the twin can't, the twin is stopped.
func (r *runner) compile(ctx context.Context, to target) error {
	if !r.actual.target.sameNet(to) || !slices.Equal(r.actual.lesions, to.lesions) {
		if err := r.compileNet(ctx, to); err != nil {
			return err
		}
	}
	return r.compileTwin(ctx, to)
}

// compileNet makes another program on the same weights.
func (r *runner) compileNet(ctx context.Context, to target) error {
	whole, err := r.rebatch(to)
	if err != nil {
		return err
	}
	m, err := resnet.Build(whole.Config, to.lesions...)
	if err != nil {
		return err
	}
	if r.rescale(to) {
		return nil
	}
	if err := r.keepIntact(ctx, whole, to); err != nil {
		return err
	}
	s, err := r.session.Recompile(ctx, m.Model, r.change(to))
	if err != nil {
		return app.ExplainMemory(r.device, m.Model, r.changed(to), err)
	}
	counts := r.actual.target
	counts.histograms = to.histograms
	r.whole = whole
	if counts.equal(to) {
		return r.recount(s, to)
	}
	r.moveTo(to)
	if err := r.adopt(s); err != nil {
		return err
	}
	return r.timeLesions(ctx)
}

// moveTo notes where the net is now. Its twin has not followed yet.
func (r *runner) moveTo(to target) {
	if !slices.Equal(to.lesions, r.actual.lesions) { // it is another net
		r.results.Findings, r.results.Similarity = nil, nil
	}
	r.actual.target = to
	r.actual.twin, r.actual.twinStale = r.twin != nil, r.twin != nil
}

// recount takes a session that differs from the one before in what it counts alone: what
// is known of its passes still holds.
func (r *runner) recount(s *nn.Session, to target) error {
	known := r.results
	r.moveTo(to)
	err := r.adopt(s)
	r.results.Gradients, r.results.Paths, r.results.Effect = known.Gradients, known.Paths, known.Effect
	return err
}

// change makes a session's options those for a target.
func (r *runner) change(to target) func(*nn.SessionOptions) {
	return func(o *nn.SessionOptions) { o.Fuse, o.Pass = to.fused, r.options.pass(to) }
}

// pass is that of a target. It leaves the running statistics as they are, unless all
// passes are in train mode.
func (o *Options) pass(to target) nn.Pass {
	p := nn.Pass{Mode: o.Session.Mode, FreezeStats: o.Session.Mode != nn.Train}
	if to.stepping {
		p.Probes = append(p.Probes, nn.Probe{At: nn.EveryLayer, What: nn.Moments})
	}
	if to.histograms {
		p.Probes = append(p.Probes, nn.Probe{At: nn.EveryLayer, What: nn.ChannelStats})
	}
	if !to.backward {
		return p
	}
	p.Backward = &nn.Backward{}
	p.Probes = append(p.Probes,
		nn.Probe{At: nn.EveryBlock, What: nn.Flow},
		nn.Probe{At: nn.EveryParameter, What: nn.Norm})
	if to.histograms {
		p.Probes = append(p.Probes, nn.Probe{At: nn.EveryParameter, What: nn.ChannelStats})
	}
	if !o.EvalBackward {
		p.Mode = nn.Train
	}
	return p
}

// changed are the session's options for a target.
func (r *runner) changed(to target) nn.SessionOptions {
	o := r.session.Options()
	r.change(to)(&o)
	return o
}

// rebatch is the whole net for a target's batch, if its passes fit into memory.
func (r *runner) rebatch(to target) (*resnet.Model, error) {
	c := r.whole.Config
	c.Batch = to.batch
	whole, err := resnet.Build(c)
	if err != nil {
		return nil, err
	}
	limit, now := r.options.limit(), r.actual.target
	if limit <= 0 || to.batch <= now.batch && (!to.backward || now.backward) {
		return whole, nil
	}
	o := r.changed(to)
	if need, err := nn.Needs(r.device, whole.Model, o); err != nil || need <= limit {
		return whole, app.ExplainMemory(r.device, whole.Model, o, err)
	}
	what := fmt.Sprintf("batch %d", to.batch)
	if to.backward {
		what += " with a backward pass"
	}
	most := nn.MaxBatch(r.device, whole.Model, o, limit)
	return nil, fmt.Errorf("%s does not fit into %s: at most %d do", what, profile.FormatBytes(limit), most)
}

// rescale reaches a target by other factors of scaled branches alone, which need no
// other program, if that is all there is to do.
func (r *runner) rescale(to target) bool {
	now := r.actual.lesions
	if !r.actual.target.sameNet(to) || len(to.lesions) != len(now) {
		return false
	}
	for i, l := range to.lesions {
		if was := now[i]; !sameBut(was, l) {
			return false
		}
	}
	for _, l := range to.lesions {
		if l.Kind == nn.ScaleBranch && r.session.SetAlpha(l.Path, l.Alpha) != nil {
			return false
		}
	}
	r.moveTo(to)
	r.results.Effect, r.results.Paths = nil, nil
	r.closeViewing()
	return true
}

// sameBut reports whether two lesions differ in their factor at most.
func sameBut(a, b nn.Lesion) bool {
	a.Alpha = b.Alpha
	return a == b
}
