package picture

import (
	"image/color"
	"math"
	"strconv"
)

// Scale says which values have a colour map's first and last colour. What lies beyond has
// these too. The zero Scale suits values that are all 0.
type Scale struct {
	Low, High float64
	Signed    bool // drawn in Diverging, else in Viridis
}

// Magnitudes is the scale from 0, or the least value if that is negative, to the largest of
// all values that are numbers.
func Magnitudes(values []float32) Scale {
	low, high := extremes(values)
	return Scale{Low: low, High: high}
}

// Signed is the scale from −m to m, m the largest magnitude: 0 is grey.
func Signed(values []float32) Scale {
	low, high := extremes(values)
	m := max(-low, high)
	return Scale{Low: -m, High: m, Signed: true}
}

// ScaleOf is Signed if a value is negative, else Magnitudes.
func ScaleOf(values []float32) Scale {
	if low, _ := extremes(values); low < 0 {
		return Signed(values)
	}
	return Magnitudes(values)
}

// extremes are the smallest and the largest of 0 and the values that are numbers.
func extremes(values []float32) (low, high float64) {
	for _, v := range values {
		if x := float64(v); !math.IsNaN(x) && !math.IsInf(x, 0) {
			low, high = min(low, x), max(high, x)
		}
	}
	return low, high
}

// Colours is the scale's colour map.
func (s Scale) Colours() *Colours {
	if s.Signed {
		return Diverging()
	}
	return Viridis()
}

// At says where a value lies, from 0 at Low to 1 at High, and false if it is no number. If
// all values are the same, it lies at 0, or in the middle of a signed scale.
func (s Scale) At(v float32) (t float64, ok bool) {
	x := float64(v)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return 0, false
	case s.High > s.Low:
		return min(max((x-s.Low)/(s.High-s.Low), 0), 1), true
	case s.Signed:
		return 0.5, true
	}
	return 0, true
}

// Colour is the colour of a value, Warning if it is no number.
func (s Scale) Colour(v float32) color.RGBA {
	if t, ok := s.At(v); ok {
		return s.Colours().At(t)
	}
	return Warning
}

// index is the number of a value's colour in the palette.
func (s Scale) index(v float32) uint8 {
	if t, ok := s.At(v); ok {
		return uint8(level(t))
	}
	return warningIndex
}

// Ticks are the texts of the lowest value, the middle and the highest, for a colour bar.
func (s Scale) Ticks() [3]string {
	return [3]string{tick(s.Low), tick((s.Low + s.High) / 2), tick(s.High)}
}

func tick(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
