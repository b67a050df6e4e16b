package report

import (
	"fmt"
	"io"

	"resnet-tui/profile"
)

// Checks prints limits and whether the net keeps them. Its JSON is that of
// profile.Checks.
type Checks struct{ *profile.Checks }

// Table has one row per check.
func (c Checks) Table() Tabular {
	return Table[profile.Check]{Rows: c.Checks.Checks, Columns: []Column[profile.Check]{
		{"ok", "", left, func(x profile.Check) Cell { return truth(x.OK) }},
		{"", "holds", left, func(x profile.Check) Cell { return plain(mark(x.OK)) }},
		{"name", "check", left, func(x profile.Check) Cell { return plain(x.Name) }},
		{"value", "value", right, func(x profile.Check) Cell { return checked(x.Name, x.Value) }},
		{"limit", "limit", right, func(x profile.Check) Cell { return checked(x.Name, x.Limit) }},
		{"", "of limit", right, ofLimit},
		{"blame", "most of it in", left, func(x profile.Check) Cell { return plain(x.Blame) }},
		{"p_value", "p", right, func(x profile.Check) Cell { return probability(x.PValue) }},
	}}
}

// mark returns the mark of a check that holds, or of one that fails.
func mark(ok bool) string {
	if ok {
		return "✓"
	}
	return "✗"
}

// ofLimit is the value as a percentage of its limit.
func ofLimit(x profile.Check) Cell {
	if x.Limit <= 0 {
		return missing
	}
	return share(x.Value / x.Limit)
}

// Text writes the table.
func (c Checks) Text(w io.Writer) error { return c.Table().Text(w) }

// CheckLine describes a failed check in one line, for standard error.
func CheckLine(x profile.Check) string {
	line := fmt.Sprintf("%s does not hold: %s, the limit is %s",
		x.Name, checked(x.Name, x.Value).Text, checked(x.Name, x.Limit).Text)
	if x.Blame == "" {
		return line
	}
	if x.Name == "baseline" {
		return line + "; " + x.Blame + " slowed down most"
	}
	return line + "; most of it in " + x.Blame
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
