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

// Counts lists a net's operations by every convention.
type Counts struct {
	Schema string        `json:"schema"`
	Model  profile.Model `json:"model"`
	Counts []CountRow    `json:"counts"`
}

// CountRow is a net's operations by one convention.
type CountRow struct {
	Name  string `json:"name"`
	Value int64  `json:"value"` // per image
	What  string `json:"what"`
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

// exact shows every digit of a number.
func exact(n int64) Cell { return Cell{profile.Grouped(n, ","), strconv.FormatInt(n, 10)} }

// Text writes the table.
func (c *Counts) Text(w io.Writer) error { return c.Table().Text(w) }

// Convention is how a report counts operations. The zero Convention counts
// multiply-adds and prints no total.
type Convention struct{ count nn.Count }

// FindConvention returns the named convention with m's total by it. An unknown
// name is an error that lists the known ones.
func FindConvention(m *resnet.Model, name string) (Convention, error) {
	counts := m.Counts()
	for _, c := range counts {
		if c.Name == name {
			return Convention{c}, nil
		}
	}
	return Convention{}, fmt.Errorf("--count %s: no such convention; there are %s", name, countNames(counts))
}

// Doubled reports whether a multiply-add counts as two in per-layer columns.
func (c Convention) Doubled() bool { return c.factor() == 2 }

// factor is what a multiply-add counts in per-layer columns. Only conventions
// that are a multiple of the multiply-adds have per-layer figures; the others
// show multiply-adds there.
func (c Convention) factor() int64 {
	if c.count.Name == "flops" || c.count.Name == "torch" {
		return 2
	}
	return 1
}

// title heads a per-layer column.
func (c Convention) title() string {
	if c.factor() == 2 {
		return "FLOPs"
	}
	return "MACs"
}

// cell shows a layer's multiply-adds as the convention counts them; the raw
// value stays in multiply-adds.
func (c Convention) cell(macs int64) Cell {
	return Cell{figure(macs * c.factor()), strconv.FormatInt(macs, 10)}
}

// facts is the whole net's total, if a convention was named.
func (c Convention) facts() (f facts) {
	if c.count.Name != "" {
		f.addf(c.count.Name, "%s   %s per image: %s",
			profile.FormatCount(c.count.Value), profile.Grouped(c.count.Value, ","), c.count.What)
	}
	return f
}

func countNames(counts []nn.Count) string {
	names := make([]string, 0, len(counts))
	for _, c := range counts {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}
