package report

import (
	"fmt"
	"io"

	"resnet-tui/profile"
)

// Checks prints limits and whether they hold; its JSON is the checks' own.
type Checks struct{ *profile.Checks }

// Table has one row a check.
func (c Checks) Table() *Table {
	t := &Table{Columns: []Column{
		{"ok", "", false}, {"", "holds", false}, {"name", "check", false}, {"value", "value", true}, {"limit", "limit", true}, {"", "of limit", true},
		{"blame", "most of it in", false}, {"p_value", "p", true},
	}}
	for _, x := range c.Checks.Checks {
		mark := "✓"
		if !x.OK {
			mark = "✗"
		}
		part := Cell{profile.Dash, ""}
		if x.Limit > 0 {
			part = share(x.Value / x.Limit)
		}
		t.Add(plain(fmt.Sprint(x.OK)), plain(mark), plain(x.Name), Cell{checked(x.Name, x.Value), raw(x.Value)}, Cell{checked(x.Name, x.Limit), raw(x.Limit)},
			part, plain(x.Blame), probability(x.PValue))
	}
	return t
}

// Text writes the table.
func (c Checks) Text(w io.Writer) error { return c.Table().Text(w) }

// CheckLine says in words what does not hold.
func CheckLine(x profile.Check) string {
	line := fmt.Sprintf("%s does not hold: %s, the limit is %s", x.Name, checked(x.Name, x.Value), checked(x.Name, x.Limit))
	if x.Blame == "" {
		return line
	}
	if x.Name == "baseline" {
		return line + "; " + x.Blame + " slowed down most"
	}
	return line + "; most of it in " + x.Blame
}

// checked shows a check's value in its unit.
func checked(name string, v float64) string {
	switch name {
	case "max-params", "max-macs":
		return profile.Count.Figure(v).String()
	case "max-memory":
		return profile.Bytes.Figure(v).String()
	}
	return ms(v)
}
