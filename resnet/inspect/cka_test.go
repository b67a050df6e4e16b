package inspect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"resnet-tui/resnet/inspect"
)

// gramOf multiplies features, images × features.
func gramOf(x [][]float64) *inspect.Gram {
	g := &inspect.Gram{N: len(x)}
	for _, a := range x {
		for _, b := range x {
			sum := 0.0
			for f := range a {
				sum += a[f] * b[f]
			}
			g.Sum = append(g.Sum, sum)
		}
	}
	return g
}

// randomFeatures are of images, with a mean that is large beside their spread.
func randomFeatures(random *rand.Rand, images, features int) [][]float64 {
	x := make([][]float64, images)
	for i := range x {
		for f := range features {
			x[i] = append(x[i], 3+float64(f)+random.NormFloat64())
		}
	}
	return x
}

// hsicDebiased is eq. 5 of Song et al. (2012), term by term.
func hsicDebiased(k, l *inspect.Gram) float64 {
	n := k.N
	trace, sumK, sumL, cross := 0.0, 0.0, 0.0, 0.0
	at := func(g *inspect.Gram, i, j int) float64 {
		if i == j {
			return 0
		}
		return g.Sum[i*n+j]
	}
	for i := range n {
		for j := range n {
			trace += at(k, i, j) * at(l, j, i)
			sumK += at(k, i, j)
			sumL += at(l, i, j)
			for m := range n {
				cross += at(k, i, j) * at(l, j, m)
			}
		}
	}
	size := float64(n)
	return trace + sumK*sumL/((size-1)*(size-2)) - 2*cross/(size-2)
}

// hsicBiased is the product of features that are centred first: ‖XᵀY‖² is that of Gram
// matrices.
func hsicBiased(k, l *inspect.Gram) (sum float64) {
	n := k.N
	centred := func(g *inspect.Gram, i, j int) float64 {
		c := g.Sum[i*n+j]
		for m := range n {
			c -= (g.Sum[i*n+m] + g.Sum[m*n+j]) / float64(n)
			for o := range n {
				c += g.Sum[m*n+o] / float64(n*n)
			}
		}
		return c
	}
	for i := range n {
		for j := range n {
			sum += centred(k, i, j) * centred(l, i, j)
		}
	}
	return sum
}

func TestCKA(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	x, y := randomFeatures(random, 9, 5), randomFeatures(random, 9, 40)
	for i := range y {
		y[i][3] += 4 * x[i][1] // something in common
	}
	a, b := []*inspect.Gram{gramOf(x), gramOf(y)}, []*inspect.Gram{gramOf(y), gramOf(x)}
	for e, hsic := range map[inspect.Estimator]func(k, l *inspect.Gram) float64{
		inspect.Debiased: hsicDebiased, inspect.Biased: hsicBiased,
	} {
		got := inspect.CKA(a, b, e)
		for i, k := range a {
			for j, l := range b {
				if want := hsic(k, l) / math.Sqrt(hsic(k, k)*hsic(l, l)); math.Abs(got[i][j]-want) > 1e-7 {
					t.Errorf("%s %d, %d: %.9f, want %.9f", e, i, j, got[i][j], want)
				}
			}
		}
		if got[0][1] < 1-1e-9 || got[0][0] > 0.9 {
			t.Errorf("%s: %v", e, got)
		}
	}
}

// TestCKAOfIndependent: of independent features the debiased estimate is 0 on average,
// while the biased one is far from it.
func TestCKAOfIndependent(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	means := map[inspect.Estimator]float64{}
	const rounds = 200
	for range rounds {
		x := []*inspect.Gram{gramOf(randomFeatures(random, 8, 60))}
		y := []*inspect.Gram{gramOf(randomFeatures(random, 8, 60))}
		for _, e := range inspect.Estimators {
			means[inspect.Estimator(e)] += inspect.CKA(x, y, inspect.Estimator(e))[0][0] / rounds
		}
	}
	if math.Abs(means[inspect.Debiased]) > 0.05 || means[inspect.Biased] < 0.7 {
		t.Errorf("means %v", means)
	}
}

// TestCKAOfConstant: features that are the same for all images are like nothing.
func TestCKAOfConstant(t *testing.T) {
	same := &inspect.Gram{N: 4, Sum: make([]float64, 16)}
	if got := inspect.CKA([]*inspect.Gram{same}, []*inspect.Gram{same}, inspect.Debiased)[0][0]; !math.IsNaN(got) {
		t.Errorf("%v", got)
	}
	if inspect.CheckImages(4) != nil || inspect.CheckImages(3) == nil {
		t.Error("three images are too few, four are enough")
	}
}
