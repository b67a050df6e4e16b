package profile

import (
	"math"
	"testing"
)

func TestWelchTest(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
		ok   bool
	}{
		{[]float64{1, 2, 3, 4}, []float64{2, 3, 4, 8}, 0.2931, true}, // t = 1.1946 with 4.366 degrees of freedom
		{[]float64{1, 2}, []float64{1, 2}, 1, true},
		{[]float64{1, 1}, []float64{1, 1}, 1, true},
		{[]float64{1, 1}, []float64{2, 2}, 0, true},
		{[]float64{1}, []float64{2, 3}, 1, false},
		{[]float64{1e-160, 3e-160}, []float64{2e-160, 8e-160}, 1, false}, // squares of variances underflow
		{[]float64{1e160, 3e160}, []float64{2e160, 8e160}, 1, false},     // and overflow
		{[]float64{1, math.NaN()}, []float64{2, 3}, 1, false},
		{[]float64{1, math.Inf(1)}, []float64{2, 3}, 1, false},
	} {
		for _, swapped := range []bool{false, true} {
			if swapped {
				c.a, c.b = c.b, c.a
			}
			if p, ok := WelchTest(c.a, c.b); ok != c.ok || math.Abs(p-c.want) > 1e-4 {
				t.Errorf("%v, %v: p = %v (%v), want %v", c.a, c.b, p, ok, c.want)
			}
		}
	}
}
