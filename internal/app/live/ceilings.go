package live

import (
	"context"
	"errors"
	"fmt"

	"resnet-tui/profile"
)

// measure measures the machine's ceilings anew. What the net has reached counts too.
func (r *runner) measure(ctx context.Context) error {
	if r.options.Roofs == nil {
		return errors.New("nothing here can measure them")
	}
	c, err := r.options.Roofs.Measure(ctx)
	if err != nil {
		return err
	}
	r.ceilings = r.ceilings.Higher(c)
	r.keepReached()
	r.notice = fmt.Sprintf("ceilings: %s GFLOP/s and %s GB/s are the highest measured or reached here",
		profile.Significant(r.ceilings.GFLOPS), profile.Significant(r.ceilings.GBPS))
	return nil
}

// keepReached raises the ceiling of arithmetic to what a kernel has reached in the
// program's newest passes, and keeps it.
func (r *runner) keepReached() {
	if r.options.Roofs == nil || r.results.Program == nil || !r.ceilings.Known() {
		return
	}
	var s profile.Snapshot
	r.results.Program.Recorder.Snapshot(&s)
	reached := r.ceilings
	for i, k := range r.results.Program.Kernels[:min(len(s.Kernels), len(r.results.Program.Kernels))] {
		reached = reached.Raised(k.FLOPs, s.Kernels[i].Typical, s.Kernels[i].N)
	}
	if reached != r.ceilings {
		r.ceilings = r.options.Roofs.Keep(reached)
	}
}
