package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"resnet-tui/profile"
)

// Checks prints limits and whether the net keeps them. Its JSON is that of
// profile.Checks.
type Checks struct{ *profile.Checks }

// Table has one row per check.
func (c Checks) Table() Tabular {
	return Table[profile.Check]{Rows: c.Checks.Checks, Columns: []Column[profile.Check]{
		{"ok", "", left, func(x profile.Check) Cell { return truth(x.OK) }},
		{"", "holds", left, func(x profile.Check) Cell { return plain(mark(x)) }},
		{"name", "check", left, func(x profile.Check) Cell { return plain(x.Name) }},
		{"value", "value", right, func(x profile.Check) Cell { return checked(x.Name, x.Value) }},
		{"limit", "limit", right, func(x profile.Check) Cell { return checked(x.Name, x.Limit) }},
		{"", "of limit", right, ofLimit},
		{"blame", "most of it in", left, func(x profile.Check) Cell { return plain(x.Blame) }},
		{"verdict", "verdict", left, func(x profile.Check) Cell { return orMissing(x.Verdict) }},
		{"p_value", "p", right, func(x profile.Check) Cell { return probability(x.PValue) }},
	}}
}

// mark returns the mark of a check that holds, of one that fails, or of one without a
// verdict.
func mark(x profile.Check) string {
	switch {
	case x.OK:
		return "✓"
	case x.Verdict == profile.VerdictInconclusive:
		return "?"
	}
	return "✗"
}

// orMissing is a text, missing if it is empty.
func orMissing(text string) Cell {
	if text == "" {
		return missing
	}
	return plain(text)
}

// ofLimit is the value as a percentage of its limit.
func ofLimit(x profile.Check) Cell {
	if x.Limit <= 0 {
		return missing
	}
	return share(x.Value / x.Limit)
}

// Text writes the table, and what the match with another build rests on.
func (c Checks) Text(w io.Writer) error {
	if err := c.Table().Text(w); err != nil {
		return err
	}
	for _, x := range c.Checks.Checks {
		if x.Name != "against" || x.Interval == nil {
			continue
		}
		fmt.Fprintf(w, "\nagainst: %s, 95 %% interval %s, from %d processes of each build, turn about, in %s\n",
			change(1, middle(x.Interval)-1), intervalText(x.Interval), x.Processes, seconds(float64(x.Seconds)).Text)
		if len(x.Slower) > 0 {
			fmt.Fprintf(w, "slower beyond noise: %s\n", strings.Join(x.Slower, ", "))
		}
	}
	return nil
}

// middle is the ratio in the middle of an interval of ratios.
func middle(ratio *[2]float64) float64 { return math.Sqrt(ratio[0] * ratio[1]) }

// CheckLine describes a check that isn't shown to hold in one line, for standard error.
func CheckLine(x profile.Check) string {
	if x.Verdict == profile.VerdictInconclusive {
		return fmt.Sprintf("%s is inconclusive: %s%s", x.Name, overLimit(x), x.Reason)
	}
	line := fmt.Sprintf("%s does not hold: %s, the limit is %s",
		x.Name, checked(x.Name, x.Value).Text, checked(x.Name, x.Limit).Text)
	switch {
	case x.Blame == "":
		return line
	case x.Blame == "total":
		return line + "; no layer alone stands out"
	case x.Verdict != "":
		return line + "; " + x.Blame + " slowed down most"
	}
	return line + "; most of it in " + x.Blame
}

// overLimit says how a value stands to its limit, if it is known.
func overLimit(x profile.Check) string {
	if x.Value == 0 {
		return ""
	}
	return fmt.Sprintf("%s, the limit is %s; ", checked(x.Name, x.Value).Text, checked(x.Name, x.Limit).Text)
}

// checked is a check's value or limit, for people in its unit, which the name
// implies: counts, bytes, or else milliseconds.
func checked(name string, n Number) Cell {
	v := float64(n)
	switch name {
	case "max-params", "max-macs":
		return Cell{profile.Count.Figure(v).String(), raw(v)}
	case "max-memory":
		return Cell{profile.Bytes.Figure(v).String(), raw(v)}
	}
	return milliseconds(v)
}
