package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet/nn"
)

// CheckOptions are the limits that a net is held to; nil is no limit.
type CheckOptions struct {
	MaxParams *float64 `json:"max_params,omitempty"`
	MaxMACs   *float64 `json:"max_macs,omitempty"`   // multiply-adds per image
	MaxMemory *float64 `json:"max_memory,omitempty"` // bytes
	MaxMS     *float64 `json:"max_ms,omitempty"`     // typical time of a pass
	Baseline  string   `json:"baseline,omitempty"`   // a recorded profile's file that a run may not be slower than
	Tolerance *float64 `json:"tolerance,omitempty"`  // percent that it may be slower; nil is 5

	// Against is another build of the program, "" for none, that is run turn about with
	// this one until it is settled which is slower, or MaxTime is up: nil is MatchTime.
	// The processes are those of Other and This, which profile what the spec says.
	Against string         `json:"against,omitempty"`
	MaxTime *time.Duration `json:"max_time,omitempty"`
	Other   Child          `json:"-"`
	This    Child          `json:"-"`

	Runs   *int `json:"runs,omitempty"` // as in ProfileOptions
	Warmup *int `json:"warmup,omitempty"`
}

// BrokenError says which limits do not hold.
type BrokenError struct{ lines []string }

// Error names them in one line.
func (e *BrokenError) Error() string { return strings.Join(e.lines, "; ") }

// InconclusiveError says that no limit is exceeded for certain, and for which of them
// noise forbids a verdict.
type InconclusiveError struct{ lines []string }

// Error names them in one line.
func (e *InconclusiveError) Error() string { return strings.Join(e.lines, "; ") }

// Check holds a net to limits. If one of them does not hold, the report comes with
// a *BrokenError; if none is known to be exceeded and one can't be decided, with an
// *InconclusiveError. Only MaxMS, Baseline and Against run the net.
func (v Service) Check(ctx context.Context, spec Spec, o CheckOptions, l Listener) (*report.Checks, error) {
	if o.MaxParams == nil && o.MaxMACs == nil && o.MaxMemory == nil && !o.runs() && o.Against == "" {
		return nil, refuse("nothing to check: " +
			"give {max-params}, {max-macs}, {max-memory}, {max-ms}, {baseline} or {against}")
	}
	checks, err := v.checks(ctx, spec, o, l)
	if err != nil {
		return nil, err
	}
	return &report.Checks{Checks: checks}, verdict(checks)
}

// runs reports whether this process has to run the net.
func (o *CheckOptions) runs() bool { return o.MaxMS != nil || o.Baseline != "" }

// verdict is nil if all checks hold.
func verdict(checks *profile.Checks) error {
	var broken, open []string
	for _, x := range checks.Checks {
		switch {
		case x.OK:
		case x.Verdict == profile.VerdictInconclusive:
			open = append(open, report.CheckLine(x))
		default:
			broken = append(broken, report.CheckLine(x))
		}
	}
	switch {
	case len(broken) > 0:
		return &BrokenError{append(broken, open...)}
	case len(open) > 0:
		return &InconclusiveError{open}
	}
	return nil
}

// checks makes the checks that were asked for.
func (v Service) checks(ctx context.Context, spec Spec, o CheckOptions, l Listener) (*profile.Checks, error) {
	var base *profile.Profile
	var err error
	if o.Baseline != "" {
		if base, err = ReadProfile(o.Baseline); err != nil {
			return nil, err
		}
	}
	checks := &profile.Checks{}
	if err := v.static(ctx, spec, o, base, checks, l); err != nil {
		return nil, err
	}
	if o.Against != "" {
		x, err := o.match(ctx, l)
		if err != nil {
			return nil, err
		}
		checks.AddCheck(x)
	}
	if !o.runs() {
		return checks, nil
	}
	p, err := v.measure(ctx, spec, ProfileOptions{Runs: o.Runs, Warmup: o.Warmup}, l)
	if err != nil {
		return nil, err
	}
	if o.MaxMS != nil {
		checks.Add("max-ms", *o.MaxMS, p.Total.TimeMS(), p.Slowest())
	}
	if base != nil {
		checks.AddBaseline(base, p.Profile.Profile, o.tolerance())
	}
	return checks, nil
}

// tolerance is the part of the baseline's time by which a run may be slower.
func (o *CheckOptions) tolerance() float64 {
	if o.Tolerance == nil {
		return 0.05
	}
	return *o.Tolerance / 100
}

// static makes the checks that need no run, and refuses a baseline that has nothing
// to do with the net.
func (v Service) static(
	ctx context.Context, spec Spec, o CheckOptions, base *profile.Profile, checks *profile.Checks, l Listener,
) (err error) {
	b, err := v.Open(ctx, spec, l)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if base != nil {
		if err := b.comparable(base, o.Baseline); err != nil {
			return err
		}
	}
	checks.Device = b.describeDevice()
	if o.MaxParams != nil {
		checks.Add("max-params", *o.MaxParams, float64(b.model.Total.Params), b.largest(params))
	}
	if o.MaxMACs != nil {
		macs := func(c *nn.Cost) int64 { return c.MACs }
		checks.Add("max-macs", *o.MaxMACs, float64(b.model.Total.MACs), b.largest(macs))
	}
	if o.MaxMemory != nil {
		return b.checkMemory(*o.MaxMemory, checks)
	}
	return nil
}

func params(c *nn.Cost) int64 { return c.Params }

// largest is the path of the layer that has most of a cost.
func (s *subject) largest(of func(*nn.Cost) int64) string {
	byCost := func(a, b *nn.Layer) int { return cmp.Compare(of(&a.Cost), of(&b.Cost)) }
	return slices.MaxFunc(s.model.Layers, byCost).Path
}

// checkMemory checks what the device would hold.
func (b *Bench) checkMemory(limit float64, checks *profile.Checks) error {
	l, would, err := nn.Estimate(b.device, b.model.Model, b.spec.sessionOptions())
	if err != nil {
		return err
	}
	blame := b.largest(params)
	plan := would.Memory
	if memory := profile.NewMemory(l, would.Kernels, plan); plan.ArenaBytes > plan.WeightBytes && memory.Peak != nil {
		blame = memory.Peak.Path
	}
	checks.Add("max-memory", limit, float64(plan.Total()), blame)
	return nil
}

// comparable refuses a baseline of another net or input, and warns of one from
// elsewhere.
func (b *Bench) comparable(base *profile.Profile, file string) error {
	if base.Model.Arch != b.model.Name || !base.Input.Shape.Equal(b.model.Root.In) {
		return refuse("{baseline} %s is of %s on %v, and this is %s on %v",
			file, base.Model.Arch, base.Input.Shape, b.model.Name, b.model.Root.In)
	}
	there, here := base.Device, b.describeDevice()
	there.Kind, there.ID = here.Kind, here.ID // old files have no kind, and numbers of devices may change
	if there != here {
		b.listener.notice("the baseline comes from elsewhere: %s, here %s",
			elsewhere(base.Device), elsewhere(here))
	}
	return nil
}

// elsewhere names a device with what makes its times differ.
func elsewhere(d profile.Device) string {
	with := []string{d.Kernels, d.Precision}
	if d.Driver != "" {
		with = append(with, d.Driver)
	}
	return fmt.Sprintf("%s (%s)", d.Processor(), strings.Join(with, ", "))
}
