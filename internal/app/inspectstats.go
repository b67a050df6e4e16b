package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"resnet-tui/profile/report"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
)

// StatsOptions says what InspectStats describes.
type StatsOptions struct {
	At         []string // layers, blocks or parameters; none for everything that the pass has
	PerChannel bool     // also describe each channel
}

// InspectStats makes a pass, or a step, and describes the outputs of layers, the learnable
// parameters and, in a step, their gradients.
func (v Service) InspectStats(ctx context.Context, spec Spec, o StatsOptions, l Listener) (_ *report.Stats, err error) {
	s, err := resolve(ctx, spec, 1, l)
	if err != nil {
		return nil, err
	}
	probes, err := s.statsProbes(o)
	if err != nil {
		return nil, err
	}
	b, err := v.equip(ctx, s, l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	run, err := b.session(ctx, probes...)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	if err := run.Run(ctx, nil); err != nil {
		return nil, err
	}
	r := report.NewStats()
	r.Model, r.Device, r.Input, r.Mode = b.describe(run), b.describeDevice(), b.describeInput(), b.spec.Run.Mode
	return r, addStats(r, run, len(probes))
}

// statsProbes are the probes of a settled spec that take what is described. With a place
// go the parameters below it.
func (s *subject) statsProbes(o StatsOptions) ([]nn.Probe, error) {
	stats, values := nn.Stats, nn.ParamStats
	if o.PerChannel {
		stats, values = nn.ChannelStats, nn.ParamChannelStats
	}
	var probes []nn.Probe
	add := func(at nn.At, what nn.What) {
		gradient := what == stats && (at == nn.EveryParameter || s.isParameter(string(at)))
		if p := (nn.Probe{At: at, What: what}); !slices.Contains(probes, p) && (!gradient || s.spec.Step.Backward) {
			probes = append(probes, p)
		}
	}
	if len(o.At) == 0 {
		add(nn.EveryLayer, stats)
		add(nn.EveryParameter, values)
		add(nn.EveryParameter, stats)
	}
	for _, at := range o.At {
		params, err := s.paramsAt(at, func(p inspect.Place) { add(p.At(), stats) })
		if err != nil {
			return nil, err
		}
		for _, name := range params {
			add(nn.At(name), values)
			add(nn.At(name), stats)
		}
	}
	return probes, nil
}

// isParameter reports whether the net has a learnable parameter of that name.
func (s *subject) isParameter(name string) bool {
	for _, p := range s.model.Params {
		if p.Name == name {
			return p.Role.Learnable()
		}
	}
	return false
}

// paramsAt are the learnable parameters of what {at} names: a parameter, or a layer or
// block, for which it calls found.
func (s *subject) paramsAt(at string, found func(inspect.Place)) (names []string, err error) {
	if s.isParameter(at) {
		return []string{at}, nil
	}
	place, err := s.place(at)
	if err != nil {
		return nil, err
	}
	found(place)
	path, _, _ := strings.Cut(at, "#")
	for _, p := range s.model.Params {
		if p.Role.Learnable() && strings.HasPrefix(p.Name, path+".") {
			names = append(names, p.Name)
		}
	}
	return names, nil
}

// addStats reports what the probes of a session have taken.
func addStats(r *report.Stats, s *nn.Session, probes int) error {
	m := s.Model()
	for i := range probes {
		all, err := s.Probe(i)
		if err != nil {
			return err
		}
		for _, v := range all {
			switch {
			case !ofParameter(m, v):
				r.Layers = append(r.Layers, report.LayerStats(m.Layers[v.Index], v.Statistics))
			case v.What == nn.ParamStats || v.What == nn.ParamChannelStats:
				r.Params = append(r.Params, report.ParamStats(&m.Params[v.Index], v.Statistics))
			default:
				r.Gradients = append(r.Gradients, report.ParamStats(&m.Params[v.Index], v.Statistics))
			}
		}
	}
	return nil
}

// ofParameter reports whether a measurement is of a parameter or its gradient.
func ofParameter(m *nn.Model, v nn.Measurement) bool {
	return v.Index < len(m.Params) && nn.At(m.Params[v.Index].Name) == v.At
}
