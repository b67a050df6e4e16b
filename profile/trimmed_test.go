package profile

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestTrimmedMean compares with a calculation by hand: of ten values one is left out at
// either end, and the variance is that of 2, 2, 3, 4, 5, 6, 7, 8, 9, 9.
func TestTrimmedMean(t *testing.T) {
	e := trimmedMean([]float64{1000, 2, 3, 4, 5, 6, 7, 8, 9, -1000})
	const squares = 2*3.5*3.5 + 2*3.5*3.5 + 2*(2.5*2.5+1.5*1.5+0.5*0.5)
	if e.effect != 5.5 || e.freedom != 7 || math.Abs(e.variance-squares/(8*7)) > 1e-12 {
		t.Errorf("%+v, want a mean of 5.5, a variance of %v and 7 degrees of freedom", e, squares/(8.0*7))
	}
	if e := trimmedMean([]float64{1, 3}); e.effect != 2 || e.freedom != 1 || e.variance != 1 {
		t.Errorf("of two values %+v, want the plain mean and its variance", e)
	}
}

// TestOutlyingPairs: a few pairs in which a spell began don't hide a difference of 3 %,
// and make none where there is none.
func TestOutlyingPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const rounds, pairs, rows = 200, 80, 25
	var c contest
	c.a, c.b = pairs, pairs
	for i := range pairs {
		c.pairs = append(c.pairs, [2]int{i, i})
	}
	found, wrong := 0, 0
	for range rounds {
		for i, effect := range []float64{math.Log(1.03), 0} {
			a, b := make([]float64, pairs), make([]float64, pairs)
			for k := range a {
				a[k], b[k] = 0.02*r.NormFloat64(), effect+0.02*r.NormFloat64()
				if r.IntN(20) == 0 {
					b[k] += 0.3 * r.NormFloat64()
				}
			}
			e, ok := c.estimate(a, b)
			named := ok && rows*e.pValue(c.margin(1)) < falseVerdict
			if i == 0 && named {
				found++
			} else if named {
				wrong++
			}
		}
	}
	if found < rounds*19/20 || wrong > 0 {
		t.Errorf("found %d of %d differences of 3 %%, and %d where there is none", found, rounds, wrong)
	}
}
