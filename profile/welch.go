package profile

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// WelchTest returns the two-sided p-value of Welch's unequal variances t-test:
// the probability of a difference of means at least this large if a and b come
// from normal distributions with the same mean. Their variances and sizes may
// differ.
//
// It reports false if a sample has fewer than two values, which have no variance,
// or if values aren't finite or too extreme to square. Samples of zero variance
// give 1 for equal means and 0 otherwise.
//
// B. L. Welch, The generalization of "Student's" problem when several different
// population variances are involved, Biometrika 34, 1947.
func WelchTest(a, b []float64) (p float64, ok bool) {
	if len(a) < 2 || len(b) < 2 {
		return 1, false
	}
	n, m := float64(len(a)), float64(len(b))
	meanA, varA := stat.MeanVariance(a, nil)
	meanB, varB := stat.MeanVariance(b, nil)
	va, vb := varA/n, varB/m // variances of the means
	if va+vb == 0 {
		if meanA == meanB {
			return 1, true
		}
		return 0, true
	}
	t := math.Abs(meanA-meanB) / math.Sqrt(va+vb)
	// The Welch–Satterthwaite equation: the degrees of freedom of the χ²
	// distribution whose first two moments match those of va + vb.
	freedom := (va + vb) * (va + vb) / (va*va/(n-1) + vb*vb/(m-1))
	if math.IsNaN(t) || math.IsNaN(freedom) {
		return 1, false
	}
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Survival(t), true
}
