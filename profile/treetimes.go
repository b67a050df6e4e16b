package profile

import (
	"time"

	"resnet-tui/tensor"
)

// Timings is the source of a Tree's times: a *Snapshot of a live run, or a recorded
// *Profile. Kernels are those of the tree, by index.
type Timings interface {
	// Statistic is what all times are.
	Statistic() Statistic

	kernelCount() int
	kernelTime(kernel int) (took time.Duration, known bool) // of one kernel per pass
	overhead() time.Duration                                // per pass, not negative
	whole() time.Duration                                   // of a pass; 0 if it isn't known
}

// kernelCount returns the number of kernels that have times.
func (s *Snapshot) kernelCount() int { return len(s.Kernels) }

// kernelTime returns the time of a kernel per pass. Before the first whole pass it is
// known only of kernels that have run.
func (s *Snapshot) kernelTime(kernel int) (took time.Duration, known bool) {
	took = s.TimeOf(&s.Kernels[kernel])
	return took, took > 0 || s.Statistic() != Newest
}

// overhead is clamped to 0: kernels of a device that overlap sum up to more than
// the pass. Before the first whole pass there is none.
func (s *Snapshot) overhead() time.Duration { return max(s.TimeOf(&s.Overhead), 0) }

// whole returns what a pass takes. Kernels that ran one by one make up a pass once
// all of them have run.
func (s *Snapshot) whole() time.Duration {
	if s.Statistic() != Newest {
		return s.TimeOf(&s.Wall)
	}
	var sum time.Duration
	for k := range s.Kernels {
		took, known := s.kernelTime(k)
		if !known {
			return 0
		}
		sum += took
	}
	return sum
}

// kernelCount returns the number of rows.
func (p *Profile) kernelCount() int { return len(p.Layers) }

// KernelTime returns the time of a row per pass, of the profile's Statistic.
func (p *Profile) KernelTime(kernel int) time.Duration { return nanoseconds(p.LayerMS(kernel)) }

func (p *Profile) kernelTime(kernel int) (took time.Duration, known bool) {
	return p.KernelTime(kernel), true
}

func (p *Profile) overhead() time.Duration { return max(nanoseconds(p.OverheadTimeMS()), 0) }

func (p *Profile) whole() time.Duration { return nanoseconds(p.Total.TimeMS()) }

// Measure sets the times of every row. A row has none before all its kernels have
// run. It does nothing if the times are those of another program, with another
// number of kernels. With a Snapshot it allocates nothing, so that a screen can call
// it for every frame.
func (t *Tree) Measure(of Timings) {
	if of.kernelCount() != len(t.ByKernel) {
		return
	}
	t.Statistic, t.Whole = of.Statistic(), of.whole()
	// From the last row to the first, so that children come before their parents.
	for i := len(t.Rows) - 1; i >= 0; i-- {
		r := t.Rows[i]
		r.Took = r.took(of)
		if r.Kind == OverheadRow {
			r.Took.Flat[tensor.Forward] = of.overhead()
			r.Took.Cumulative = r.Took.Flat
		}
	}
}

// took returns the times of a row whose children have theirs: none if a kernel at
// or below it has no time.
func (r *Row) took(of Timings) (took Took) {
	for p := range passes {
		for _, k := range r.Flat.In(tensor.Pass(p)) {
			d, known := of.kernelTime(k)
			if !known {
				return Took{Partial: true}
			}
			took.Flat[p] += d
		}
		took.Cumulative[p] = took.Flat[p]
		for _, c := range r.Children {
			if c.Took.Partial {
				return Took{Partial: true}
			}
			took.Cumulative[p] += c.Took.Cumulative[p]
		}
	}
	return took
}
