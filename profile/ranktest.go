package profile

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// exactMost is the largest n·m for which the null distribution of U is
// enumerated, which takes O(n²m) steps. Larger samples use the normal
// approximation. Two recordings of maxBlocks stretches each are just exact.
const exactMost = 400

// RankTest returns the two-sided p-value of the Wilcoxon–Mann–Whitney rank-sum
// test: the probability of a difference in ranks at least this large if a and b
// come from the same distribution. Times of passes are skewed to the right and
// have outliers, which ranks, unlike means, are robust to.
//
// The null distribution is exact for small samples without ties. Otherwise it
// is the normal approximation with corrections for ties and continuity
// (Lehmann, Nonparametrics, 1975, section 1.2). It reports false if a sample
// has fewer than two values.
//
// H. B. Mann and D. R. Whitney, On a test of whether one of two random
// variables is stochastically larger than the other, Ann. Math. Stat. 18, 1947.
func RankTest(a, b []float64) (p float64, ok bool) {
	n, m := len(a), len(b)
	if n < 2 || m < 2 {
		return 1, false
	}
	u, ties := rankSum(a, b)
	u = min(u, float64(n*m)-u) // U is symmetric around n·m/2: take the lower tail
	if ties == 0 && n*m <= exactMost {
		return min(1, 2*exactTail(n, m, int(u))), true
	}
	size := float64(n + m)
	variance := float64(n*m) / 12 * (size + 1 - ties/(size*(size-1)))
	if variance <= 0 {
		return 1, true // all values are equal
	}
	z := (float64(n*m)/2 - u - 0.5) / math.Sqrt(variance)
	return 2 * distuv.UnitNormal.Survival(max(z, 0)), true
}

// rankSum returns Mann and Whitney's U of a: the number of pairs in which a's
// value is the greater one, ties counting one half. ties is Σ(t³−t) over groups
// of t equal values, which the variance of U is corrected by.
func rankSum(a, b []float64) (u, ties float64) {
	type value struct {
		v     float64
		first bool // from a
	}
	all := make([]value, 0, len(a)+len(b))
	for _, v := range a {
		all = append(all, value{v, true})
	}
	for _, v := range b {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(x, y value) int { return cmp.Compare(x.v, y.v) })
	ranks := 0.0
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].v == all[i].v {
			j++
		}
		t := float64(j - i)
		ties += t*t*t - t
		// Equal values share the mean of the ranks i+1 … j.
		for _, x := range all[i:j] {
			if x.first {
				ranks += float64(i+j+1) / 2
			}
		}
		i = j
	}
	n := float64(len(a))
	return ranks - n*(n+1)/2, ties
}

// exactTail returns P(U ≤ u) for samples of n and m values without ties. Under
// the null hypothesis all interleavings are equally likely, and those with
// U = k correspond to the partitions of k into at most n parts of at most m
// each. Their generating function is the Gaussian binomial coefficient
//
//	∏ᵢ (1 − x^(m+i)) / (1 − xⁱ),  i = 1 … n
//
// whose coefficients are computed factor by factor, in place.
func exactTail(n, m, u int) float64 {
	ways := make([]float64, n*m+1) // by U
	ways[0] = 1
	for i := 1; i <= n; i++ {
		// Multiply by 1 − x^(m+i), from the top as it reads lower coefficients …
		for k := len(ways) - 1; k >= m+i; k-- {
			ways[k] -= ways[k-m-i]
		}
		// … and divide by 1 − xⁱ, from the bottom as it sums them up.
		for k := i; k < len(ways); k++ {
			ways[k] += ways[k-i]
		}
	}
	var below, all float64
	for k, w := range ways {
		all += w
		if k <= u {
			below += w
		}
	}
	return below / all
}

// maxBlocks bounds the number of stretches that a recording is divided into:
// ten passes each in a full recording of MaxSamples.
const maxBlocks = 20

// blocks divides samples into at most maxBlocks stretches of consecutive ones
// and returns their medians, in order. The rank test assumes independent
// samples, but consecutive passes resemble each other (clock frequency, other
// programs); medians of stretches hardly do.
func blocks(samples []float64) []float64 {
	n := min(len(samples), maxBlocks)
	medians := make([]float64, n)
	for i := range medians {
		medians[i] = median(samples[i*len(samples)/n : (i+1)*len(samples)/n])
	}
	return medians
}
