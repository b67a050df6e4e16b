package profile

import (
	"math"
	"slices"
	"time"
)

// Snapshot holds the statistics of a Recorder's last passes at one moment. The
// zero value is ready for Recorder.Snapshot, which reuses its memory from update
// to update. It belongs to its reader and isn't safe for concurrent use.
//
// Pass by pass, Wall is the sum of Overhead and all Kernels: element i of their
// Recent belongs to the same pass.
type Snapshot struct {
	Passes   int      // recorded so far, including those that are no longer kept
	Wall     Series   // whole passes
	Overhead Series   // Wall minus all kernels
	Kernels  []Series // by kernel, in execution order
	Err      error    // Recorder.Err

	from    *Recorder
	scratch []time.Duration // one pass, copied from the recorder
	order   []int           // memory of typical
	typical []int           // the typical passes: positions in Recent, ascending
}

// Snapshot brings into up to date. It adds only the passes since into's last
// update, so its cost depends on what is new, not on what is kept, and it
// allocates only until the windows are full. A snapshot of another recorder
// starts anew.
//
// The Last of kernels may be newer than the last whole pass: it follows the run
// through the layers, for a live display.
func (r *Recorder) Snapshot(into *Snapshot) {
	if into.from != r {
		into.reset(r)
	}
	into.Err = r.Err()
	published := r.passes.Load()
	first := max(int64(into.Passes), published-int64(r.capacity))
	for i := first; i < published; i++ {
		if r.copyPass(i, into.scratch) {
			into.push(into.scratch, r.capacity)
		}
	}
	if published > int64(into.Passes) {
		into.Passes = int(published)
		into.summarise()
	}
	if r.recorded != nil {
		into.adopt(r.recorded)
	}
	for k := range into.Kernels {
		if live := r.live[k].Load(); live >= 0 {
			into.Kernels[k].Last = time.Duration(live)
		}
	}
}

// reset empties s for the passes of r. It keeps the series' memory.
func (s *Snapshot) reset(r *Recorder) {
	n := len(r.kernels)
	if cap(s.Kernels) < n {
		s.Kernels = make([]Series, n)
	}
	s.Kernels = s.Kernels[:n]
	s.scratch = make([]time.Duration, n+1)
	s.from = r
	s.Passes = 0
	s.each(func(x *Series) { x.clear() })
}

// push adds one pass, in the layout of the recorder's ring: its wall time, then
// its kernels' times.
func (s *Snapshot) push(pass []time.Duration, capacity int) {
	rest := pass[0]
	s.Wall.push(pass[0], capacity)
	for k, d := range pass[1:] {
		s.Kernels[k].push(d, capacity)
		rest -= d
	}
	s.Overhead.push(rest, capacity)
}

// summarise updates the statistics after passes were pushed.
func (s *Snapshot) summarise() {
	s.order = slices.Grow(s.order[:0], len(s.Wall.Recent))
	s.typical = typicalPasses(s.Wall.Recent, s.order)
	s.each(func(x *Series) {
		x.summarise()
		x.Typical = time.Duration(math.Round(meanAt(x.Recent, s.typical)))
	})
}

// adopt takes the figures that a profile has of whole passes and of kernels. They
// are of all its passes, while its samples may be some of them.
func (s *Snapshot) adopt(p *Profile) {
	t := &p.Total
	s.Wall.adopt(figures{t.MeanMS, t.TypicalMS, t.P50MS, t.P95MS, t.MinMS, t.CV, t.TypicalError})
	s.Overhead.Mean = nanoseconds(t.OverheadMS)
	s.Overhead.Typical = nanoseconds(t.OverheadTypicalMS)
	for k := range s.Kernels {
		l := &p.Layers[k]
		s.Kernels[k].adopt(figures{l.MeanMS, l.TypicalMS, l.P50MS, l.P95MS, l.MinMS, l.CV, l.TypicalError})
	}
}

// each calls do for every series.
func (s *Snapshot) each(do func(*Series)) {
	do(&s.Wall)
	do(&s.Overhead)
	for k := range s.Kernels {
		do(&s.Kernels[k])
	}
}

// Statistic returns what the times of rows are: Typical as soon as a pass was
// recorded, Mean of a recording that has no passes, Newest before.
func (s *Snapshot) Statistic() Statistic {
	switch {
	case s.Wall.Typical > 0:
		return Typical
	case s.Wall.Mean > 0:
		return Mean
	}
	return Newest
}

// TimeOf returns the Statistic of a series: of Wall, Overhead, a kernel or a Sum.
func (s *Snapshot) TimeOf(x *Series) time.Duration {
	switch s.Statistic() {
	case Typical:
		return x.Typical
	case Mean:
		return x.Mean
	}
	return x.Last
}

// ErrorOf returns half the 95 % confidence interval of the typical time of a series,
// as a share of it. It is 0 where there is none: with too few passes, and for other
// statistics.
func (s *Snapshot) ErrorOf(x *Series) float64 {
	switch {
	case s.Statistic() != Typical:
		return 0
	case s.from != nil && s.from.recorded != nil && x.spread > 0:
		return x.spread
	}
	return typicalError(x.Recent, s.Wall.Recent, s.typical)
}

// Sum returns the series of what some kernels took together in each pass, such
// as those of a module. Its percentiles are not the sums of the kernels'
// percentiles; Typical, Mean and Last are. It allocates.
func (s *Snapshot) Sum(kernels []int) Series {
	sums := make([]time.Duration, len(s.Wall.Recent))
	var typical, mean, last time.Duration
	for _, k := range kernels {
		x := &s.Kernels[k]
		for i, d := range x.Recent {
			sums[i] += d
		}
		typical, mean, last = typical+x.Typical, mean+x.Mean, last+x.Last
	}
	sum := NewSeries(sums)
	sum.Typical, sum.Mean, sum.Last = typical, mean, last
	return sum
}
