package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func TestElt(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for flags := range FlagScale << 1 {
			for alias := range 3 { // Dst is its own, Src, Res
				t.Run(fmt.Sprintf("flags%d_alias%d", flags, alias), func(t *testing.T) {
					testElt(t, r, k, flags, alias)
				})
			}
		}
	})
}

func testElt(t *testing.T, r *rand.Rand, k *Kernels, flags, alias int) {
	n := 1 + r.IntN(6)
	src, res, dst := newFilled(t, r, 16*n), newFilled(t, r, 16*n), newMemory(t, r, 16*n)
	scale, shift := newFilled(t, r, 16), newFilled(t, r, 16)
	src[r.IntN(len(src))] = float32(math.NaN())
	want := expected{}
	for i := range src {
		y := src.get(4 * i)
		size := math.Abs(y)
		if flags&FlagScale != 0 {
			y = y*scale.get(i%16*4) + shift.get(i%16*4)
			size = size*math.Abs(scale.get(i%16*4)) + math.Abs(shift.get(i%16*4))
		}
		if flags&FlagResidual != 0 {
			y, size = y+res.get(4*i), size+math.Abs(res.get(4*i))
		}
		want.want(4*i, clamp(y, flags), size)
	}
	a := EltArgs{Src: src.at(0), Dst: []memory{dst, src, res}[alias].at(0), N: n, Flags: flags}
	if flags&FlagResidual != 0 {
		a.Res = res.at(0)
	}
	if flags&FlagScale != 0 {
		a.Scale, a.Shift = scale.at(0), shift.at(0)
	}
	before := a
	k.Elt(&a)
	want.check(t, []memory{dst, src, res}[alias])
	if a != before {
		t.Errorf("arguments changed from %+v to %+v", before, a)
	}
}

func TestMaxPool(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for i := range 40 {
			t.Run(fmt.Sprint(i), func(t *testing.T) { testMaxPool(t, r, k) })
		}
	})
}

func testMaxPool(t *testing.T, r *rand.Rand, k *Kernels) {
	a := PoolArgs{KH: 1 + r.IntN(4), KW: 1 + r.IntN(4), N: 1 + r.IntN(5)}
	a.SrcStep = 64 * (1 + r.IntN(3))
	a.SrcRow = (a.N-1)*a.SrcStep + a.KW*64 + 4*r.IntN(20)
	window := func(n int, f func(off int)) {
		for kh := range a.KH {
			for kw := range a.KW {
				f(n*a.SrcStep + kh*a.SrcRow + kw*64)
			}
		}
	}
	src := newMemory(t, r, ((a.KH-1)*a.SrcRow+(a.N-1)*a.SrcStep+a.KW*64)/4)
	for n := range a.N {
		window(n, func(off int) { src.fill(r, off, 16) })
	}
	window(r.IntN(a.N), func(off int) { // some NaN
		if r.IntN(a.KH*a.KW) == 0 {
			src[off/4+r.IntN(16)] = float32(math.NaN())
		}
	})
	dst := newMemory(t, r, 16*a.N)
	want := expected{}
	for n := range a.N {
		for o := range Block {
			m := math.Inf(-1)
			window(n, func(off int) { m = math.Max(m, src.get(off+4*o)) })
			want.want(64*n+4*o, m, 0)
		}
	}
	a.Src, a.Dst = src.at(0), dst.at(0)
	before := a
	k.MaxPool(&a)
	want.check(t, dst)
	if a != before {
		t.Errorf("arguments changed from %+v to %+v", before, a)
	}
}

func TestAddPixels(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for n := 1; n < 60; n += 7 {
			src, sum := newFilled(t, r, 16*n), newFilled(t, r, 16)
			want := expected{}
			for o := range Block {
				y, size := sum.get(4*o), math.Abs(sum.get(4*o))
				for p := range n {
					y, size = y+src.get(64*p+4*o), size+math.Abs(src.get(64*p+4*o))
				}
				want.want(4*o, y, size)
			}
			k.AddPixels((*[Block]float32)(sum), src.at(0), n)
			want.check(t, sum)
		}
	})
}

// TestSums demands the same bits from every set: x² is exact in float64, so
// that fusing does not matter.
func TestSums(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for n := 1; n < 60; n += 7 {
			src := newFilled(t, r, 16*n)
			var got, want [2][Block]float64
			for o := range Block {
				got[0][o], got[1][o] = r.NormFloat64(), r.NormFloat64()
			}
			want = got
			for i, x := range src {
				want[0][i%16] += float64(x)
				want[1][i%16] += float64(x) * float64(x)
			}
			k.Sums(&got, src.at(0), n)
			if got != want {
				t.Errorf("%d pixels: %v, want %v", n, got, want)
			}
		}
	})
}

func TestPeak(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, _ *rand.Rand) {
		one, ten := k.Peak(1), k.Peak(10)
		if one < 16 || ten != 10*one {
			t.Errorf("1 round has %d FLOPs, 10 have %d", one, ten)
		}
	})
}

func TestRead(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for _, n := range []int{1024, 5 * 1024} {
			m := newFilled(t, r, n/4) // guard pages tell of one byte too many
			k.Read(unsafe.Pointer(&m[0]), n)
		}
	})
}
