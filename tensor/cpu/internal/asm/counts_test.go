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
func plainCounts(x []float32) (fields [512]int64, nan int64, subnormal [2][23]int64) {
	for _, v := range x {
		b := math.Float32bits(v)
		if b>>23&255 > 0 {
			fields[b>>23]++
		}
		switch {
		case v != v:
			nan++
		case v != 0 && b>>23&255 == 0:
			subnormal[b>>31][bits.Len32(b&0x7fffff)-1]++
		}
	}
	return fields, nan, subnormal
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
			k.Count(c, src.at(64*part[0]), part[1]-part[0], nonzero(src[16*part[0]:16*part[1]]))
		}
	}
	got := new(Counts)
	got.Add(c)
	got.Fields[0], got.Fields[256] = 0, 0
	c = got
	fields, nan, subnormal := plainCounts(src)
	if c.Fields != fields || c.NaN != nan || c.Subnormal != subnormal {
		t.Errorf("%d pixels: %v, %d NaN, subnormal %v; want %v, %d, %v",
			n, c.Fields, c.NaN, c.Subnormal, fields, nan, subnormal)
	}
}

func nonzero(x []float32) (n int) {
	for _, v := range x {
		if v != 0 {
			n++
		}
	}
	return n
}

// TestCountMoves: a window that lies wrong is left, and one call may have more pixels than
// its words can count.
func TestCountMoves(t *testing.T) {
	k, r := Get(""), rand.New(rand.NewPCG(3, 4))
	c := new(Counts)
	for _, scale := range []float64{1, 1e-20, 1e20, 1} {
		for _, n := range []int{500, sixPixels*mostSixes + 3, 5*sixPixels*mostSixes + 100} {
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

func BenchmarkCount(b *testing.B) {
	for _, name := range Names() {
		for dist, draw := range distributions {
			b.Run(fmt.Sprintf("%s/%s", name, dist), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 2))
				x := make([]float32, 16*252)
				for i := range x {
					x[i] = draw(r)
				}
				k, c := Get(name), new(Counts)
				b.SetBytes(int64(4 * len(x)))
				n := nonzero(x)
				for b.Loop() {
					k.Count(c, unsafe.Pointer(&x[0]), len(x)/16, n)
				}
			})
		}
	}
}
