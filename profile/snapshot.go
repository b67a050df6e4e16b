package profile

import (
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
	sums    []time.Duration // scratch of P50
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
func (s *Snapshot) summarise() { s.each(func(x *Series) { x.summarise() }) }

// each calls do for every series.
func (s *Snapshot) each(do func(*Series)) {
	do(&s.Wall)
	do(&s.Overhead)
	for k := range s.Kernels {
		do(&s.Kernels[k])
	}
}

// Sum returns the series of what some kernels took together in each pass, such
// as those of a module. Its percentiles are not the sums of the kernels'
// percentiles. Its Last is the sum of the kernels' newest times. It allocates.
func (s *Snapshot) Sum(kernels []int) Series {
	sums := make([]time.Duration, s.Wall.N)
	last := time.Duration(0)
	for _, k := range kernels {
		for i, d := range s.Kernels[k].Recent {
			sums[i] += d
		}
		last += s.Kernels[k].Last
	}
	sum := NewSeries(sums)
	sum.Last = last
	return sum
}

// P50 returns the median of Sum, without allocating once its scratch is large
// enough. Before the first whole pass, it is the sum of the newest times.
func (s *Snapshot) P50(kernels []int) time.Duration {
	if s.Wall.N == 0 {
		last := time.Duration(0)
		for _, k := range kernels {
			last += s.Kernels[k].Last
		}
		return last
	}
	switch len(kernels) {
	case 0:
		return 0
	case 1:
		return s.Kernels[kernels[0]].P50
	}
	s.sums = append(s.sums[:0], s.Kernels[kernels[0]].Recent...)
	sums := s.sums
	for _, k := range kernels[1:] {
		for i, d := range s.Kernels[k].Recent[:len(sums)] {
			sums[i] += d
		}
	}
	slices.Sort(sums)
	return quantile(sums, 0.50)
}
