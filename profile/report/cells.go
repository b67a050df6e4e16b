package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// missing is the cell of a value that is not known or does not apply.
var missing = Cell{Text: profile.Dash}

// plain is the same for people and for programs.
func plain(s string) Cell { return Cell{s, s} }

func whole(n int) Cell { return plain(strconv.Itoa(n)) }

func truth(b bool) Cell { return plain(strconv.FormatBool(b)) }

// count shows a large number with its unit, 0 as a dash.
func count(n int64) Cell { return Cell{figure(n), strconv.FormatInt(n, 10)} }

// figure is count's text: 25.6 M.
func figure(n int64) string {
	if n == 0 {
		return profile.Dash
	}
	return profile.FormatCount(n)
}

// size shows bytes, 0 as a dash.
func size(n int64) Cell {
	if n == 0 {
		return Cell{profile.Dash, "0"}
	}
	return Cell{profile.FormatBytes(n), strconv.FormatInt(n, 10)}
}

// shape shows 1×3×224×224, in ASCII for programs.
func shape(s tensor.Shape) Cell {
	return Cell{s.String(), strings.ReplaceAll(s.String(), "×", "x")}
}

// outputPerImage is a shape without its batch: 64×112×112. Without a shape it
// is blank.
func outputPerImage(s tensor.Shape) Cell {
	if len(s) == 0 {
		return Cell{}
	}
	return plain(s[1:].String())
}

// ms shows milliseconds in the unit that fits.
func ms(v float64) string { return profile.Time.Figure(v * 1e6).String() }

func milliseconds(v float64) Cell { return Cell{ms(v), raw(v)} }

// maybeMS shows milliseconds that are nil where they are not known; maybeSigned,
// maybeShare and maybeChange are alike.
func maybeMS(v *float64) Cell {
	if v == nil {
		return missing
	}
	return milliseconds(*v)
}

// optionalMS shows milliseconds that are 0 where they are not known.
func optionalMS(v float64) Cell {
	if v == 0 {
		return missing
	}
	return milliseconds(v)
}

// signed is a difference in milliseconds with its sign.
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

func nanoseconds(ns *int64) Cell {
	if ns == nil {
		return missing
	}
	return Cell{profile.FormatTime(time.Duration(*ns)), strconv.FormatInt(*ns, 10)}
}

func seconds(v float64) Cell {
	return Cell{profile.FormatTime(time.Duration(v * 1e9)), raw(v)}
}

// number shows three significant digits.
func number(n *Number) Cell {
	if n == nil {
		return missing
	}
	return Cell{profile.Significant(float64(*n)), raw(float64(*n))}
}

// optional shows a value that is 0 where it does not apply.
func optional(v float64) Cell {
	if v == 0 {
		return missing
	}
	return Cell{profile.Significant(v), raw(v)}
}

func share(v float64) Cell { return Cell{profile.FormatShare(v), raw(v)} }

func maybeShare(v *float64) Cell {
	if v == nil {
		return missing
	}
	return share(*v)
}

// change is a difference as a percentage of what it started from.
func change(from, delta float64) string {
	if from <= 0 {
		return profile.Dash
	}
	return fmt.Sprintf("%+.1f %%", 100*delta/from)
}

func maybeChange(from, delta *float64) Cell {
	if from == nil || delta == nil {
		return missing
	}
	return plain(change(*from, *delta))
}

// probability shows a p-value with two significant digits, at least to
// hundredths.
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

// raw is the shortest decimal that reads back as v.
func raw(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
