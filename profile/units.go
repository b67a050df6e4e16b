package profile

import (
	"math"
	"strconv"
	"time"
)

// Dash stands for a figure that is not known or does not apply.
const Dash = "–"

// Figure is a number with its unit, apart so that a screen can dim the unit
// and align the number. The zero Figure is an unknown one.
type Figure struct {
	Number string // "44.5"
	Unit   string // "M", "µs"; may be empty
}

// String is the number and the unit with a space between, or a dash.
func (f Figure) String() string {
	switch {
	case f.Number == "":
		return Dash
	case f.Unit == "":
		return f.Number
	}
	return f.Number + " " + f.Unit
}

// Unit is a family of units that differ by their size.
type Unit struct {
	steps []step // by size, the smallest (1, of whole numbers) first
}

type step struct {
	symbol string
	size   float64
}

// The families: durations in nanoseconds, counts of things, bytes (decimal, as
// disks and networks count them), and rates.
var (
	Time  = Unit{[]step{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}}
	Count = Unit{[]step{{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}}}
	Bytes = Unit{[]step{{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15}}}
	Flops = Unit{[]step{{"FLOP/s", 1}, {"kFLOP/s", 1e3}, {"MFLOP/s", 1e6}, {"GFLOP/s", 1e9}, {"TFLOP/s", 1e12}}}
)

// Figure shows v, given in the family's smallest unit, with three significant
// digits in the unit that suits it.
func (u Unit) Figure(v float64) Figure {
	at := 0
	for at+1 < len(u.steps) && round3(math.Abs(v)) >= u.steps[at+1].size {
		at++
	}
	return u.steps[at].figure(v)
}

// In shows v in the named unit of the family, whatever its size; in the unit
// that suits it if the family has no such unit.
func (u Unit) In(v float64, symbol string) Figure {
	for _, s := range u.steps {
		if s.symbol == symbol {
			return s.figure(v)
		}
	}
	return u.Figure(v)
}

// figure shows whole numbers of the smallest unit as they are: 7, not 7.00.
func (s step) figure(v float64) Figure {
	if s.size == 1 && v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return Figure{strconv.FormatFloat(v, 'f', 0, 64), s.symbol}
	}
	return Figure{Significant(v / s.size), s.symbol}
}

// Significant writes v with three significant digits, and without an exponent
// where that is readable: 7.80, 46.7, 334, 0.0620, 12345.
func Significant(v float64) string {
	switch a := math.Abs(v); {
	case a == 0:
		return "0"
	case math.IsNaN(a), math.IsInf(a, 0), a < 1e-4, a >= 1e15:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	r := round3(v)
	if math.Abs(v) >= 1000 {
		r = math.Round(v)
	}
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(r))+1e-12))
	return strconv.FormatFloat(r, 'f', max(decimals, 0), 64)
}

// round3 rounds to three significant digits, so that 999.6 becomes 1000 before
// its unit is chosen.
func round3(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// FormatTime shows a duration: "710 µs".
func FormatTime(d time.Duration) string { return Time.Figure(float64(d)).String() }

// FormatCount shows a count: "44.5 M", "512".
func FormatCount(n int64) string { return Count.Figure(float64(n)).String() }

// FormatBytes shows a size: "178 MB", "512 B".
func FormatBytes(n int64) string { return Bytes.Figure(float64(n)).String() }

// FormatShare shows a part of the whole in percent with one decimal: "63.8 %",
// and "100 %" for all of it.
func FormatShare(part float64) string {
	switch p := 100 * part; {
	case math.IsNaN(p):
		return Dash
	case p >= 99.95:
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	default:
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
}

// Grouped writes n with a separator between thousands: 44,549,160.
func Grouped(n int64, separator string) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}
