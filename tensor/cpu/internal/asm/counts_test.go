package asm

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// distributions are what counts are tested on: some fit a window of 16 exponents, some
// partly, and some not at all.
var distributions = map[string]func(r *rand.Rand) float32{
	"normal":  func(r *rand.Rand) float32 { return float32(r.NormFloat64()) },
	"relu":    func(r *rand.Rand) float32 { return max(0, float32(r.NormFloat64())) },
	"zeros":   func(*rand.Rand) float32 { return 0 },
	"ones":    func(*rand.Rand) float32 { return -1 },
	"small":   func(r *rand.Rand) float32 { return float32(1e-36 * r.NormFloat64()) },
	"large":   func(r *rand.Rand) float32 { return float32(1e38 * r.Float64()) },
	"anybits": func(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32()) },
	"wide":    func(r *rand.Rand) float32 { return float32(math.Exp(8 * r.NormFloat64())) },
	"rare": func(r *rand.Rand) float32 {
		if r.IntN(100) > 0 {
			return float32(r.NormFloat64())
		}
		rare := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e-45, -3e-39, math.Copysign(0, -1), 1e30, 1e-30}
		return float32(rare[r.IntN(len(rare))])
	},
}

// plainCounts are counted one by one.
func plainCounts(x []float32) (fields [512]int64, zeros, nan int64, subnormal [2][23]int64) {
	for _, v := range x {
		b := math.Float32bits(v)
		if b>>23&255 > 0 {
			fields[b>>23]++
		}
		switch {
		case v == 0:
			zeros++
		case v != v:
			nan++
		case b>>23&255 == 0:
			subnormal[b>>31][bits.Len32(b&0x7fffff)-1]++
		}
	}
	return fields, zeros, nan, subnormal
}

func TestCount(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for name, draw := range distributions {
			t.Run(name, func(t *testing.T) {
				c := new(Counts) // whose window later sizes find in place
				for _, n := range []int{1, 6, 7, 8, 27, 29, 40, 141, 300} {
					testCount(t, r, k, c, n, draw)
				}
			})
		}
	})
}

func testCount(t *testing.T, r *rand.Rand, k *Kernels, c *Counts, n int, draw func(r *rand.Rand) float32) {
	src := newMemory(t, r, 16*n)
	for i := range src {
		src[i] = draw(r)
	}
	half := r.IntN(n + 1) // in two calls
	for _, part := range [][2]int{{0, half}, {half, n}} {
		if part[0] < part[1] {
			k.Count(c, src.at(64*part[0]), part[1]-part[0])
		}
	}
	got := new(Counts)
	got.Add(c)
	got.Fields[0], got.Fields[256] = 0, 0
	c = got
	fields, zeros, nan, subnormal := plainCounts(src)
	if c.Fields != fields || c.Zeros != zeros || c.NaN != nan || c.Subnormal != subnormal {
		t.Errorf("%d pixels: %v, %d zeros, %d NaN, subnormal %v; want %v, %d, %d, %v",
			n, c.Fields, c.Zeros, c.NaN, c.Subnormal, fields, zeros, nan, subnormal)
	}
}

// TestCountMoves: a window that lies wrong is left, and one call may have more pixels than
// its words can count.
func TestCountMoves(t *testing.T) {
	k, r := Get(""), rand.New(rand.NewPCG(3, 4))
	c := new(Counts)
	for _, scale := range []float64{1, 1e-20, 1e20, 1} {
		for _, n := range []int{500, windowPixels + 3, 2*windowPixels + 100} {
			testCount(t, r, k, c, n, func(r *rand.Rand) float32 { return float32(scale * r.Float64()) })
		}
	}
}

func TestCountsAdd(t *testing.T) {
	var a, b, both Counts
	x := []float32{1, 0, 1e-45, float32(math.NaN())}
	y := []float32{-2, float32(math.Inf(1)), -1e-40}
	a.Each(x)
	b.Each(y)
	a.Add(&b)
	both.Each(append(x, y...))
	if a != both || b != (Counts{}) {
		t.Errorf("%+v, want %+v; left %+v", a, both, b)
	}
}

// TestFigures demands the same bits from every set: differences are rounded once, and
// products are fused everywhere.
func TestFigures(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for n := 1; n < 60; n += 7 {
			src := newFilled(t, r, 16*n)
			var got FigureSums
			for o := range Block {
				got.Shift[o], got.Sum[o], got.Squares[o] = r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
				got.Min[o], got.Max[o] = 0.5, -0.5
			}
			want := got
			for i, x := range src {
				d := float64(x) - want.Shift[i%16]
				want.Sum[i%16] += d
				want.Squares[i%16] = math.FMA(d, d, want.Squares[i%16])
				want.Min[i%16] = min(want.Min[i%16], x)
				want.Max[i%16] = max(want.Max[i%16], x)
			}
			k.Figures(&got, src.at(0), n)
			if got != want {
				t.Errorf("%d pixels: %v, want %v", n, got, want)
			}
		}
	})
}

// TestLaneZeros counts zeros of both signs, and nothing else.
func TestLaneZeros(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		others := []float32{0, float32(math.Copysign(0, -1)), 1e-45, -1, float32(math.NaN()), float32(math.Inf(1))}
		for n := 1; n < 40; n += 6 {
			src := newFilled(t, r, 16*n)
			got, want := LaneCounts{3: 7}, LaneCounts{3: 7}
			for i := range src {
				if src[i] = others[r.IntN(len(others))]; src[i] == 0 {
					want[i%16]++
				}
			}
			k.LaneZeros(&got, src.at(0), n)
			if got != want {
				t.Errorf("%d pixels: %v, want %v", n, got, want)
			}
		}
	})
}

// TestFiguresOfNonFinite: a value that is not finite shows in its lane's sum.
func TestFiguresOfNonFinite(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			src := newFilled(t, r, 16*5)
			at := r.IntN(len(src))
			src[at] = float32(v)
			var s FigureSums
			k.Figures(&s, src.at(0), 5)
			for o, sum := range s.Sum {
				if finite := sum-sum == 0; finite != (o != at%16) {
					t.Errorf("lane %d of %v sums up to %v", o, v, sum)
				}
			}
		}
	})
}

func BenchmarkCount(b *testing.B) {
	for _, name := range Names() {
		for dist, draw := range distributions {
			b.Run(fmt.Sprintf("%s/%s", name, dist), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 2))
				x := make([]float32, 16*256)
				for i := range x {
					x[i] = draw(r)
				}
				k, c := Get(name), new(Counts)
				b.SetBytes(int64(4 * len(x)))
				for b.Loop() {
					k.Count(c, unsafe.Pointer(&x[0]), len(x)/16)
				}
			})
		}
	}
}

func BenchmarkFigures(b *testing.B) {
	for _, name := range Names() {
		b.Run(name, func(b *testing.B) {
			x := make([]float32, 16*256)
			k, s := Get(name), new(FigureSums)
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				k.Figures(s, unsafe.Pointer(&x[0]), len(x)/16)
			}
		})
	}
}
