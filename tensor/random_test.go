package tensor

import (
	"math"
	"slices"
	"testing"
)

// The bits are frozen: a change of any would change every seeded net.
func TestStreamGoldenBits(t *testing.T) {
	s := NewStream(1, "layer1.0.conv1.weight")
	golden := []struct{ bits, normal uint64 }{
		{0x8404c7c0035c7a57, 0xbff0a013576d2495},
		{0x682c5b2a2224e179, 0x3fd285ebeda2df9d},
		{0x50e3648ec0386cfb, 0x3ff3f797ff29ca53},
		{0x75e27cbcc11ff47c, 0x3ff6ba7dae7881c7},
	}
	for i, want := range golden {
		if got := s.Bits(uint64(i)); got != want.bits {
			t.Errorf("bits %d: %#x, want %#x", i, got, want.bits)
		}
		if got := math.Float64bits(s.Normal(uint64(i))); got != want.normal {
			t.Errorf("normal %d: %#x, want %#x", i, got, want.normal)
		}
	}
	// Of a long run, tails included, only a hash is kept.
	hash := uint64(0)
	for i := range uint64(1 << 16) {
		hash = mix(hash ^ math.Float64bits(s.Normal(i)))
	}
	if hash != 0x718ffa683e6cc9a8 {
		t.Errorf("hash of 65536 normals: %#x", hash)
	}
}

func TestStreamsDiffer(t *testing.T) {
	a, b, c := NewStream(1, "a"), NewStream(1, "b"), NewStream(2, "a")
	if a == b || a == c || b == c {
		t.Errorf("streams %x, %x and %x are not all different", a, b, c)
	}
}

func TestUpperQuantile(t *testing.T) {
	worst := 0.0
	for tail := 0.4999; tail > 1e-16; tail *= 0.999 {
		z := upperQuantile(tail)
		density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		dz := (math.Erfc(z/math.Sqrt2)/2 - tail) / density // one step of Newton's
		worst = max(worst, math.Abs(dz/z))
	}
	if worst > 2e-7 {
		t.Errorf("off by %.2g of the exact quantile", worst)
	}
}

func TestLogarithm(t *testing.T) {
	worst := 0.0
	for x := 0.4999; x > 1e-17; x *= 0.9993 {
		worst = max(worst, math.Abs(logarithm(x)/math.Log(x)-1))
	}
	if worst > 1e-13 {
		t.Errorf("off by %.2g", worst)
	}
}

// sample is n numbers of a few streams, drawn by f.
func sample(n int, f func(Stream, uint64) float64) []float64 {
	x := make([]float64, n)
	names := []string{"conv1.weight", "layer1.0.conv1.weight", "fc.bias", ""}
	for i := range x {
		x[i] = f(NewStream(uint64(i%3), names[i%len(names)]), uint64(i/len(names)))
	}
	return x
}

// ksDistance is the largest distance between the sample's distribution
// function and cdf; it sorts the sample. 1.95/√n is exceeded once in a
// thousand samples (Kolmogorov).
func ksDistance(x []float64, cdf func(float64) float64) float64 {
	slices.Sort(x)
	d, n := 0.0, float64(len(x))
	for i, v := range x {
		f := cdf(v)
		d = max(d, math.Abs(f-float64(i)/n), math.Abs(f-float64(i+1)/n))
	}
	return d
}

func TestUniformDistribution(t *testing.T) {
	const n = 1 << 18
	x := sample(n, Stream.Uniform)
	if d := ksDistance(x, func(v float64) float64 { return v }); d*math.Sqrt(n) > 1.95 {
		t.Errorf("distance from uniform %.3g/√n", d*math.Sqrt(n))
	}
	if x[0] < 0 || x[n-1] >= 1 {
		t.Errorf("range %v to %v is not within [0, 1)", x[0], x[n-1])
	}
}

func TestNormalDistribution(t *testing.T) {
	const n = 1 << 18
	x := sample(n, Stream.Normal)
	var m [5]float64
	for _, v := range x {
		for k, p := 1, v; k <= 4; k, p = k+1, p*v {
			m[k] += p / n
		}
	}
	// Standard errors of the moments of a standard normal: √(1, 2, 15, 96)/√n.
	for k, want := range []float64{0, 0, 1, 0, 3} {
		se := math.Sqrt([]float64{1, 1, 2, 15, 96}[k] / n)
		if k > 0 && math.Abs(m[k]-want) > 4*se {
			t.Errorf("moment %d is %.4f, want %v ± %.4f", k, m[k], want, se)
		}
	}
	cdf := func(v float64) float64 { return math.Erfc(-v/math.Sqrt2) / 2 }
	if d := ksDistance(x, cdf); d*math.Sqrt(n) > 1.95 {
		t.Errorf("distance from normal %.3g/√n", d*math.Sqrt(n))
	}
}

// Neighbours in a stream, and equal places of neighbouring seeds, must not
// correlate.
func TestNormalCorrelation(t *testing.T) {
	const n = 1 << 18
	s, other := NewStream(7, "x"), NewStream(8, "x")
	next, across := 0.0, 0.0
	for i := range uint64(n) {
		v := s.Normal(i)
		next += v * s.Normal(i+1) / n
		across += v * other.Normal(i) / n
	}
	if bound := 4 / math.Sqrt(n); math.Abs(next) > bound || math.Abs(across) > bound {
		t.Errorf("correlations %.4f and %.4f exceed %.4f", next, across, bound)
	}
}

func TestFillsMatchSingles(t *testing.T) {
	s := NewStream(3, "fc.weight")
	x, u := make([]float32, 37), make([]float32, 37)
	s.Normals(x, 5, 0.25)
	s.Uniforms(u, 5, -2, 6)
	for j := range x {
		if want := float32(0.25 * s.Normal(5+uint64(j))); x[j] != want {
			t.Errorf("normal %d: %v, want %v", j, x[j], want)
		}
		if want := float32(-2 + 8*s.Uniform(5+uint64(j))); u[j] != want || u[j] < -2 || u[j] >= 6 {
			t.Errorf("uniform %d: %v, want %v", j, u[j], want)
		}
	}
}

func BenchmarkNormals(b *testing.B) {
	dst := make([]float32, 1<<16)
	b.SetBytes(4 * int64(len(dst)))
	s := NewStream(1, "x")
	for b.Loop() {
		s.Normals(dst, 0, 0.1)
	}
}
