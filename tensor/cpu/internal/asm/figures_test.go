package asm

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestFigures demands the same bits from every set: differences are rounded once, and
// products are fused everywhere.
func TestFigures(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for n := 1; n < 60; n += 7 {
			src := newFilled(t, r, 16*n)
			for range n {
				src[r.IntN(len(src))] = float32(math.Copysign(0, r.NormFloat64()))
			}
			want := FigureSums{Scale: 0.25}
			for o := range Block {
				want.Offset[o], want.Sum[o], want.Squares[o] = src[o], r.NormFloat64(), r.NormFloat64()
				want.Min[o], want.Max[o], want.Zeros[o] = 0.5, -0.5, 7
			}
			got := want
			genericFigures(&want, src.at(0), n)
			k.Figures(&got, src.at(0), n)
			if got != want {
				t.Errorf("%d pixels: %v, want %v", n, got, want)
			}
		}
	})
}

// TestMoments compares a lane's with those that float64 gives, of values far from zero and
// of values whose squares are beyond float32.
func TestMoments(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for _, scale := range []float64{1, 1e-30, 1e30} {
			for _, about := range []float64{0, 1000} {
				const n = 77
				src := newMemory(t, r, 16*n)
				for i := range src {
					src[i] = float32(scale * (about + r.NormFloat64()))
				}
				testMoments(t, k, src, n)
			}
		}
	})
}

func testMoments(t *testing.T, k *Kernels, src memory, n int) {
	t.Helper()
	var s FigureSums
	first := (*[Block]float32)(src.at(0))
	s.Begin(first, first)
	k.Figures(&s, src.at(0), n)
	for lane := range Block {
		var sum, squares float64
		for i := lane; i < len(src); i += Block {
			sum += float64(src[i])
		}
		mean := sum / float64(n)
		for i := lane; i < len(src); i += Block {
			squares += (float64(src[i]) - mean) * (float64(src[i]) - mean)
		}
		gotMean, gotSquares, ok := s.Moments(lane, float64(n))
		if !ok || math.Abs(gotMean-mean) > 1e-6*math.Sqrt(squares/float64(n)) || math.Abs(gotSquares/squares-1) > 2e-6 {
			t.Errorf("lane %d: %v, %v, %v; want %v, %v", lane, gotMean, gotSquares, ok, mean, squares)
		}
	}
}

// TestMomentsOfFew: a lane that never changes has no deviation at all, and those that
// float32 doesn't show or that have no finite sums are left to others.
func TestMomentsOfFew(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for _, c := range []struct {
			x, y, near float32
			ok         bool
		}{
			{0.1, 0.1, 0.3, true}, {0, 0, 0, true}, {1e-30, -1e-30, 1, false}, {1e30, 1, 1, false}, {1e-42, 1e-44, 0, false},
			{float32(math.NaN()), 1, 1, false}, {1, float32(math.Inf(-1)), 1, false}, {1, float32(math.NaN()), 1, false},
		} {
			src := newMemory(t, r, 16*2)
			for i := range src {
				src[i] = []float32{c.x, c.y}[i/16]
			}
			near := [Block]float32{c.near}
			var s FigureSums
			s.Begin((*[Block]float32)(src.at(0)), &near)
			k.Figures(&s, src.at(0), 2)
			mean, squares, ok := s.Moments(1, 2)
			if ok != c.ok || ok && (mean != float64(c.x) || squares != 0) {
				t.Errorf("%v and %v near %v: %v, %v, %v", c.x, c.y, c.near, mean, squares, ok)
			}
		}
	})
}

func BenchmarkFigures(b *testing.B) {
	for _, name := range Names() {
		b.Run(name, func(b *testing.B) {
			x := make([]float32, 16*252)
			k, s := Get(name), new(FigureSums)
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				k.Figures(s, unsafe.Pointer(&x[0]), len(x)/16)
			}
		})
	}
}
