package profile

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A verdict compares two sides by their processes. Passes of one process are no
// evidence: a machine has slow and fast spells of seconds to minutes (another program
// on the core's other half, the clock, caches shared with neighbours), which slow some
// kernels by a third and those that stream weights by up to 85 %, and a whole
// recording lies within one. So each process counts as one value, and what counts is
// how far processes differ among themselves.
//
//   - The value is the logarithm of a low quantile of the process's passes: spells only
//     ever add time, so the fastest passes of processes are the most alike.
//   - Where processes of A and B ran turn about, the differences within pairs of
//     neighbours are tested: a spell that outlasts a pair cancels out. One that begins
//     within a pair makes its difference an outlier, so the mean is a trimmed one (Tukey
//     and McLaughlin's t). Pairs in a slow spell are left out first, half of them at
//     most; which ones, depends on no difference between the sides.
//   - Otherwise sides are tested as wholes (Welch's t), and only for differences that
//     no spell explains.
//   - Rows of one comparison see the same spells, so degrees of freedom come from
//     processes alone and are never gained by pooling rows.
//   - All rows and the whole pass are one family: Holm's procedure bounds the
//     probability that a comparison of equal programs names any of them.
//
// J. W. Tukey, D. H. McLaughlin, Less vulnerable confidence and significance procedures
// for location based on a single sample, Sankhya A 25, 1963; B. L. Welch, The generalization of "Student's" problem when several different
// population variances are involved, Biometrika 34, 1947; S. Holm, A simple
// sequentially rejective multiple test procedure, Scand. J. Stat. 6, 1979; A. Georges,
// D. Buytaert and L. Eeckhout, Statistically rigorous Java performance evaluation,
// OOPSLA 2007.
const (
	// falseVerdict bounds the probability that a comparison of a program with itself
	// names anything at all.
	falseVerdict = 0.002

	// lowPart is the quantile of a process's passes that stands for it.
	lowPart = 0.02

	// trimmed is the part of the pairs that is left out at either end of the
	// differences.
	trimmed = 0.1

	// negligible is the ratio of times up to which sides count as equal: where memory
	// happens to lie, which also depends on names of files and variables of the
	// environment, moves times by that much.
	negligible = 1.005

	// resolution is how far a kernel's time may be off, in milliseconds, and always the
	// same way: what the kernel before it left in flight (stores, prefetches) ends in it.
	resolution = 50e-6

	// spellRatio is the ratio of times that spells of the machine may cause between
	// sides that did not run turn about.
	spellRatio = 2.0

	// calmWithin is how much slower than its side's fastest process one may be to
	// count as calm, as a difference of logarithms; leastCalm pairs are always kept.
	calmWithin = 0.05
	leastCalm  = 6
)

// contest is how the processes of two sides stand to each other in time.
type contest struct {
	a, b  int      // number of processes
	pairs [][2]int // neighbours in time, one of each side; nil if they did not run turn about
}

// newContest pairs processes, given by when they started, if the sides ran turn about:
// in the order of time, each two in turn are one of each side. Either may be first.
func newContest(a, b []time.Time) contest {
	c := contest{a: len(a), b: len(b)}
	if len(a) != len(b) {
		return c
	}
	type start struct {
		at       time.Time
		side, of int
	}
	var all []start
	for side, times := range [2][]time.Time{a, b} {
		for i, at := range times {
			if at.IsZero() {
				return c
			}
			all = append(all, start{at, side, i})
		}
	}
	slices.SortStableFunc(all, func(x, y start) int { return x.at.Compare(y.at) })
	var pairs [][2]int
	for i := 0; i < len(all); i += 2 {
		x, y := all[i], all[i+1]
		if x.side == y.side || x.at.Equal(y.at) { // a recording compared with itself took no turns
			return c
		}
		if x.side == 1 {
			x, y = y, x
		}
		pairs = append(pairs, [2]int{x.of, y.of})
	}
	c.pairs = pairs
	return c
}

// paired reports whether pairs can be tested.
func (c contest) paired() bool { return len(c.pairs) > 1 }

// margin is the difference of logarithms up to which times of about ms milliseconds are
// not told apart.
func (c contest) margin(ms float64) float64 {
	ratio := spellRatio
	if c.paired() {
		ratio = negligible
	}
	return math.Log(ratio + resolution/ms)
}

// calm leaves out the pairs that ran in a slow spell. a and b have the values of every
// row, by process. How slow a process was is the median over rows of how much slower
// it was than the fastest of its side.
func (c contest) calm(a, b [][]float64) contest {
	if !c.paired() || len(a) == 0 {
		return c
	}
	slowA, slowB := slowness(a, c.a), slowness(b, c.b)
	slow := func(p [2]int) float64 { return max(slowA[p[0]], slowB[p[1]]) }
	pairs := slices.Clone(c.pairs)
	slices.SortStableFunc(pairs, func(x, y [2]int) int { return cmp.Compare(slow(x), slow(y)) })
	keep := min(len(pairs), max((len(pairs)+1)/2, leastCalm))
	for keep < len(pairs) && slow(pairs[keep]) < calmWithin {
		keep++
	}
	c.pairs = pairs[:keep]
	return c
}

// compared returns the processes of each side that are compared, nil for all.
func (c contest) compared() (a, b []int) {
	if !c.paired() {
		return nil, nil
	}
	for _, p := range c.pairs {
		a, b = append(a, p[0]), append(b, p[1])
	}
	return a, b
}

// slowness is how slow each of n processes was; rows have a value for each.
func slowness(rows [][]float64, n int) []float64 {
	slow := make([]float64, n)
	excess := make([]float64, len(rows))
	for i := range slow {
		for k, values := range rows {
			excess[k] = values[i] - slices.Min(values)
		}
		slow[i] = median(excess)
	}
	return slow
}

// estimate is how far B is from A: a difference of logarithms, the variance of that,
// and the degrees of freedom of the variance.
type estimate struct{ effect, variance, freedom float64 }

// estimate compares the values of the processes of both sides. It reports false if
// there are fewer than two of a side, or values that are not finite.
func (c contest) estimate(a, b []float64) (e estimate, ok bool) {
	if len(a) != c.a || len(b) != c.b || min(c.a, c.b) < 2 {
		return e, false
	}
	if c.paired() {
		d := make([]float64, len(c.pairs))
		for i, p := range c.pairs {
			d[i] = b[p[1]] - a[p[0]]
		}
		e = trimmedMean(d)
	} else {
		e = welch(a, b)
	}
	return e, !math.IsNaN(e.effect+e.variance) && !math.IsInf(e.effect+e.variance, 0)
}

// trimmedMean estimates the centre of values by their mean without the extreme ones; its
// variance is that of the values with the extreme ones moved in to the last that count.
func trimmedMean(values []float64) estimate {
	sorted := slices.Sorted(slices.Values(values))
	n, out := len(sorted), int(trimmed*float64(len(sorted)))
	inner := sorted[out : n-out]
	mean := stat.Mean(inner, nil)
	for i := range out {
		sorted[i], sorted[n-1-i] = inner[0], inner[len(inner)-1]
	}
	h := float64(len(inner))
	return estimate{mean, stat.Variance(sorted, nil) * float64(n-1) / (h * (h - 1)), h - 1}
}

// welch estimates the difference of means of samples whose variances may differ.
func welch(a, b []float64) estimate {
	meanA, varA := stat.MeanVariance(a, nil)
	meanB, varB := stat.MeanVariance(b, nil)
	n, m := float64(len(a)), float64(len(b))
	va, vb := varA/n, varB/m // variances of the means
	e := estimate{meanB - meanA, va + vb, min(n, m) - 1}
	if e.variance > 0 {
		// The Welch–Satterthwaite equation: the degrees of freedom of the χ²
		// distribution whose first two moments match those of va + vb.
		e.freedom = e.variance * e.variance / (va*va/(n-1) + vb*vb/(m-1))
	}
	return e
}

// pValue is the probability of an effect at least this large if the sides differ by no
// more than margin, in either direction.
func (e estimate) pValue(margin float64) float64 {
	beyond := math.Abs(e.effect) - margin
	if beyond <= 0 {
		return 1
	}
	return min(1, 2*e.tail(beyond))
}

// exceeds is the probability of an effect at least this large if B's time is at most
// ratio times A's.
func (e estimate) exceeds(ratio float64) float64 { return e.tail(e.effect - math.Log(ratio)) }

// staysBelow is the probability of an effect at most this large if B's time is at
// least ratio times A's.
func (e estimate) staysBelow(ratio float64) float64 { return e.tail(math.Log(ratio) - e.effect) }

// tail is the probability that an effect is beyond its true value by this much.
func (e estimate) tail(beyond float64) float64 {
	switch {
	case e.variance > 0:
		return e.student().Survival(beyond)
	case beyond > 0:
		return 0
	}
	return 1
}

func (e estimate) student() distuv.StudentsT {
	return distuv.StudentsT{Mu: 0, Sigma: math.Sqrt(e.variance), Nu: e.freedom}
}

// intervalLevel is the confidence of intervals that reports show.
const intervalLevel = 0.95

// interval is the confidence interval of B's time over A's.
func (e estimate) interval() [2]float64 {
	half := 0.0
	if e.variance > 0 {
		half = e.student().Quantile((1 + intervalLevel) / 2)
	}
	return [2]float64{math.Exp(e.effect - half), math.Exp(e.effect + half)}
}

// adjust converts the p-values of a family of tests, in the order of p: rejecting
// every hypothesis with an adjusted value below α keeps the probability of any false
// rejection below α (Holm 1979).
func adjust(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	most := 0.0
	for rank, at := range order {
		most = max(most, min(1, p[at]*float64(len(p)-rank)))
		adjusted[at] = most
	}
	return adjusted
}

// low returns the low quantile of a process's samples that stands for it, 0 without
// samples. It interpolates as quantile does.
func low(samples []float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	at := lowPart * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
