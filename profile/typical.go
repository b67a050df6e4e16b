package profile

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// Statistic is what the times of rows are. Each kind adds up over rows: a sum's
// mean is the sum of the means if all are of the same passes. Percentiles don't
// have this property.
type Statistic string

// The statistics.
const (
	// Typical is the mean over the typical passes: those whose wall time lies in the
	// middle half of all measured passes. Sorted by wall time, the lowest ⌊n/4⌋ and
	// the highest ⌊n/4⌋ of n passes are left out, ties in the order in which they
	// ran; of fewer than four passes none is. All rows take the same passes.
	Typical Statistic = "typical"

	// Mean is the mean over all measured passes: what a file without single passes
	// knows.
	Mean Statistic = "mean"

	// Newest is the newest time of each kernel, before the first whole pass.
	Newest Statistic = "newest"
)

// Explanation is what Typical is, in the words of reports and help.
const Explanation = "mean of the typical passes: the middle half by total"

// String describes the statistic in the words of reports.
func (s Statistic) String() string {
	switch s {
	case Typical:
		return Explanation
	case Mean:
		return "mean of all passes"
	}
	return "newest time"
}

// typicalPasses returns the positions of the typical ones among passes that took
// walls, in ascending order. It reuses order's memory.
func typicalPasses[T cmp.Ordered](walls []T, order []int) []int {
	order = order[:0]
	for i := range walls {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(walls[a], walls[b]), a-b)
	})
	cut := len(walls) / 4
	typical := order[cut : len(order)-cut]
	slices.Sort(typical)
	return typical
}

// real is the type of times: nanoseconds or milliseconds.
type real interface{ time.Duration | float64 }

// meanAt returns the mean of the values at some positions, 0 without any.
func meanAt[T real](values []T, at []int) float64 {
	if len(at) == 0 {
		return 0
	}
	sum := 0.0
	for _, i := range at {
		sum += float64(values[i])
	}
	return sum / float64(len(at))
}

const (
	errorLeast     = 5  // fewer passes give no interval
	errorStretches = 10 // at most
)

// typicalError returns half the 95 % confidence interval of a row's typical time,
// as a share of it: 0 if there are too few passes. row and walls are the times of
// the row and of the whole in each pass, in the order in which they ran, and
// typical are the positions of the typical passes.
//
// The typical time is a trimmed mean, whose variance follows from Winsorised
// values: a pass that was left out counts as one at the bound that it exceeds
// (Tukey and McLaughlin, Less vulnerable confidence and significance procedures
// for location based on a single sample, Sankhyā A 25, 1963). For a row, the value
// at a bound is that of the regression on the wall time. Consecutive passes
// resemble each other, so the variance is that of the means of stretches (batch
// means: Law and Kelton, Simulation modeling and analysis, 1982, section 8.6.1),
// and the interval is Student's.
func typicalError[T real](row, walls []T, typical []int) float64 {
	n := len(walls)
	if n < errorLeast || len(row) != n {
		return 0
	}
	mean := meanAt(row, typical)
	if mean <= 0 {
		return 0
	}
	at := newBounds(row, walls, typical)
	stretches := min(n, errorStretches)
	var sum, squares float64 // of the stretches' means, less the mean
	for s := range stretches {
		from, to := s*n/stretches, (s+1)*n/stretches
		part := 0.0
		for i := from; i < to; i++ {
			part += at.winsorised(float64(row[i]), float64(walls[i])) - mean
		}
		part /= float64(to - from)
		sum += part
		squares += part * part
	}
	b, kept := float64(stretches), float64(len(typical))
	variance := max(squares-sum*sum/b, 0) / (b - 1) / b // of a mean of all Winsorised values
	variance *= float64(n*(n-1)) / (kept * (kept - 1))  // of one of the typical passes
	return studentHalf(min(stretches, len(typical))-1) * math.Sqrt(variance) / mean
}

// bounds holds the walls of the fastest and the slowest typical pass, and what a row
// takes there.
type bounds struct{ low, high, atLow, atHigh float64 }

// newBounds returns the bounds of the typical passes. What the row takes there is
// on its regression line through the typical passes.
func newBounds[T real](row, walls []T, typical []int) bounds {
	b := bounds{low: math.Inf(1), high: math.Inf(-1)}
	x, w := meanAt(row, typical), meanAt(walls, typical)
	var covariance, variance float64
	for _, i := range typical {
		wall := float64(walls[i])
		b.low, b.high = min(b.low, wall), max(b.high, wall)
		covariance += (float64(row[i]) - x) * (wall - w)
		variance += (wall - w) * (wall - w)
	}
	slope := 0.0
	if variance > 0 {
		slope = covariance / variance
	}
	b.atLow, b.atHigh = x+slope*(b.low-w), x+slope*(b.high-w)
	return b
}

// winsorised returns what a row took in a pass, or takes at the bound that the pass
// exceeds.
func (b *bounds) winsorised(took, wall float64) float64 {
	switch {
	case wall < b.low:
		return b.atLow
	case wall > b.high:
		return b.atHigh
	}
	return took
}

// studentHalf returns the 97.5 % quantile of Student's distribution.
func studentHalf(freedom int) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(freedom)}.Quantile(0.975)
}
