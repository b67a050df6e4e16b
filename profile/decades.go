package profile

import (
	"fmt"
	"math"
)

// Decades is a logarithmic axis of whole decades, from 10^Low to 10^High.
type Decades struct{ Low, High int }

// Edge says what becomes of a value that is a power of ten exactly, at an end
// of the axis.
type Edge uint8

// The edges. Bars need room below their least value, dots above their largest.
const (
	EdgeTight Edge = iota // the axis ends there
	EdgeBelow             // it begins a decade below the least value
	EdgeAbove             // it ends a decade above the largest value
)

// DecadesOf reaches over all values that are finite and greater than 0, by at
// least one decade. It reports false if there is no such value: a logarithmic
// axis has nothing to show then.
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
	d := Decades{int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))}
	switch edge {
	case EdgeBelow:
		d.Low = int(math.Ceil(math.Log10(low))) - 1
	case EdgeAbove:
		d.High = int(math.Floor(math.Log10(high))) + 1
	}
	d.High = max(d.High, d.Low+1)
	return d, true
}

// Position is where v lies, 0 at the axis's low end and 1 at its high end. It
// reports false for what has no logarithm, or an infinite one.
func (d Decades) Position(v float64) (float64, bool) {
	e := math.Log10(v)
	if math.IsNaN(e) || math.IsInf(e, 0) {
		return 0, false
	}
	return (e - float64(d.Low)) / float64(d.High-d.Low), true
}

// Span names both ends: "1e-3 to 1e0".
func (d Decades) Span() string { return fmt.Sprintf("1e%d to 1e%d", d.Low, d.High) }
