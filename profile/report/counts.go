package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// Counts lists a net's number of operations by every convention. The literature
// doesn't agree on one: numbers that are called FLOPs differ by a factor of two
// and by what they leave out.
type Counts struct {
	Schema string        `json:"schema"`
	Model  profile.Model `json:"model"`
	Counts []CountRow    `json:"counts"`
}

// CountRow holds a net's number of operations by one convention.
type CountRow struct {
	Name  string `json:"name"`
	Value int64  `json:"value"` // per image
	What  string `json:"what"`  // what is counted, in words
}

// NewCounts counts m's operations by every convention.
func NewCounts(m *resnet.Model) *Counts {
	c := &Counts{Schema: CountsSchema, Model: profile.Describe(m, "")}
	for _, x := range m.Counts() {
		c.Counts = append(c.Counts, CountRow{x.Name, x.Value, x.What})
	}
	return c
}

// Table has one row per convention.
func (c *Counts) Table() Tabular {
	return Table[CountRow]{Rows: c.Counts, Columns: []Column[CountRow]{
		{"name", "convention", left, func(r CountRow) Cell { return plain(r.Name) }},
		{"", c.Model.Arch, right, func(r CountRow) Cell { return plain(profile.FormatCount(r.Value)) }},
		{"value", "per image", right, func(r CountRow) Cell { return exact(r.Value) }},
		{"what", "what it counts", left, func(r CountRow) Cell { return plain(r.What) }},
	}}
}

// exact is a number with all digits, grouped by thousands for people.
func exact(n int64) Cell { return Cell{profile.Grouped(n, ","), strconv.FormatInt(n, 10)} }

// Text writes the table.
func (c *Counts) Text(w io.Writer) error { return c.Table().Text(w) }

// Convention chooses how a report prints numbers of operations, in columns per
// layer and as a total. The zero Convention prints multiply-adds and no total.
// JSON and CSV don't depend on it: there, macs are multiply-adds.
type Convention struct{ count nn.Count }

// FindConvention returns the convention with this name, and m's total by it. The
// error for an unknown name lists the known ones.
func FindConvention(m *resnet.Model, name string) (Convention, error) {
	counts := m.Counts()
	for _, c := range counts {
		if c.Name == name {
			return Convention{c}, nil
		}
	}
	return Convention{}, fmt.Errorf("--count %s: no such convention; there are %s", name, countNames(counts))
}

// Doubled reports whether a multiply-add counts as two operations in per-layer
// columns.
func (c Convention) Doubled() bool { return c.factor() == 2 }

// factor returns how many operations a multiply-add is in per-layer columns. Only
// conventions that are a multiple of the multiply-adds have figures per layer;
// with the others, the columns show multiply-adds.
func (c Convention) factor() int64 {
	if c.count.Name == "flops" || c.count.Name == "torch" {
		return 2
	}
	return 1
}

// title returns the title of a per-layer column.
func (c Convention) title() string {
	if c.factor() == 2 {
		return "FLOPs"
	}
	return "MACs"
}

// cell is a layer's operations by the convention; for programs they stay in
// multiply-adds.
func (c Convention) cell(macs int64) Cell {
	return Cell{figure(macs * c.factor()), strconv.FormatInt(macs, 10)}
}

// facts returns the net's total, if there is a named convention.
func (c Convention) facts() (f facts) {
	if c.count.Name != "" {
		f.addf(c.count.Name, "%s   %s per image: %s",
			profile.FormatCount(c.count.Value), profile.Grouped(c.count.Value, ","), c.count.What)
	}
	return f
}

// countNames lists the names of conventions for an error.
func countNames(counts []nn.Count) string {
	names := make([]string, 0, len(counts))
	for _, c := range counts {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}
