package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet"
)

// Counts is a net's operations by every convention.
type Counts struct {
	Schema string        `json:"schema"`
	Model  profile.Model `json:"model"`
	Counts []CountRow    `json:"counts"`
}

// CountRow is one convention.
type CountRow struct {
	Name  string `json:"name"`
	Value int64  `json:"value"` // per image
	What  string `json:"what"`
}

// NewCounts lists m's operations by every convention.
func NewCounts(m *resnet.Model) *Counts {
	c := &Counts{Schema: "resnet-tui/counts/1", Model: profile.Describe(m, "")}
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
		{"value", "per image", right, func(r CountRow) Cell { return Cell{Grouped(r.Value), strconv.FormatInt(r.Value, 10)} }},
		{"what", "what it counts", left, func(r CountRow) Cell { return plain(r.What) }},
	}}
}

// Text writes the table.
func (c *Counts) Text(w io.Writer) error { return c.Table().Text(w) }

// Convention is how a report counts operations. The zero Convention counts
// multiply-adds.
type Convention struct{ count resnet.Count }

// FindConvention is the named convention, with m's figure.
func FindConvention(m *resnet.Model, name string) (Convention, error) {
	counts := m.Counts()
	for _, c := range counts {
		if c.Name == name {
			return Convention{c}, nil
		}
	}
	return Convention{}, fmt.Errorf("--count %s: no such convention; there are %s", name, countNames(counts))
}

// Doubled reports whether a multiply-add counts as two in columns by layer.
func (c Convention) Doubled() bool { return c.factor() == 2 }

// factor is what a layer's multiply-adds count in a column: only conventions
// that are a multiple of them have figures by layer.
func (c Convention) factor() int64 {
	if c.count.Name == "flops" || c.count.Name == "torch" {
		return 2
	}
	return 1
}

// title is the column's.
func (c Convention) title() string {
	if c.factor() == 2 {
		return "FLOPs"
	}
	return "MACs"
}

// cell is a layer's multiply-adds as the convention counts them; programs read
// them as they are.
func (c Convention) cell(macs int64) Cell {
	return Cell{figure(macs * c.factor()), strconv.FormatInt(macs, 10)}
}

// facts is the whole net's figure in words, if a convention was named.
func (c Convention) facts() [][2]string {
	if c.count.Name == "" {
		return nil
	}
	return [][2]string{{c.count.Name, fmt.Sprintf("%s   %s per image: %s", profile.FormatCount(c.count.Value), Grouped(c.count.Value), c.count.What)}}
}

func countNames(counts []resnet.Count) string {
	names := make([]string, 0, len(counts))
	for _, c := range counts {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}
