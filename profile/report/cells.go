package report

import (
	"math"
	"strconv"
	"strings"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// The functions in this file make cells. Those for a value that may be unknown
// return missing for it: a dash for people, an empty field for programs.

// missing is the cell of a value that is unknown or doesn't apply.
var missing = Cell{Text: profile.Dash}

// plain is the same text for people and programs.
func plain(s string) Cell { return Cell{s, s} }

// whole is an integer, all digits.
func whole(n int) Cell { return plain(strconv.Itoa(n)) }

// threads is a number of threads, which a GPU has none of.
func threads(n int) Cell {
	if n == 0 {
		return missing
	}
	return whole(n)
}

// truth is "true" or "false".
func truth(b bool) Cell { return plain(strconv.FormatBool(b)) }

// count is a count, "25.6 M" for people and exact for programs. 0 is a dash for
// people: most layers have no parameters or no multiply-adds.
func count(n int64) Cell { return Cell{figure(n), strconv.FormatInt(n, 10)} }

// figure returns the text of count.
func figure(n int64) string {
	if n == 0 {
		return profile.Dash
	}
	return profile.FormatCount(n)
}

// size is a number of bytes, like count.
func size(n int64) Cell {
	if n == 0 {
		return Cell{profile.Dash, "0"}
	}
	return Cell{profile.FormatBytes(n), strconv.FormatInt(n, 10)}
}

// shape is "1×3×224×224" for people, in ASCII for programs.
func shape(s tensor.Shape) Cell {
	return Cell{s.String(), strings.ReplaceAll(s.String(), "×", "x")}
}

// outputPerImage is a shape without its batch, "64×112×112". No shape is blank.
func outputPerImage(s tensor.Shape) Cell {
	if len(s) == 0 {
		return Cell{}
	}
	return plain(s[1:].String())
}

// ms formats milliseconds in the unit that fits.
func ms(v float64) string { return profile.Time.Figure(v * 1e6).String() }

// milliseconds is a time: in the unit that fits for people, in milliseconds for
// programs.
func milliseconds(v float64) Cell { return Cell{ms(v), raw(v)} }

// maybeMS is milliseconds of a value that is nil if unknown. maybeSigned,
// maybeShare and maybeChange are alike.
func maybeMS(v *float64) Cell {
	if v == nil {
		return missing
	}
	return milliseconds(*v)
}

// optionalMS is milliseconds of a value that is 0 if unknown.
func optionalMS(v float64) Cell {
	if v == 0 {
		return missing
	}
	return milliseconds(v)
}

// signed formats a difference in milliseconds with its sign.
func signed(v float64) string {
	if v > 0 {
		return "+" + ms(v)
	}
	return ms(v)
}

func maybeSigned(v *float64) Cell {
	if v == nil {
		return missing
	}
	return Cell{signed(*v), raw(*v)}
}

// nanoseconds is a time: in the unit that fits for people, in nanoseconds for
// programs. nil is missing.
func nanoseconds(ns *int64) Cell {
	if ns == nil {
		return missing
	}
	return Cell{profile.FormatTime(time.Duration(*ns)), strconv.FormatInt(*ns, 10)}
}

// seconds is a time: in the unit that fits for people, in seconds for programs.
func seconds(v float64) Cell {
	return Cell{profile.FormatTime(time.Duration(v * 1e9)), raw(v)}
}

// number is a float with three significant digits for people. nil is missing; NaN
// is printed as NaN, as it is a finding.
func number(n *Number) Cell {
	if n == nil {
		return missing
	}
	return Cell{profile.Significant(float64(*n)), raw(float64(*n))}
}

// optional is a float that is 0 if it doesn't apply.
func optional[F ~float64](v F) Cell {
	if v == 0 {
		return missing
	}
	return Cell{profile.Significant(float64(v)), raw(float64(v))}
}

// perSecond is a throughput, "1.22 k" for people. 0 is missing.
func perSecond(v Number) Cell {
	if v == 0 {
		return missing
	}
	return Cell{profile.Count.Figure(float64(v)).String(), raw(float64(v))}
}

// share is a percentage for people and a fraction for programs.
func share[F ~float64](v F) Cell {
	return Cell{profile.FormatShare(float64(v)), raw(float64(v))}
}

func maybeShare(v *float64) Cell {
	if v == nil {
		return missing
	}
	return share(*v)
}

// change formats a difference as a percentage of its base, with its sign.
func change(from, delta float64) string {
	if from <= 0 {
		return profile.Dash
	}
	return profile.FormatChange(delta / from)
}

func maybeChange(from, delta *float64) Cell {
	if from == nil || delta == nil {
		return missing
	}
	return plain(change(*from, *delta))
}

// probability is a p-value with two significant digits for people, but at least
// two decimals: 0.50, 0.043, 0.0012. Below 1e-4 only its order matters.
func probability(p *float64) Cell {
	switch {
	case p == nil:
		return missing
	case *p < 1e-4:
		return Cell{"<0.0001", raw(*p)}
	}
	digits := max(2, 1-int(math.Floor(math.Log10(*p))))
	return Cell{strconv.FormatFloat(*p, 'f', digits, 64), raw(*p)}
}

// raw returns the shortest decimal that reads back as v.
func raw(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
