package profile

import (
	"time"

	"resnet-tui/tensor"
)

// Statistic names the statistic of the rows' times that add up. Percentiles
// don't: a sum's median is not the sum of medians.
const Statistic = "mean"

// Timings are where a Tree's times come from: a *Snapshot of a run, or a
// recorded *Profile. Kernels are those of the tree.
type Timings interface {
	kernelCount() int
	KernelTime(kernel int) time.Duration // Statistic of one kernel over the passes
	P50(kernels []int) time.Duration     // the median of what they took together
	overhead() (p50, stat time.Duration) // what passes took beyond their kernels, not negative
}

func (s *Snapshot) kernelCount() int { return len(s.Kernels) }

// KernelTime is what a kernel takes in a pass; its newest time before the first
// whole pass.
func (s *Snapshot) KernelTime(kernel int) time.Duration {
	if x := &s.Kernels[kernel]; x.N > 0 {
		return x.Mean
	}
	return s.Kernels[kernel].Last
}

func (s *Snapshot) overhead() (p50, stat time.Duration) {
	return max(s.Overhead.P50, 0), max(s.Overhead.Mean, 0)
}

func (p *Profile) kernelCount() int { return len(p.Layers) }

// KernelTime is what a row took in a pass.
func (p *Profile) KernelTime(kernel int) time.Duration { return nanoseconds(p.Layers[kernel].MeanMS) }

func (p *Profile) overhead() (p50, stat time.Duration) {
	d := max(nanoseconds(p.Total.OverheadMS), 0)
	return d, d
}

// Measure gives every row its times. It does nothing if they are those of
// another program. It allocates nothing with a Snapshot, once that is warm.
func (t *Tree) Measure(of Timings) {
	if of.kernelCount() != len(t.ByKernel) {
		return
	}
	for i := len(t.Rows) - 1; i >= 0; i-- {
		r := t.Rows[i]
		took := Took{ForwardP50: of.P50(r.Kernels.In(tensor.Forward)), AfterP50: of.P50(r.Kernels.After())}
		for p := range passes {
			for _, k := range r.Flat.In(tensor.Pass(p)) {
				took.Flat[p] += of.KernelTime(k)
			}
			took.Cumulative[p] = took.Flat[p]
			for _, c := range r.Children {
				took.Cumulative[p] += c.Took.Cumulative[p]
			}
		}
		if r.Kind == OverheadRow {
			took.ForwardP50, took.Flat[tensor.Forward] = of.overhead()
			took.Cumulative = took.Flat
		}
		r.Took = took
	}
}
