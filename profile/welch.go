package profile

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// WelchTest is the two-sided p-value of Welch's t test: how probable so great a
// difference of means is if a and b are drawn from normal distributions of one
// mean, whatever their variances (Welch 1947). ok is false for samples of
// fewer than two values.
func WelchTest(a, b []float64) (p float64, ok bool) {
	if len(a) < 2 || len(b) < 2 {
		return 1, false
	}
	meanA, varA := stat.MeanVariance(a, nil)
	meanB, varB := stat.MeanVariance(b, nil)
	va, vb := varA/float64(len(a)), varB/float64(len(b))
	if va+vb == 0 {
		if meanA == meanB {
			return 1, true
		}
		return 0, true
	}
	t := math.Abs(meanA-meanB) / math.Sqrt(va+vb)
	freedom := (va + vb) * (va + vb) / (va*va/float64(len(a)-1) + vb*vb/float64(len(b)-1))
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Survival(t), true
}
