package profile

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestRankTest: the first samples have exact distributions. The last two have ties:
// one has no variance, the other U = 2.5 and a variance of 11.14, so z = 1.498.
func TestRankTest(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, 0.1},
		{[]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, 2.0 / 70},
		{[]float64{1, 3, 5, 7, 9}, []float64{2, 4, 6, 8, 10}, 0.6904761904761905},
		{[]float64{1, 1, 1}, []float64{1, 1, 1}, 1},
		{[]float64{1, 2, 2, 3}, []float64{2, 3, 4, 4}, 0.13416918012812584},
	} {
		for _, pair := range [][2][]float64{{c.a, c.b}, {c.b, c.a}} {
			if p, ok := RankTest(pair[0], pair[1]); !ok || math.Abs(p-c.want) > 1e-12 {
				t.Errorf("%v: p = %v (%v), want %v", pair, p, ok, c.want)
			}
		}
	}
	if _, ok := RankTest([]float64{1}, []float64{2, 3}); ok {
		t.Error("a single value was tested")
	}
}

// TestRankTestOfNaN: the test ends, and p is a probability.
func TestRankTestOfNaN(t *testing.T) {
	if p, _ := RankTest([]float64{1, math.NaN(), 2}, []float64{math.NaN(), 3}); !(p >= 0 && p <= 1) {
		t.Errorf("p = %v", p)
	}
}

// TestRankTestIsFair: of samples from the same distribution, about one pair in
// twenty differs at 5 %, for the exact and for the approximate test.
func TestRankTestIsFair(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{12, 60} {
		found := 0
		for range 2000 {
			a, b := make([]float64, n), make([]float64, n)
			for i := range n {
				a[i], b[i] = r.ExpFloat64(), r.ExpFloat64()
			}
			if p, _ := RankTest(a, b); p < 0.05 {
				found++
			}
		}
		if found < 60 || found > 140 {
			t.Errorf("samples of %d: %d of 2000 differ at 5 %%", n, found)
		}
	}
}

func TestBlocks(t *testing.T) {
	samples := make([]float64, 200)
	for i := range samples {
		samples[i] = float64(i)
	}
	if b := blocks(samples); len(b) != 20 || b[0] != 4.5 || b[19] != 194.5 {
		t.Errorf("%v", b)
	}
	if b := blocks(samples[:3]); len(b) != 3 || b[2] != 2 {
		t.Errorf("%v", b)
	}
}
