package asm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// untouched is a NaN that no kernel makes: memory that holds it must neither
// be read (the result would be NaN) nor written.
const untouched = 0x7fc0dead

// memory is a guarded region that is untouched at first.
type memory []float32

func newMemory(t *testing.T, r *rand.Rand, floats int) memory {
	m := memory(guarded(t, floats, r.IntN(2) == 0))
	for i := range m {
		m[i] = math.Float32frombits(untouched)
	}
	return m
}

// newFilled is all random numbers.
func newFilled(t *testing.T, r *rand.Rand, floats int) memory {
	m := newMemory(t, r, floats)
	m.fill(r, 0, floats)
	return m
}

// fill puts random numbers into n floats from off bytes on.
func (m memory) fill(r *rand.Rand, off, n int) {
	for i := range n {
		m[off/4+i] = float32(r.NormFloat64())
	}
}

func (m memory) at(off int) unsafe.Pointer { return unsafe.Pointer(&m[off/4]) }

// get is the float off bytes in.
func (m memory) get(off int) float64 { return float64(m[off/4]) }

// expected collects what a kernel should have written: value and tolerance.
type expected map[int]struct{ value, tolerance float64 }

// want notes a value and the magnitude of what was summed up for it.
func (e expected) want(off int, value, magnitude float64) {
	e[off/4] = struct{ value, tolerance float64 }{value, 2e-6 * magnitude}
}

// check compares, and demands the guard pattern everywhere else.
func (e expected) check(t *testing.T, m memory) {
	t.Helper()
	for i, got := range m {
		w, written := e[i]
		switch bits := math.Float32bits(got); {
		case !written && bits != untouched:
			t.Fatalf("float %d of %d was overwritten with %g", i, len(m), got)
		case written && math.IsNaN(w.value) && !math.IsNaN(float64(got)):
			t.Fatalf("float %d is %g, want NaN", i, got)
		case written && !math.IsNaN(w.value) && !(math.Abs(float64(got)-w.value) <= w.tolerance):
			t.Fatalf("float %d is %g, want %g within %g", i, got, w.value, w.tolerance)
		}
	}
}

// clamp is the ReLU, if its flag is set.
func clamp(y float64, flags int) float64 {
	if flags&FlagReLU != 0 && y < 0 {
		return 0
	}
	return y
}

// eachSet runs f for every set: those of this processor, and the two of x86 on
// an emulated one, wherever the test runs.
func eachSet(t *testing.T, f func(t *testing.T, k *Kernels, r *rand.Rand)) {
	for _, name := range []string{"avx512", "avx2", "neon", "generic"} {
		t.Run(name, func(t *testing.T) {
			k := Get(name)
			if k == nil {
				t.Skip("this processor has no " + name)
			}
			f(t, k, rand.New(rand.NewPCG(1, 2)))
		})
	}
	for _, name := range []string{"avx512", "avx2"} {
		t.Run(name+"_emulated", func(t *testing.T) {
			if unsafe.Sizeof(uintptr(0)) != 8 {
				t.Skip("the arguments' layout is that of 64 bits")
			}
			f(t, emulated(name), rand.New(rand.NewPCG(1, 2)))
		})
	}
}

func TestGet(t *testing.T) {
	names := Names()
	if len(names) == 0 || names[len(names)-1] != "generic" {
		t.Fatalf("Names() = %v, want generic at the end", names)
	}
	if k := Get(""); k == nil || k.Name != names[0] {
		t.Errorf("Get of nothing is not the best set, %s", names[0])
	}
	for _, name := range append(names, "generic_matrix") {
		if k := Get(name); k == nil || k.Name != name {
			t.Errorf("Get(%q) is another set", name)
		}
	}
	if Get("mmx") != nil || slices.Contains(names, "") {
		t.Error("a set that does not exist")
	}
}

// TestComplete demands a body for every kernel that callers rely on.
func TestComplete(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, _ *rand.Rand) {
		if k.Nob < 1 || k.PfStep < 1 {
			t.Errorf("Nob %d, PfStep %d", k.Nob, k.PfStep)
		}
		for px := 1; px <= 6; px++ {
			if k.Conv[px] == nil || k.Conv1[px] == nil || k.Group4[px] == nil || k.Group8[px] == nil || k.GradWeight[px] == nil {
				t.Errorf("no tiles of %d pixels or rows", px)
			}
		}
		if k.WinoIn == nil || k.WinoOut == nil || k.Elt == nil || k.MaxPool == nil ||
			k.AddPixels == nil || k.Sums == nil || k.Peak == nil || k.Read == nil ||
			k.NormSums == nil || k.NormGrad == nil || k.Mask == nil || k.Join == nil ||
			k.Squares == nil || k.Count == nil || k.Figures == nil || k.SGD == nil || k.MaxPoolGrad == nil ||
			k.Widen == nil || k.Narrow == nil {
			t.Error("a kernel is missing")
		}
	})
}
