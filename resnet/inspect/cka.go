package inspect

import (
	"fmt"
	"math"
	"slices"
)

// Estimator says how the independence of two sets of features is estimated from images.
type Estimator string

// The estimators. Of few images and many features the biased one finds everything alike;
// the debiased one is right on average.
const (
	Debiased Estimator = "debiased" // Nguyen, Raghu and Kornblith (2021), eq. 3, after Song et al. (2012)
	Biased   Estimator = "biased"   // Kornblith et al. (2019), section 3
)

// Estimators are all of them.
var Estimators = []string{string(Debiased), string(Biased)}

// LeastImages is how many images the debiased estimate takes at least.
const LeastImages = 4

// Gram has the products of the features of n images, each with each, n×n.
type Gram struct {
	N   int
	Sum []float64
}

// CKA is the similarity of each of a to each of b by linear centred kernel alignment
// (Kornblith et al. 2019): 1 for features that differ in rotation, scale and shift alone, 0
// on average for independent ones. It is NaN where features are not finite, or the same for
// all images. All must be of the same images.
func CKA(a, b []*Gram, e Estimator) [][]float64 {
	centredA := centreAll(a, e)
	centredB := centredA
	if !slices.Equal(a, b) {
		centredB = centreAll(b, e)
	}
	rows := make([][]float64, len(a))
	for i, x := range centredA {
		for _, y := range centredB {
			rows[i] = append(rows[i], dot(x, y)/math.Sqrt(dot(x, x)*dot(y, y)))
		}
	}
	return rows
}

// centreAll centres Gram matrices so that the product of two, as long vectors, is the
// estimate of their independence (HSIC) but for a factor that all share.
func centreAll(grams []*Gram, e Estimator) [][]float64 {
	all := make([][]float64, len(grams))
	for i, g := range grams {
		if e == Biased {
			all[i] = g.centred()
		} else {
			all[i] = g.uCentred()
		}
	}
	return all
}

// centred is HKH with H = I − 1/n.
func (g *Gram) centred() []float64 {
	n := float64(g.N)
	rows, total := g.sums(false)
	return g.each(func(i, j int, k float64) float64 { return k - rows[i]/n - rows[j]/n + total/(n*n) })
}

// uCentred is the matrix with a diagonal of zeros whose rows add up to 0: the unbiased
// estimate of Song et al. (2012), eq. 5, is a product of two of them (Székely and Rizzo
// 2014).
func (g *Gram) uCentred() []float64 {
	n := float64(g.N)
	rows, total := g.sums(true)
	return g.each(func(i, j int, k float64) float64 {
		if i == j {
			return 0
		}
		return k - rows[i]/(n-2) - rows[j]/(n-2) + total/((n-1)*(n-2))
	})
}

// sums are those of each row and of all, with or without the diagonal.
func (g *Gram) sums(hollow bool) (rows []float64, total float64) {
	rows = make([]float64, g.N)
	for i := range rows {
		for j, k := range g.Sum[i*g.N : (i+1)*g.N] {
			if i != j || !hollow {
				rows[i] += k
			}
		}
		total += rows[i]
	}
	return rows, total
}

// each makes a matrix of another's elements.
func (g *Gram) each(f func(i, j int, k float64) float64) []float64 {
	out := make([]float64, len(g.Sum))
	for i := range g.N {
		for j := range g.N {
			out[i*g.N+j] = f(i, j, g.Sum[i*g.N+j])
		}
	}
	return out
}

func dot(x, y []float64) (sum float64) {
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// CheckImages is an error if there are too few images for an estimate.
func CheckImages(n int) error {
	if n < LeastImages {
		return fmt.Errorf("%d images are too few to compare what nets make of them: it takes %d", n, LeastImages)
	}
	return nil
}
