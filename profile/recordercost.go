package profile

import (
	"math"
	"slices"
	"time"
)

// RecorderCost is what observing passes costs, from pairs of passes with and
// without the recorder. Cost and Error are parts of an unobserved pass; Error
// is two standard errors of Cost.
type RecorderCost struct {
	ObservedMS   float64 `json:"observed_ms"`
	UnobservedMS float64 `json:"unobserved_ms"`
	Cost         float64 `json:"cost"`
	Error        float64 `json:"error"`
	Pairs        int     `json:"pairs"`
}

const (
	costPairs = 2000
	costLeast = 5 // pairs that say anything
	costTime  = 2 * time.Second
	spareTime = time.Second // of pairs beyond the passes that count
)

// recorderCost gathers pairs.
type recorderCost struct {
	with, without []float64 // nanoseconds
	spent         time.Duration
}

// wanted reports whether another pair would be worth its time.
func (c *recorderCost) wanted() bool { return c.pairs() < costPairs && c.spent < costTime }

// wantsSpare reports whether a pair is worth its time that counts for nothing
// else.
func (c *recorderCost) wantsSpare() bool { return c.pairs() < costPairs && c.spent < spareTime }

func (c *recorderCost) pairs() int { return len(c.with) }

func (c *recorderCost) add(with, without time.Duration) {
	c.with, c.without = append(c.with, float64(with)), append(c.without, float64(without))
	c.spent += without
}

// summary is the median difference of pairs; nil for too few of them. Its
// standard error comes from the median absolute deviation, as if differences
// were normal: σ ≈ 1.4826·MAD, and a median's error is √(π/2) a mean's.
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
	return &RecorderCost{
		ObservedMS: median(c.with) / 1e6, UnobservedMS: base / 1e6, Pairs: n,
		Cost: middle / base, Error: 2 * math.Sqrt(math.Pi/2) * deviation / math.Sqrt(float64(n)) / base,
	}
}

// median of at least one value.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
