package app

import (
	"context"
	"errors"
	"fmt"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
)

// SweepOptions say for what a net is profiled: every combination of the lists. An
// empty list leaves the spec's own value.
type SweepOptions struct {
	Batches []int  `json:"batches,omitempty"`
	Sizes   []Size `json:"sizes,omitempty"`
	Threads []int  `json:"threads,omitempty"`
}

// Size is an image's height and width in pixels.
type Size struct {
	Height int `json:"height"`
	Width  int `json:"width"`
}

// MaxSweep is the largest number of profiles in a sweep.
const MaxSweep = 1000

// Sweep makes a profile for each combination, by threads, then size, then batch.
func (v Service) Sweep(
	ctx context.Context, spec Spec, o SweepOptions, p ProfileOptions, l Listener,
) (report.Sweep, error) {
	specs, err := o.specs(spec)
	if err != nil {
		return report.Sweep{}, err
	}
	if err := v.checkThreads(ctx, spec.Run, o); err != nil {
		return report.Sweep{}, err
	}
	sweep := &profile.Sweep{}
	for i, s := range specs {
		l.progress(Progress{
			Stage: "profiles", Done: int64(i), Total: int64(len(specs)),
			Text: fmt.Sprintf("profile %d of %d", i+1, len(specs)),
		})
		one, err := v.Profile(ctx, s, p, l)
		if err != nil {
			return report.Sweep{}, err
		}
		sweep.Add(one.Profile.Profile)
	}
	sweep.MarkKnees()
	return report.Sweep{Sweep: sweep}, nil
}

// checkThreads refuses several numbers of threads on a device that has none.
func (v Service) checkThreads(ctx context.Context, r Run, o SweepOptions) error {
	if len(o.Threads) < 2 {
		return nil
	}
	dev, err := v.openDevice(ctx, r, Listener{})
	if err != nil {
		return err
	}
	i := dev.Info()
	if !i.Kind.IsCPU() {
		err = refuse("{threads} has %d values, but they are the CPU's: %s has none to choose", len(o.Threads), deviceName(&i))
	}
	return errors.Join(err, dev.Close())
}

// specs are the combinations.
func (o *SweepOptions) specs(spec Spec) ([]Spec, error) {
	total := max(len(o.Threads), 1) * max(len(o.Sizes), 1) * max(len(o.Batches), 1)
	if total > MaxSweep {
		return nil, refuse("the lists make a sweep of %d profiles; %d at most", total, MaxSweep)
	}
	all := []Spec{spec}
	all = vary(all, o.Threads, func(s *Spec, n int) { s.Run.Threads = n })
	all = vary(all, o.Sizes, func(s *Spec, z Size) { s.Net.Height, s.Net.Width = z.Height, z.Width })
	return vary(all, o.Batches, func(s *Spec, n int) { s.Net.Batch = n }), nil
}

// vary makes of each spec one per value; without values they stay as they are.
func vary[T any](specs []Spec, values []T, set func(*Spec, T)) []Spec {
	if len(values) == 0 {
		return specs
	}
	var out []Spec
	for _, s := range specs {
		for _, v := range values {
			next := s
			set(&next, v)
			out = append(out, next)
		}
	}
	return out
}
