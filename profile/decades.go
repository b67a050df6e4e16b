package profile

import (
	"fmt"
	"math"
)

// Decades is a logarithmic axis of whole decades, from 10^Low to 10^High, with
// Low < High.
type Decades struct{ Low, High int }

// Edge chooses how an axis treats an extreme value that is exactly a power of
// ten, and so would lie on the axis's end.
type Edge uint8

// The edges. Bars start at the low end and need room below the smallest value
// to have a length; dots are drawn around their position and need room above
// the largest.
const (
	EdgeTight Edge = iota // the axis ends at the value
	EdgeBelow             // the axis starts a decade below the smallest value
	EdgeAbove             // the axis ends a decade above the largest value
)

// DecadesOf returns the shortest axis of at least one decade that covers every
// finite positive value. It reports false if there is none, as a logarithmic
// axis has no place for zero, negative or infinite values.
func DecadesOf(values []float64, edge Edge) (Decades, bool) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v > 0 && !math.IsInf(v, 1) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return Decades{}, false
	}
	d := Decades{
		Low:  int(math.Floor(math.Log10(low))),
		High: int(math.Ceil(math.Log10(high))),
	}
	switch edge {
	case EdgeBelow:
		d.Low = int(math.Ceil(math.Log10(low))) - 1
	case EdgeAbove:
		d.High = int(math.Floor(math.Log10(high))) + 1
	}
	d.High = max(d.High, d.Low+1)
	return d, true
}

// Position returns where v lies on the axis: 0 at its low end, 1 at its high
// end, outside of [0, 1] for values that the axis doesn't cover. It reports
// false for values without a finite logarithm.
func (d Decades) Position(v float64) (float64, bool) {
	e := math.Log10(v)
	if math.IsNaN(e) || math.IsInf(e, 0) {
		return 0, false
	}
	return (e - float64(d.Low)) / float64(d.High-d.Low), true
}

// Span names both ends: "1e-3 to 1e0".
func (d Decades) Span() string { return fmt.Sprintf("1e%d to 1e%d", d.Low, d.High) }
