package diagnose

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Given is what a diagnosis has beside a net and its weights.
type Given struct {
	Images   *tensor.Tensor // N×C×H×W
	Real     bool           // they are no seeded noise
	Trained  bool           // the weights are from a file
	Labels   []int          // the right classes, nil if they aren't known
	Target   []int          // the classes of the backward pass, right or random
	Backward bool
	Missing  []string // parameters that the file lacked

	Rate, Momentum, Decay float64 // of the training that the step stands for; 0: not known

	Twin     *nn.Model // the same net with the zero channels of its skips elsewhere; nil: none
	TwinName string
}

// Options are those of the sessions that gather evidence: o, of which the mode is that of
// the backward pass, with what they measure.
func Options(o nn.SessionOptions, mode nn.Mode, backward bool) nn.SessionOptions {
	o.Fuse = false // an absorbed layer has no output to look at
	o.Pass = nn.Pass{Mode: mode, FreezeStats: true,
		Probes: []nn.Probe{{At: nn.EveryLayer, What: nn.ChannelStats}}}
	if backward {
		o.Backward = &nn.Backward{}
		o.Probes = append(o.Probes,
			nn.Probe{At: nn.EveryParameter, What: nn.Norm}, nn.Probe{At: nn.EveryBlock, What: nn.Flow})
	}
	return o
}

// Gather runs a net in eval mode, and one with batch norm in train mode too, and collects
// the evidence. The backward pass runs in the mode of o. The weights stay as they are.
func Gather(ctx context.Context, dev tensor.Device, m *nn.Model, o nn.SessionOptions, g Given) (*Evidence, error) {
	e := &Evidence{Net: m, Trained: g.Trained, Missing: g.Missing,
		Input: describeInput(g.Images, g.Real, g.Labels)}
	stepMode := o.Mode
	s, err := nn.NewSession(ctx, dev, m, Options(o, nn.Eval, g.Backward && stepMode == nn.Eval))
	if err != nil {
		return nil, err
	}
	c := &collector{e: e, given: &g, options: o}
	err = c.all(ctx, s, stepMode)
	if err = errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	return e, nil
}

// collector fills in evidence.
type collector struct {
	e       *Evidence
	given   *Given
	options nn.SessionOptions
}

// all makes all passes; s is the session in eval mode.
func (c *collector) all(ctx context.Context, s *nn.Session, stepMode nn.Mode) (err error) {
	if c.e.Params, err = describeParams(s); err != nil {
		return err
	}
	if c.e.Eval, err = c.pass(ctx, s); err != nil {
		return err
	}
	c.e.Stem = c.e.findStem(c.given.Images, s.State())
	train := func(m *nn.Model, backward bool) (*Pass, error) {
		return c.beside(ctx, s, m, Options(c.options, nn.Train, backward))
	}
	backward := c.given.Backward && stepMode == nn.Train
	if c.e.Net.Total.Buffers > 0 || backward {
		if c.e.Train, err = train(c.e.Net, backward); err != nil {
			return err
		}
	}
	if c.given.Twin == nil || c.e.Train == nil || !c.e.fitting() {
		return nil
	}
	twin, err := train(c.given.Twin, false)
	if err == nil {
		c.e.Other = c.e.compare(twin, c.given.TwinName)
	}
	return err
}

// beside makes a pass of a second session on the weights of the first.
func (c *collector) beside(ctx context.Context, s *nn.Session, m *nn.Model, o nn.SessionOptions) (p *Pass, err error) {
	b, err := s.Share(ctx, m, func(so *nn.SessionOptions) { *so = o })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return c.pass(ctx, b)
}

// pass runs a session and describes what came out.
func (c *collector) pass(ctx context.Context, s *nn.Session) (*Pass, error) {
	err := s.SetInput(c.given.Images)
	backward := s.Options().Backward != nil
	if backward {
		err = errors.Join(err, s.SetTarget(c.given.Target))
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	if err := s.Run(ctx, nil); err != nil {
		return nil, err
	}
	p := &Pass{}
	if p.Layers, err = describeOutputs(s); err != nil {
		return nil, err
	}
	if p.Logits, err = s.Logits(); err == nil && backward {
		c.e.Step, err = c.step(s)
	}
	return p, err
}

// describeOutputs are the statistics of every layer's output.
func describeOutputs(s *nn.Session) ([]*nn.Statistics, error) {
	layers := s.Model().Layers
	all := make([]*nn.Statistics, len(layers))
	for i, l := range layers {
		var err error
		if all[i], err = s.Statistics(nn.Probe{At: l.At(), What: nn.ChannelStats}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// describeParams describes all parameters and running statistics.
func describeParams(s *nn.Session) ([]Param, error) {
	m := s.Model()
	all := make([]Param, len(m.Params))
	for _, l := range slices.Backward(m.Layers) {
		for _, id := range l.Params {
			all[id].Layer = l
		}
	}
	var wg parallel
	defer wg.Wait()
	for i, p := range m.Params {
		t := tensor.New(p.Shape...)
		if err := s.State().Read(p.Name, t); err != nil {
			return nil, err
		}
		all[i].Param = p
		wg.start(func() { all[i].describe(t) })
	}
	return all, nil
}

// parallel runs functions at the same time, as many as there are processors.
type parallel struct {
	sync.WaitGroup
	slots chan struct{}
}

// start runs f once a slot is free.
func (p *parallel) start(f func()) {
	if p.slots == nil {
		p.slots = make(chan struct{}, runtime.GOMAXPROCS(0))
	}
	p.slots <- struct{}{}
	p.Go(func() {
		f()
		<-p.slots
	})
}

// step describes a backward pass.
func (c *collector) step(s *nn.Session) (*Step, error) {
	g := c.given
	st := &Step{Mode: s.Options().Mode, Rate: g.Rate, Momentum: g.Momentum, Decay: g.Decay}
	st.ParamGrad = make([]float64, len(s.Model().Params))
	st.Reached = make([]bool, len(st.ParamGrad))
	for i := range st.ParamGrad {
		st.ParamGrad[i] = math.NaN()
	}
	norms, err := s.Probe(1)
	if err != nil {
		return nil, err
	}
	for _, v := range norms {
		st.ParamGrad[v.Index], st.Reached[v.Index] = v.Norm, true
	}
	if st.Loss, err = s.Loss(); err != nil {
		return nil, err
	}
	st.Blocks, err = s.BlockGradients()
	return st, err
}
