package profile

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Dash stands for a figure that is unknown or doesn't apply.
const Dash = "–"

// Figure is a formatted number with its unit. They are separate so that a screen
// can dim the unit and align the number. The zero Figure is unknown.
type Figure struct {
	Number string // "44.5"
	Unit   string // "M", "µs"; may be empty
}

// String joins number and unit by a space. An unknown figure is a Dash.
func (f Figure) String() string {
	switch {
	case f.Number == "":
		return Dash
	case f.Unit == "":
		return f.Number
	}
	return f.Number + " " + f.Unit
}

// Unit is a family of units of the same dimension. Values are given in the
// smallest one, which has size 1.
type Unit struct {
	steps []step // sorted by size
}

// step is one unit of a family, as a multiple of the smallest one.
type step struct {
	symbol string
	size   float64
}

// The families: durations in nanoseconds, counts, bytes, and floating-point
// operations per second. Prefixes are decimal throughout: 1 kB is 1000 B.
var (
	Time  = Unit{[]step{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}}
	Count = Unit{[]step{{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}}}
	Bytes = Unit{[]step{{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15}}}
	Flops = Unit{[]step{{"FLOP/s", 1}, {"kFLOP/s", 1e3}, {"MFLOP/s", 1e6}, {"GFLOP/s", 1e9}, {"TFLOP/s", 1e12}}}
)

// Figure formats v, given in the family's smallest unit, with three significant
// digits in the largest unit in which it is at least 1.
func (u Unit) Figure(v float64) Figure {
	at := 0
	// Rounded first, so that 999.6 µs becomes 1.00 ms and not 1000 µs.
	for at+1 < len(u.steps) && round3(math.Abs(v)) >= u.steps[at+1].size {
		at++
	}
	return u.steps[at].figure(v)
}

// In formats v, given in the family's smallest unit, in the unit with this
// symbol. Without such a unit it is the same as Figure.
func (u Unit) In(v float64, symbol string) Figure {
	for _, s := range u.steps {
		if s.symbol == symbol {
			return s.figure(v)
		}
	}
	return u.Figure(v)
}

// figure formats v in one unit. Whole numbers of the smallest unit are exact and
// stay so: 7, not 7.00. Above 1e15 a float64 can't be trusted to be exact.
func (s step) figure(v float64) Figure {
	if s.size == 1 && v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return Figure{strconv.FormatFloat(v, 'f', 0, 64), s.symbol}
	}
	return Figure{Significant(v / s.size), s.symbol}
}

// Significant formats v with three significant digits. Integer digits are never
// cut: 7.80, 46.7, 334, 0.0620, 12345. Very small and very large values have an
// exponent. NaN and infinite values are formatted as such.
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
	// The tolerance keeps Log10(1000) and its like from falling just below 3.
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(r))+1e-12))
	return strconv.FormatFloat(r, 'f', max(decimals, 0), 64)
}

// round3 rounds to three significant digits.
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

// FormatTime formats a duration: "710 µs".
func FormatTime(d time.Duration) string { return Time.Figure(float64(d)).String() }

// FormatCount formats a count: "44.5 M", "512".
func FormatCount(n int64) string { return Count.Figure(float64(n)).String() }

// FormatBytes formats a size in bytes: "178 MB", "512 B".
func FormatBytes(n int64) string { return Bytes.Figure(float64(n)).String() }

// FormatShare formats a share, 0.638, as a percentage with one decimal: "63.8 %".
// From 99.95 % on it has no decimal: "100 %". NaN is a Dash.
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

// farApart is the ratio from which a change is told as one: percentages of hundreds of
// times are hard to read, and so are those that all are −99 %.
const farApart = 10

// FormatChange formats a change by a part of what there was, 0.125, as a percentage with
// its sign: "+12.5 %". A tenfold one or more is a factor: "×12.5", "÷12.5".
func FormatChange(part float64) string {
	switch ratio := 1 + part; {
	case ratio >= farApart:
		return "×" + Significant(ratio)
	case ratio > 0 && ratio <= 1.0/farApart:
		return "÷" + Significant(1/ratio)
	}
	return fmt.Sprintf("%+.1f %%", 100*part)
}

// Grouped formats n with thousands separators: 44,549,160.
func Grouped(n int64, separator string) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}
