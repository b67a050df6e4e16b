package profile

import (
	"math"
	"slices"
	"time"
)

// Series are the durations of one thing over the last passes, with their
// statistics. CV is the coefficient of variation (sample standard deviation
// over mean), 0 with fewer than two samples.
type Series struct {
	N                         int // samples behind the statistics
	Last, Mean, P50, P95, Min time.Duration
	CV                        float64
	Recent                    []time.Duration // oldest first

	sorted []time.Duration // Recent by size
}

// NewSeries computes the statistics of samples, which it keeps.
func NewSeries(samples []time.Duration) Series {
	s := Series{Recent: samples, sorted: slices.Clone(samples)}
	slices.Sort(s.sorted)
	s.summarise()
	return s
}

// push appends a sample; the oldest leaves when there are capacity of them.
func (s *Series) push(d time.Duration, capacity int) {
	if len(s.Recent) == capacity {
		at, _ := slices.BinarySearch(s.sorted, s.Recent[0])
		s.sorted = slices.Delete(s.sorted, at, at+1)
		s.Recent = append(s.Recent[:0], s.Recent[1:]...)
	}
	at, _ := slices.BinarySearch(s.sorted, d)
	s.sorted = slices.Insert(s.sorted, at, d)
	s.Recent = append(s.Recent, d)
}

// clear forgets the samples but keeps the memory.
func (s *Series) clear() { *s = Series{Recent: s.Recent[:0], sorted: s.sorted[:0]} }

func (s *Series) summarise() {
	s.N = len(s.Recent)
	if s.N == 0 {
		return
	}
	s.Last, s.Min = s.Recent[s.N-1], s.sorted[0]
	s.P50, s.P95 = quantile(s.sorted, 0.50), quantile(s.sorted, 0.95)
	mean, deviation := moments(s.Recent)
	s.Mean, s.CV = time.Duration(math.Round(mean)), 0
	if mean > 0 {
		s.CV = deviation / mean
	}
}

// quantile interpolates linearly between the two nearest of the sorted
// samples, of which there is at least one, as numpy does.
func quantile(sorted []time.Duration, p float64) time.Duration {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + time.Duration(math.Round((at-float64(i))*float64(sorted[i+1]-sorted[i])))
}

// moments are the mean and the sample standard deviation, in nanoseconds.
func moments(samples []time.Duration) (mean, deviation float64) {
	for _, d := range samples {
		mean += float64(d)
	}
	mean /= float64(len(samples))
	if len(samples) < 2 {
		return mean, 0
	}
	squares := 0.0
	for _, d := range samples {
		squares += (float64(d) - mean) * (float64(d) - mean)
	}
	return mean, math.Sqrt(squares / float64(len(samples)-1))
}

// Uncertainty is the half-width of the 95 % confidence interval of the mean, relative
// to the mean; 0 with too few values for one.
func (s *Series) Uncertainty() float64 {
	if s.N < 3 {
		return 0
	}
	return 1.96 * s.CV / math.Sqrt(float64(s.N))
}
