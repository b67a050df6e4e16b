package tui

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"resnet-tui/profile"
)

// scale maps values to the height of a plot. It covers all of them: a cut axis would
// hide the largest, or exaggerate differences. The zero value means that there is
// nothing to show.
type scale struct {
	low, high float64 // exponents of ten on a logarithmic scale
	log       bool
	part      bool // of a decade: the ends are 1, 2 or 5 times a power of ten
}

// logScale covers the positive finite values by whole decades, whose labels are powers
// of ten.
func logScale(curves []curve) scale {
	var values []float64
	each(curves, func(v float64) { values = append(values, v) })
	axis, _ := profile.DecadesOf(values, profile.EdgeTight)
	return scale{low: float64(axis.Low), high: float64(axis.High), log: true}
}

// lossScale suits what falls by factors, and begins with a spike that must not rule the
// axis: logarithmic, from a round figure to a round figure. Where a value is zero, which
// such an axis has no place for, or all are close together, it is linear.
func lossScale(curves []curve) scale {
	low, high := math.Inf(1), 0.0
	each(curves, func(v float64) { low, high = min(low, v), max(high, v) })
	if !(low > 0) || high < 2*low {
		return linearScale(curves)
	}
	low, high = roundBelow(low), roundFraction(high*(1-1e-9))
	return scale{low: math.Log10(low), high: math.Log10(high), log: true, part: true}
}

// roundBelow is the largest 1, 2 or 5 times a power of ten up to v.
func roundBelow(v float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	switch f := v / base * (1 + 1e-9); {
	case f >= 5:
		return 5 * base
	case f >= 2:
		return 2 * base
	}
	return base
}

// linearScale reaches from zero over the finite values to a round figure. The 1e-9
// keeps a value that is round already from another step by rounding.
func linearScale(curves []curve) scale {
	high := 0.0
	each(curves, func(v float64) { high = max(high, v) })
	if high == 0 {
		return scale{}
	}
	step := roundFraction(high / 4)
	return scale{high: math.Ceil(high/step-1e-9) * step}
}

// roundFraction is the smallest 1, 2 or 5 times a power of ten from v upwards.
func roundFraction(v float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(v)))
	return roundStep(v/base) * base
}

// each visits the curves' finite values.
func each(curves []curve, visit func(float64)) {
	for _, c := range curves {
		for _, values := range [][]float64{c.y, c.low, c.high} {
			for _, v := range values {
				if !math.IsNaN(v) && !math.IsInf(v, 0) {
					visit(v)
				}
			}
		}
	}
}

// known reports whether there is anything to draw.
func (s scale) known() bool { return s.high > s.low }

// position is where v lies between the bottom (0) and the top (1). It reports
// false for what is not finite or has no logarithm.
func (s scale) position(v float64) (float64, bool) {
	if s.part {
		at := (math.Log10(v) - s.low) / (s.high - s.low)
		return at, v > 0 && !math.IsInf(v, 1)
	}
	if s.log {
		return profile.Decades{Low: int(s.low), High: int(s.high)}.Position(v)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	return (v - s.low) / (s.high - s.low), true
}

// tick is a label on an axis.
type tick struct {
	at    float64 // 0 to 1
	label string
}

// ticks are round values of the scale, at most one on every second of h lines, with
// the lowest value always among them.
func (s scale) ticks(h int) []tick {
	if s.part {
		return s.partTicks(h)
	}
	unit := 1.0 // decades
	if !s.log {
		unit = roundFraction(s.high / 4)
	}
	total := int(math.Round((s.high - s.low) / unit))
	spaces := max((h+1)/2, 2) - 1
	every := (total + spaces - 1) / spaces
	var ticks []tick
	for i := 0; i <= total; i += every {
		ticks = append(ticks, tick{float64(i) / float64(total), s.label(s.low + float64(i)*unit)})
	}
	return ticks
}

// partTicks are the values 1, 2 and 5 times the powers of ten, or only the powers, as
// far as there is a line between two of them.
func (s scale) partTicks(h int) []tick {
	var ticks []tick
	for _, factors := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
		ticks = ticks[:0]
		last, crowded := math.Inf(-1), false
		for e := math.Floor(s.low); e <= s.high; e++ {
			for _, f := range factors {
				v := f * math.Pow(10, e)
				at := (math.Log10(v) - s.low) / (s.high - s.low)
				if at < -1e-9 || at > 1+1e-9 {
					continue
				}
				line := math.Round(at * float64(h-1))
				crowded = crowded || line-last < 2
				last = line
				ticks = append(ticks, tick{at, strconv.FormatFloat(v, 'g', 4, 64)})
			}
		}
		if !crowded && len(ticks) > 1 {
			return ticks
		}
	}
	low, high := math.Pow(10, s.low), math.Pow(10, s.high)
	return []tick{{0, strconv.FormatFloat(low, 'g', 4, 64)}, {1, strconv.FormatFloat(high, 'g', 4, 64)}}
}

// label writes a value of the scale; on a logarithmic one v is the exponent.
func (s scale) label(v float64) string {
	if s.log {
		return fmt.Sprintf("1e%+d", int(v))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// scientific writes a norm with three digits, "3.10e-2"; an unknown one is a
// dash.
func scientific(v float64) string {
	switch {
	case math.IsNaN(v):
		return profile.Dash
	case math.IsInf(v, 0):
		return strings.TrimPrefix(fmt.Sprint(v), "+")
	case v == 0:
		return "0"
	}
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 2, 64), "e")
	sign := exponent[:1]
	exponent = strings.TrimLeft(exponent[1:], "0")
	if exponent == "" {
		exponent = "0"
	}
	return digits + "e" + sign + exponent
}
