package profile

import (
	"math"
	"slices"
	"time"
)

// Series holds the times of one thing over the last passes, and their statistics.
// The zero value has no samples. It belongs to its owner: Recent must not be
// changed.
//
// Typical is the mean over the typical passes, see Statistic. P50 and P95 are
// percentiles. CV is the coefficient of variation, the sample standard deviation
// divided by the mean, which compares the noise of rows of different length; it is 0
// with fewer than two samples.
//
// Without samples only Last, or the Mean of a recording that has no samples, may be
// known.
type Series struct {
	N                         int // number of samples
	Last, Mean, P50, P95, Min time.Duration
	Typical                   time.Duration
	CV                        float64
	Recent                    []time.Duration // oldest first

	sorted []time.Duration // the same, sorted
	spread float64         // recorded half-interval of Typical, 0 if none is
}

// NewSeries returns the statistics of samples, oldest first, except for Typical:
// that depends on whole passes. It keeps the slice.
func NewSeries(samples []time.Duration) Series {
	s := Series{Recent: samples, sorted: slices.Clone(samples)}
	slices.Sort(s.sorted)
	s.summarise()
	return s
}

// push appends a sample and, if there are capacity of them, drops the oldest. It
// keeps the sorted copy up to date by moving elements, which is cheaper than
// sorting and allocates nothing once both slices are full. Statistics are as old
// as the last summarise.
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

// clear removes the samples but keeps their memory.
func (s *Series) clear() { *s = Series{Recent: s.Recent[:0], sorted: s.sorted[:0]} }

// summarise computes the statistics of the samples. Mean and deviation are computed
// afresh and not updated, so that no rounding errors accumulate over hours.
func (s *Series) summarise() {
	s.N = len(s.Recent)
	if s.N == 0 {
		return
	}
	s.Last = s.Recent[s.N-1]
	s.Min = s.sorted[0]
	s.P50 = quantile(s.sorted, 0.50)
	s.P95 = quantile(s.sorted, 0.95)
	mean, deviation := moments(s.Recent)
	s.Mean = time.Duration(math.Round(mean))
	s.CV = 0
	if mean > 0 {
		s.CV = deviation / mean
	}
}

// quantile returns the p-quantile of at least one sorted sample. It interpolates
// linearly between the two nearest ones, as NumPy does by default: type 7 of
// Hyndman and Fan, Sample quantiles in statistical packages, 1996.
func quantile(sorted []time.Duration, p float64) time.Duration {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + time.Duration(math.Round((at-float64(i))*float64(sorted[i+1]-sorted[i])))
}

// moments returns the mean and the sample standard deviation (with n−1), in
// nanoseconds. Two passes over the samples avoid the cancellation of Σx² − (Σx)²/n.
// Without samples both are 0.
func moments(samples []time.Duration) (mean, deviation float64) {
	if len(samples) == 0 {
		return 0, 0
	}
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

// figures are those that a profile records of a row, in milliseconds.
type figures struct {
	mean, typical, p50, p95, min float64
	cv, spread                   Number
}

// adopt replaces the statistics by recorded ones. A percentile needs samples: a file
// without them has means only.
func (s *Series) adopt(f figures) {
	s.Mean, s.Typical = nanoseconds(f.mean), nanoseconds(f.typical)
	s.spread = float64(f.spread)
	if s.N == 0 {
		return
	}
	s.P50, s.P95, s.Min = nanoseconds(f.p50), nanoseconds(f.p95), nanoseconds(f.min)
	s.CV = float64(f.cv)
}
