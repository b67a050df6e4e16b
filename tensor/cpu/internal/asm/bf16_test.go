package asm

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestRoundBF16 holds rounding to what a float64 says is nearest.
func TestRoundBF16(t *testing.T) {
	for x, want := range map[float32]uint32{
		1:                         0x3f80,
		1 + 1.0/256:               0x3f80, // halfway: to even
		1 + 3.0/256:               0x3f82,
		1 + 1.0/256 + 1.0/(1<<20): 0x3f81,
		math.MaxFloat32:           0x7f80, // nearer to the next power of two
		float32(math.Inf(-1)):     0xff80,
		1e-45:                     0,
		-1e-40:                    0x8001,
	} {
		if got := RoundBF16(x); uint32(got) != want {
			t.Errorf("%g: %#x, want %#x", x, got, want)
		}
	}
	for _, bits := range []uint32{0x7f800001, 0x7fffffff, 0xffffffff, 0xff800001} {
		if x := RoundBF16(math.Float32frombits(bits)).Float32(); x == x {
			t.Errorf("NaN %#x became %g", bits, x)
		}
	}
}

// TestRoundF16 tries every number, and what lies halfway to the next: that goes to the
// even one.
func TestRoundF16(t *testing.T) {
	for x := range F16(0x7c00) {
		v := float64(x.Float32())
		next := math.Inf(1)
		if x+1 < 0x7c00 {
			next = float64((x + 1).Float32())
		}
		if got := RoundF16(float32(-v)); got != x|0x8000 {
			t.Fatalf("−%g became %#x, want %#x", v, got, x|0x8000)
		}
		half := float32((v + min(next, 65536)) / 2)
		below := math.Nextafter32(half, 0)
		if got := RoundF16(half); got != x+x&1 {
			t.Fatalf("%g became %#x, want %#x", half, got, x+x&1)
		}
		if got := RoundF16(below); got != x {
			t.Fatalf("%g became %#x, want %#x", below, got, x)
		}
	}
	inf := RoundF16(float32(math.Inf(-1)))
	if nan := RoundF16(float32(math.NaN())).Float32(); inf.Float32() != float32(math.Inf(-1)) || nan == nan {
		t.Errorf("−∞ and NaN became %g and %g", inf.Float32(), nan)
	}
}

// TestWidenNarrow demands the bits of the plain conversion from every set, or a zero for
// a subnormal number, and guard bands left alone.
func TestWidenNarrow(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for n := 1; n < 40; n += 6 {
			src := newMemory(t, r, 16*n)
			for i := range src {
				src[i] = math.Float32frombits(r.Uint32()) // some of them NaN, infinite or subnormal
			}
			src[r.IntN(len(src))] = float32(math.Copysign(0, -1))
			half := make([]BF16, 16*n+16)
			for i := range half {
				half[i] = 0xbeef
			}
			k.Narrow(unsafe.Pointer(&half[8]), src.at(0), n)
			for i, got := range half {
				want := BF16(0xbeef)
				if i >= 8 && i < 8+16*n {
					want = RoundBF16(src[i-8])
				}
				if got != want && !(want&0x7f80 == 0 && got == want&0x8000) {
					t.Fatalf("%d pixels: element %d is %#x, want %#x", n, i-8, got, want)
				}
			}
			dst := newMemory(t, r, 16*n)
			k.Widen(dst.at(0), unsafe.Pointer(&half[8]), n)
			for i, got := range dst {
				if want := uint32(half[8+i]) << 16; math.Float32bits(got) != want {
					t.Fatalf("%d pixels: float %d is %#x, want %#x", n, i, math.Float32bits(got), want)
				}
			}
		}
	})
}
