package report

import (
	"fmt"
	"io"
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

// Table has one row a convention.
func (c *Counts) Table() *Table {
	t := &Table{Columns: []Column{{"name", "convention", false}, {"", "", true}, {"value", "per image", true}, {"what", "what it counts", false}}}
	t.Columns[1].Title = c.Model.Arch
	for _, x := range c.Counts {
		t.Add(plain(x.Name), plain(profile.FormatCount(x.Value)), Cell{Grouped(x.Value), fmt.Sprint(x.Value)}, plain(x.What))
	}
	return t
}

// Text writes the table.
func (c *Counts) Text(w io.Writer) error { return c.Table().Text(w) }

func countNames(counts []resnet.Count) string {
	names := make([]string, 0, len(counts)+1)
	for _, c := range counts {
		names = append(names, c.Name)
	}
	return strings.Join(append(names, "all"), ", ")
}
