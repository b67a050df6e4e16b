package profile

import (
	"math"
	"slices"
	"time"
)

// RecorderCost is the overhead of observing passes, estimated from pairs of one
// observed and one unobserved pass. The times are medians in milliseconds. Cost
// is the median difference of a pair as a share of the unobserved pass; it may
// be negative within its Error, two standard errors of Cost (about a 95 %
// interval).
type RecorderCost struct {
	ObservedMS   float64 `json:"observed_ms"`
	UnobservedMS float64 `json:"unobserved_ms"`
	Cost         Number  `json:"cost"`
	Error        Number  `json:"error"`
	Pairs        int     `json:"pairs"`
}

const (
	costPairs = 2000            // at most
	costLeast = 5               // fewer pairs give no estimate
	costTime  = 2 * time.Second // of unobserved passes beside measured ones
	spareTime = time.Second     // of unobserved passes in pairs beyond the measured passes
)

// recorderCost collects pairs. with[i] and without[i] ran one after the other,
// so that their difference is free of slow drifts (clock frequency, heat).
type recorderCost struct {
	with, without []float64     // nanoseconds
	spent         time.Duration // sum of without
}

// wanted reports whether another unobserved pass is worth its time next to a
// measured one.
func (c *recorderCost) wanted() bool { return c.pairs() < costPairs && c.spent < costTime }

// wantsSpare reports whether another pair is worth its time though neither of
// its passes is measured.
func (c *recorderCost) wantsSpare() bool { return c.pairs() < costPairs && c.spent < spareTime }

func (c *recorderCost) pairs() int { return len(c.with) }

func (c *recorderCost) add(with, without time.Duration) {
	c.with = append(c.with, float64(with))
	c.without = append(c.without, float64(without))
	c.spent += without
}

// summary returns the estimate, nil for fewer than costLeast pairs. Medians keep
// passes that the system interrupted from deciding it.
//
// The standard error of the median assumes normal differences, whose standard
// deviation σ is robustly estimated by 1.4826·MAD, the median absolute deviation
// (Hampel, The influence curve and its role in robust estimation, JASA 69,
// 1974). The median's error is asymptotically √(π/2) times the mean's, σ/√n.
func (c *recorderCost) summary() *RecorderCost {
	n := len(c.with)
	if n < costLeast {
		return nil
	}
	differences := make([]float64, n)
	for i := range differences {
		differences[i] = c.with[i] - c.without[i]
	}
	middle, base := median(differences), median(c.without)
	for i := range differences {
		differences[i] = math.Abs(differences[i] - middle)
	}
	deviation := 1.4826 * median(differences)
	standardError := math.Sqrt(math.Pi/2) * deviation / math.Sqrt(float64(n))
	return &RecorderCost{
		ObservedMS:   median(c.with) / 1e6,
		UnobservedMS: base / 1e6,
		Cost:         Number(middle / base),
		Error:        Number(2 * standardError / base),
		Pairs:        n,
	}
}

// median returns the median of at least one value, which it doesn't reorder.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
