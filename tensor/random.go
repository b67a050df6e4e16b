package tensor

import "math"

// Stream is a sequence of random numbers addressed by position: Bits(i) needs
// no state, so any worker can draw any part of it in any order. It is keyed by
// a seed and a name (a parameter's name, an operation's path), so two nets
// share the values of everything that has the same name in both. The same key
// gives the same bits on any processor: every step is integer arithmetic, or
// IEEE 754 operations that an explicit conversion keeps from being fused.
// Its methods are safe for concurrent use.
type Stream uint64

// golden is ⌊2⁶⁴/φ⌋ made odd: the increment of SplitMix64 (Steele, Lea and
// Flood 2014, "Fast splittable pseudorandom number generators", section 5).
const golden = 0x9e3779b97f4a7c15

// NewStream is the stream of a seed and a name: the FNV-1a hash of the name,
// mixed with the mixed seed.
func NewStream(seed uint64, name string) Stream {
	h := uint64(0xcbf29ce484222325)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	return Stream(mix(mix(seed+golden) ^ h))
}

// mix is the finaliser of SplitMix64 (Stafford's variant 13).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Bits is the i-th number: 64 uniform bits.
func (s Stream) Bits(i uint64) uint64 { return mix(uint64(s) + (i+1)*golden) }

// Uniform is the i-th number as a multiple of 2⁻⁵³ in [0, 1).
func (s Stream) Uniform(i uint64) float64 { return float64(s.Bits(i)>>11) * 0x1p-53 }

// Normal is the i-th number as a standard normal deviate, by inversion of the
// distribution function: symmetric, within a relative 2e-7 of the exact
// inverse, and at most 8.3 in magnitude.
func (s Stream) Normal(i uint64) float64 {
	bits := s.Bits(i)
	tail := (float64(bits&(1<<52-1)) + 0.5) * 0x1p-53 // exact, in (0, ½)
	z := upperQuantile(tail)
	return math.Float64frombits(math.Float64bits(z) | bits&(1<<63))
}

// Uniforms fills dst with low + (high − low)·Uniform(first + j), rounded to
// float32.
func (s Stream) Uniforms(dst []float32, first uint64, low, high float64) {
	for j := range dst {
		dst[j] = float32(low + float64((high-low)*s.Uniform(first+uint64(j))))
	}
}

// Normals fills dst with std·Normal(first + j), rounded to float32.
func (s Stream) Normals(dst []float32, first uint64, std float64) {
	for j := range dst {
		dst[j] = float32(std * s.Normal(first+uint64(j)))
	}
}

// upperQuantile is the z ≥ 0 that a standard normal deviate exceeds with
// probability tail, in (0, ½): algorithm PPND7 of Wichura 1988 ("Algorithm AS
// 241: the percentage points of the normal distribution"), in float64.
func upperQuantile(tail float64) float64 {
	if q := 0.5 - tail; q <= 0.425 {
		r := 0.180625 - float64(q*q)
		num := cubic(r, 3.3871327179, 50.434271938, 159.29113202, 59.109374720)
		den := cubic(r, 1, 17.895169469, 78.757757664, 67.187563600)
		return q * num / den
	}
	r := math.Sqrt(-logarithm(tail))
	if r <= 5 {
		r -= 1.6
		num := cubic(r, 1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103)
		return num / cubic(r, 1, 0.73700164250, 0.12021132975, 0)
	}
	r -= 5
	num := cubic(r, 6.6579051150, 3.0812263860, 0.42868294337, 0.017337203997)
	return num / cubic(r, 1, 0.24197894225, 0.012258202635, 0)
}

// cubic is c0 + c1·x + c2·x² + c3·x³ by Horner's rule, without fusing.
func cubic(x, c0, c1, c2, c3 float64) float64 {
	y := float64(c3*x) + c2
	y = float64(y*x) + c1
	return float64(y*x) + c0
}

// logarithm is ln x of a normal positive x below ½, to a relative 1e-13 or so. With x = 2ᵉ·m, ½√2 ≤ m < √2, and t = (m−1)/(m+1), ln m is
// 2·(t + t³/3 + t⁵/5 + …), where |t| < 0.172. The standard library's would do,
// but may differ in its last bits between processors.
func logarithm(x float64) float64 {
	bits := math.Float64bits(x)
	e := int64(bits>>52) - 1022
	m := math.Float64frombits(bits&(1<<52-1) | 1022<<52)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	t := (m - 1) / (m + 1)
	t2 := float64(t * t)
	low := cubic(t2, 1, 1./3, 1./5, 1./7)
	high := cubic(t2, 1./9, 1./11, 1./13, 1./15)
	t8 := float64(float64(t2*t2) * float64(t2*t2))
	series := low + float64(t8*high)
	return float64(float64(e)*math.Ln2) + float64(2*t*series)
}
