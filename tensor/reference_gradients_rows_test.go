package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestFourRowsAreFour: rows that are added together give the bits of one after the other.
func TestFourRowsAreFour(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for n := range 19 {
		x, y := make([]float64, 4*n), make([]float64, n+1)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		for i := range y {
			y[i] = r.NormFloat64()
		}
		want, alpha := slices.Clone(y), [4]float64{r.NormFloat64(), r.NormFloat64(), 0, r.NormFloat64()}
		for j, a := range alpha {
			axpy(want[:n], a, x[j*n:])
		}
		if axpy4(y[:n], alpha, x); !slices.Equal(y, want) {
			t.Errorf("%d: %v, want %v", n, y, want)
		}
	}
}
