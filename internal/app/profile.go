package app

import (
	"context"
	"errors"
	"fmt"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
	"resnet-tui/profile/report"
	"resnet-tui/tensor"
)

// ProfileOptions say how long to measure, and what else to record.
type ProfileOptions struct {
	Runs       *int   `json:"runs,omitempty"`        // measured passes; nil: about two seconds of them
	Warmup     *int   `json:"warmup,omitempty"`      // warm-up passes; nil: until they stop getting faster
	Count      string `json:"count,omitempty"`       // how printed operations are counted, see Conventions; "" means macs
	Trace      int    `json:"trace,omitempty"`       // passes after those, kept span by span
	CPUProfile bool   `json:"cpu_profile,omitempty"` // Go's own CPU profile of some more passes
	NoHistory  bool   `json:"no_history,omitempty"`  // leave no line in the history
	Pictures   bool   `json:"pictures,omitempty"`    // of what the net saw, if its input is a photograph
}

// Profiled is a profile, and what was recorded beside it.
type Profiled struct {
	report.Profile
	CPUProfile []byte // as runtime/pprof writes it, gzip'd; nil if it wasn't asked for
	Pictures   []export.Picture
}

// Profile measures many passes and keeps a line of them in the history. Without
// ceilings, which are measured last, the profile is still returned.
func (v Service) Profile(ctx context.Context, spec Spec, o ProfileOptions, l Listener) (*Profiled, error) {
	if err := spec.checkLabels(); err != nil {
		return nil, err
	}
	p, err := v.measure(ctx, spec, o, l)
	if err != nil {
		return nil, err
	}
	p.warnOfLoad(l)
	v.remember(p.Profile.Profile, o, l)
	return p, nil
}

// checkLabels refuses labels that no pass of a profile would use.
func (s *Spec) checkLabels() error {
	if s.Input.Labels == nil {
		return nil
	}
	if settled, err := s.settle(); err != nil || settled.Step.Backward {
		return nil // what is wrong with the spec otherwise is said where it is resolved
	}
	return refuse("{labels} are for a backward pass: add {backward}")
}

// warnOfLoad says if other programs kept the machine busy.
func (p *Profiled) warnOfLoad(l Listener) {
	if p.Busy() {
		l.notice("the machine was busy: other programs used %s of %d cores, so times are too long",
			profile.Significant(p.Machine.OthersCores), p.Machine.Processors)
	}
}

// measure makes the profile. The ceilings come last, when the net has given its
// memory back.
func (v Service) measure(ctx context.Context, spec Spec, o ProfileOptions, l Listener) (_ *Profiled, err error) {
	b, ops, err := v.openCounted(ctx, spec, o.Count, l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	p, err := v.passes(ctx, b, o)
	if err != nil {
		return nil, err
	}
	p.Ops = ops
	if o.Pictures {
		if p.Pictures, err = b.pictures(ctx); err != nil {
			return nil, err
		}
	}
	return p, v.placeUnderRoofs(ctx, p.Profile.Profile, b.device, l)
}

// placeUnderRoofs adds the ceilings. Only an end of ctx is an error.
func (v Service) placeUnderRoofs(ctx context.Context, p *profile.Profile, dev tensor.Device, l Listener) error {
	err := v.addCeilings(ctx, p, dev)
	if err != nil && ctx.Err() == nil {
		l.notice("no roofline: %w", err)
		return nil
	}
	return err
}

// passes runs the passes of a profile.
func (v Service) passes(ctx context.Context, b *Bench, o ProfileOptions) (*Profiled, error) {
	s, err := b.session(ctx, probeBlocks)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	p, err := profile.Measure(ctx, s, o.measure(b.listener))
	if err != nil {
		return nil, err
	}
	out := &Profiled{Profile: report.Profile{Profile: p}}
	if o.CPUProfile {
		if out.CPUProfile, err = cpuProfile(ctx, s); err != nil {
			return nil, err
		}
	}
	if b.spec.Step.Backward {
		if err := p.SetGradients(s); err != nil {
			return nil, err
		}
	}
	p.Version, p.Memory.PeakRSSBytes = v.Version, peakRSS()
	p.Model, p.Device = b.describe(s), b.describeDevice()
	in := b.describeInput()
	p.Input = profile.Input{Shape: in.Shape, Source: in.Source, Preprocess: in.Preprocess}
	return out, nil
}

// measure are the options of the loop that measures.
func (o *ProfileOptions) measure(l Listener) profile.MeasureOptions {
	return profile.MeasureOptions{
		Runs: orAdaptive(o.Runs), Warmup: orAdaptive(o.Warmup), Trace: o.Trace,
		Progress: func(done, total int) {
			text := fmt.Sprintf("pass %d", done)
			if total > 0 {
				text = fmt.Sprintf("pass %d of %d", done, total)
			}
			l.progress(Progress{Stage: "passes", Done: int64(done), Total: int64(total), Text: text})
		},
	}
}

func orAdaptive(n *int) int {
	if n == nil {
		return profile.Adaptive
	}
	return *n
}
