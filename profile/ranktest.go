package profile

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// RankTest is the two-sided p-value of the Wilcoxon–Mann–Whitney test: how
// probable so great a difference of ranks is if a and b are drawn alike. The
// distribution is exact for small samples without ties, else normal with the
// variance corrected for ties and for continuity (Lehmann 1975, section 1.2).
// ok is false for samples too small to show anything.
func RankTest(a, b []float64) (p float64, ok bool) {
	n, m := len(a), len(b)
	if n < 2 || m < 2 {
		return 1, false
	}
	u, ties := rankSum(a, b)
	u = min(u, float64(n*m)-u)
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

const exactMost = 400 // n·m up to which the distribution is counted

// rankSum is Mann and Whitney's U of a, the number of pairs in which a's value
// is the greater, equal ones counted by half; and Σ(t³−t) over ties of t.
func rankSum(a, b []float64) (u, ties float64) {
	type value struct {
		v     float64
		first bool
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
		j := i
		for j < len(all) && all[j].v == all[i].v {
			j++
		}
		t := float64(j - i)
		ties += t*t*t - t
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

// exactTail is P(U ≤ u) for samples of n and m without ties, by counting: the
// number of ways for U = k is the number of partitions of k into at most n
// parts of at most m, and the Gaussian binomial generates those.
func exactTail(n, m, u int) float64 {
	ways := make([]float64, n*m+1)
	ways[0] = 1
	for i := 1; i <= n; i++ {
		// multiply by 1 − x^(m+i), then divide by 1 − x^i
		for k := len(ways) - 1; k >= m+i; k-- {
			ways[k] -= ways[k-m-i]
		}
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

// adjust turns p-values of several tests into q-values: rejecting all of them
// up to some q makes at most that part of the rejections false on average
// (Benjamini and Hochberg 1995).
func adjust(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	q := make([]float64, len(p))
	least := 1.0
	for i, at := range order {
		least = min(least, p[at]*float64(len(p))/float64(len(p)-i))
		q[at] = least
	}
	return q
}

// blocks are the medians of at most maxBlocks stretches of consecutive
// samples: neighbouring passes resemble each other, stretches hardly do.
func blocks(samples []float64) []float64 {
	n := min(len(samples), maxBlocks)
	medians := make([]float64, n)
	for i := range medians {
		medians[i] = median(samples[i*len(samples)/n : (i+1)*len(samples)/n])
	}
	return medians
}

const maxBlocks = 20
