package checkpoint

import (
	"math"
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// TestHalf compares every float16 with its definition: ±2^(e−15)·(1+f/1024), or
// ±f·2^(−24) for e = 0.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		sign, exp, frac := 1-2*float64(h>>15), h>>10&31, float64(h&1023)
		want := sign * math.Ldexp(1+frac/1024, exp-15)
		switch {
		case exp == 0:
			want = sign * math.Ldexp(frac, -24)
		case exp == 31 && frac == 0:
			want = math.Inf(int(sign))
		case exp == 31:
			want = math.NaN()
		}
		got := halfToFloat(uint16(h))
		if float64(got) != want && !(math.IsNaN(want) && got != got) || math.Signbit(float64(got)) != (h>>15 == 1) {
			t.Fatalf("%#04x is %v, want %v", h, got, want)
		}
	}
}

// TestGather compares strided views with the sum of index times stride, including views
// that span more than is read at a time.
func TestGather(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	raw := make([]byte, 5*window)
	for i := range raw {
		raw[i] = byte(rng.Uint32())
	}
	wide := 0
	for range 400 {
		v := randomView(rng, len(raw))
		if err := v.check(); err != nil {
			continue
		}
		if span(v.shape, v.strides) > window {
			wide++
		}
		dst := make([]float32, v.shape.Elems())
		if err := v.read(memory(raw), dst); err != nil {
			t.Fatal(err)
		}
		for k, got := range dst {
			at, rest := v.offset, k
			for i := len(v.shape) - 1; i >= 0; i-- {
				at += int64(rest % v.shape[i] * v.strides[i])
				rest /= v.shape[i]
			}
			if want := float32(raw[v.store.off+at]); got != want {
				t.Fatalf("%v strides %v offset %d: element %d is %v, want %v",
					v.shape, v.strides, v.offset, k, got, want)
			}
		}
	}
	if wide < 30 {
		t.Errorf("only %d views were wide", wide)
	}
}

func randomView(rng *rand.Rand, size int) *view {
	v := &view{dtype: U8, shape: tensor.Shape{}, offset: rng.Int64N(100), store: store{off: 3, size: int64(size - 3)}}
	for range rng.IntN(5) {
		v.shape = append(v.shape, 1+rng.IntN(6))
		v.strides = append(v.strides, rng.IntN(1+rng.IntN(size/4)))
	}
	return v
}

func TestViewErrors(t *testing.T) {
	for _, c := range []struct {
		shape, strides []int
		offset         int64
		want           string
	}{
		{[]int{2, 3}, []int{3, 1}, 5, "exceeds its storage"},
		{[]int{2, 3}, []int{3, 1}, -1, "exceeds its storage"},
		{[]int{2, 3}, []int{3, 1}, math.MaxInt64, "exceeds its storage"},
		{[]int{2}, []int{math.MaxInt}, 0, "exceeds its storage"},
		{[]int{1 << 20, 1 << 20}, []int{1 << 62, 1 << 62}, 0, "exceeds its storage"},
		{[]int{2}, []int{-1}, 3, "negative stride"},
		{[]int{2, 2}, []int{1}, 0, "2 dimensions but 1 strides"},
		{[]int{-1}, []int{1}, 0, "negative extent"},
		{[]int{1 << 30, 1 << 30}, []int{0, 0}, 0, "more elements than any real tensor"},
		{[]int{0, 1 << 41}, []int{0, 0}, 0, "more elements than any real tensor"},
	} {
		v := &view{dtype: F32, shape: c.shape, strides: c.strides, offset: c.offset, store: store{size: 40}}
		wantError(t, "view", v.check(), c.want)
	}
	for _, v := range []*view{
		{dtype: F32, shape: []int{2, 3}, strides: []int{3, 1}, offset: 4, store: store{size: 40}},
		{dtype: F32, shape: []int{1, 10}, strides: []int{math.MaxInt, 1}, store: store{size: 40}},
		{dtype: F32, shape: []int{0, 10}, strides: []int{10, 1}, offset: 10, store: store{size: 40}},
	} {
		if err := v.check(); err != nil {
			t.Error(err)
		}
	}
}
