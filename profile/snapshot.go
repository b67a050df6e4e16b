package profile

import (
	"slices"
	"time"
)

// Snapshot is what a Recorder knows at one moment. It belongs to its reader.
type Snapshot struct {
	Passes   int      // recorded so far
	Wall     Series   // per pass
	Overhead Series   // wall − Σ kernels
	Kernels  []Series // by kernel, in execution order
	Err      error    // Recorder.Err

	from    *Recorder
	scratch []time.Duration
	sums    []time.Duration // of P50
}

// Snapshot brings into up to date. It takes the passes that are new since
// into's last update by this recorder, so its cost follows what happened, not
// what is kept; it allocates only while the windows fill. Last may be newer
// than the last whole pass: it moves as the run goes through the layers.
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

func (s *Snapshot) reset(r *Recorder) {
	n := len(r.kernels)
	if cap(s.Kernels) < n {
		s.Kernels = make([]Series, n)
	}
	s.Kernels, s.scratch = s.Kernels[:n], make([]time.Duration, n+1)
	s.from, s.Passes = r, 0
	s.each(func(x *Series) { x.clear() })
}

// push adds one pass: its wall time, then its kernels' times.
func (s *Snapshot) push(pass []time.Duration, capacity int) {
	rest := pass[0]
	s.Wall.push(pass[0], capacity)
	for k, d := range pass[1:] {
		s.Kernels[k].push(d, capacity)
		rest -= d
	}
	s.Overhead.push(rest, capacity)
}

func (s *Snapshot) summarise() { s.each(func(x *Series) { x.summarise() }) }

func (s *Snapshot) each(do func(*Series)) {
	do(&s.Wall)
	do(&s.Overhead)
	for k := range s.Kernels {
		do(&s.Kernels[k])
	}
}

// Sum is the series of the passes' sums over some kernels: a module's own
// percentiles, which are not the sums of its layers'. It allocates.
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

// P50 is Sum's median alone, which allocates nothing in the long run; the
// newest times' sum where there is no whole pass yet.
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
