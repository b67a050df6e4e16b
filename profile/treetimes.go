package profile

import (
	"time"

	"resnet-tui/tensor"
)

// Statistic names the statistic of times that add up over rows. The mean of a sum
// is the sum of the means; percentiles don't have this property.
const Statistic = "mean"

// Timings is the source of a Tree's times: a *Snapshot of a live run, or a recorded
// *Profile. Kernels are those of the tree, by index.
type Timings interface {
	kernelCount() int
	KernelTime(kernel int) time.Duration // Statistic of one kernel over passes
	P50(kernels []int) time.Duration     // median over passes of what the kernels took together
	overhead() (p50, stat time.Duration) // median and Statistic of the overhead, not negative
}

// kernelCount returns the number of kernels that have times.
func (s *Snapshot) kernelCount() int { return len(s.Kernels) }

// KernelTime returns the mean time of a kernel per pass. Before the first whole
// pass it is the newest time.
func (s *Snapshot) KernelTime(kernel int) time.Duration {
	if x := &s.Kernels[kernel]; x.N > 0 {
		return x.Mean
	}
	return s.Kernels[kernel].Last
}

// overhead is clamped to 0: kernels of a device that overlap sum up to more than
// the pass.
func (s *Snapshot) overhead() (p50, stat time.Duration) {
	return max(s.Overhead.P50, 0), max(s.Overhead.Mean, 0)
}

// kernelCount returns the number of rows.
func (p *Profile) kernelCount() int { return len(p.Layers) }

// KernelTime returns the mean time of a row per pass.
func (p *Profile) KernelTime(kernel int) time.Duration { return nanoseconds(p.Layers[kernel].MeanMS) }

// overhead returns the mean twice: profiles don't record the overhead's median.
func (p *Profile) overhead() (p50, stat time.Duration) {
	d := max(nanoseconds(p.Total.OverheadMS), 0)
	return d, d
}

// Measure sets the times of every row. It does nothing if they are those of another
// program, with another number of kernels. With a Snapshot it allocates nothing
// once the windows are full, so that a screen can call it for every frame.
func (t *Tree) Measure(of Timings) {
	if of.kernelCount() != len(t.ByKernel) {
		return
	}
	// From the last row to the first, so that children come before their parents.
	for i := len(t.Rows) - 1; i >= 0; i-- {
		r := t.Rows[i]
		took := Took{
			ForwardP50: of.P50(r.Kernels.In(tensor.Forward)),
			AfterP50:   of.P50(r.Kernels.After()),
		}
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
