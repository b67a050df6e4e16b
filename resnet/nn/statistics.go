package nn

import (
	"math"

	"resnet-tui/tensor"
)

// Statistics describe the values of a tensor. All figures are of the finite values, as
// they are in float32, summed in float64; what isn't finite is counted apart.
type Statistics struct {
	Elements   int64
	NaN, Inf   int64
	Zeros      int64   // +0 and −0
	Mean, Std  float64 // population; 0 where nothing is finite, here and below
	Min, Max   float64
	L2         float64 // ‖x‖₂
	Histogram  Histogram
	PerChannel []ChannelStatistics // nil unless asked for
}

// Finite is the number of values that are neither NaN nor infinite.
func (s *Statistics) Finite() int64 { return s.Elements - s.NaN - s.Inf }

// ChannelStatistics describe one channel over images, rows and columns; of a parameter,
// one slice of its first dimension.
type ChannelStatistics struct {
	Finite    int64
	Zeros     int64
	Mean, Std float64 // population; 0 if Finite is, here and below
	Max       float64
}

// Exponents that a float32 other than zero can have: 2^MinExponent ≤ |x| < 2^(MaxExponent+1).
// Below −126 values are subnormal, and counted by their own exponent.
const (
	MinExponent = -149
	MaxExponent = 127
	exponents   = MaxExponent - MinExponent + 1
)

// Histogram counts values by sign and power of two, exactly: histograms of parts of a
// tensor add up to that of the whole. Index k−MinExponent counts 2^k ≤ |x| < 2^(k+1).
type Histogram struct {
	Negative, Positive [exponents]int64
	Zero               int64
}

// Span is the smallest and the largest exponent that occurs; ok is false if all values
// are zero or there are none.
func (h *Histogram) Span() (first, last int, ok bool) {
	for i := range exponents {
		if h.Negative[i]+h.Positive[i] == 0 {
			continue
		}
		if !ok {
			first, ok = i+MinExponent, true
		}
		last = i + MinExponent
	}
	return first, last, ok
}

// count puts a finite value other than zero into its place.
func (h *Histogram) count(x float32) {
	at := math.Ilogb(float64(x)) - MinExponent
	if x < 0 {
		h.Negative[at]++
	} else {
		h.Positive[at]++
	}
}

// StatisticsOf describes the values of a tensor on the host. With perChannel it also does
// so by channel: along the second dimension of an activation (channelAxis 1), or the first
// of a parameter (channelAxis 0). It is what devices' histograms are tested against.
func StatisticsOf(t *tensor.Tensor, perChannel bool, channelAxis int) Statistics {
	s := Statistics{Elements: int64(len(t.Data))}
	whole := newGathering()
	for _, x := range t.Data {
		s.take(x, &whole)
	}
	s.Mean, s.Std, s.Min, s.Max, s.L2 = whole.figures()
	s.Zeros = s.Histogram.Zero
	if perChannel {
		s.PerChannel = channelStatistics(t, channelAxis)
	}
	return s
}

// take counts one value.
func (s *Statistics) take(x float32, g *gathering) {
	switch {
	case x != x:
		s.NaN++
		return
	case math.IsInf(float64(x), 0):
		s.Inf++
		return
	case x == 0:
		s.Histogram.Zero++
	default:
		s.Histogram.count(x)
	}
	g.take(float64(x))
}

// channelStatistics describe each channel. A dimension that a shape lacks is 1.
func channelStatistics(t *tensor.Tensor, axis int) []ChannelStatistics {
	outer, channels, inner := 1, 1, 1
	for i, n := range t.Shape {
		switch {
		case i < axis:
			outer *= n
		case i == axis:
			channels = n
		default:
			inner *= n
		}
	}
	all := make([]ChannelStatistics, channels)
	for c := range all {
		g := newGathering()
		for o := range outer {
			at := (o*channels + c) * inner
			for _, x := range t.Data[at : at+inner] {
				if !math.IsInf(float64(x), 0) && x == x {
					g.take(float64(x))
				}
			}
		}
		all[c] = g.channel()
	}
	return all
}

// gathering sums up finite values.
type gathering struct {
	n, zeros     int64
	sum, squares float64
	min, max     float64
	first        float64 // subtracted from every value, so that a large mean doesn't swamp the deviation
	shifted      float64 // Σ (x−first)²
}

func newGathering() gathering { return gathering{min: math.Inf(1), max: math.Inf(-1)} }

// take adds a finite value.
func (g *gathering) take(x float64) {
	if g.n == 0 {
		g.first = x
	}
	g.n++
	if x == 0 {
		g.zeros++
	}
	d := x - g.first
	g.sum += d
	g.shifted += d * d
	g.squares += x * x
	g.min, g.max = min(g.min, x), max(g.max, x)
}

// figures are mean, deviation, least and largest value, and L2 norm: zeros if there is
// no value.
func (g *gathering) figures() (mean, std, least, most, l2 float64) {
	if g.n == 0 {
		return 0, 0, 0, 0, 0
	}
	n := float64(g.n)
	shift := g.sum / n
	return g.first + shift, math.Sqrt(max(g.shifted/n-shift*shift, 0)), g.min, g.max, math.Sqrt(g.squares)
}

// channel is what was gathered of a channel.
func (g *gathering) channel() ChannelStatistics {
	mean, std, _, most, _ := g.figures()
	return ChannelStatistics{Finite: g.n, Zeros: g.zeros, Mean: mean, Std: std, Max: most}
}
