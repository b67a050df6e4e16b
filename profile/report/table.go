package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Column of a table.
type Column struct {
	Name  string // in CSV, as in the JSON: "in_shape"
	Title string // for people; empty: only in CSV
	Right bool   // aligned right: numbers
}

// Cell is one value: Text for people, Raw for programs.
type Cell struct{ Text, Raw string }

// Table is rows of cells under columns, in three formats.
type Table struct {
	Columns []Column
	Rows    [][]Cell
}

// Add appends a row, which has one cell a column.
func (t *Table) Add(cells ...Cell) { t.Rows = append(t.Rows, cells) }

// hide leaves columns out of what people see.
func (t *Table) hide(names ...string) {
	for i, c := range t.Columns {
		if slices.Contains(names, c.Name) {
			t.Columns[i].Title = ""
		}
	}
}

// Text writes aligned columns with their titles.
func (t *Table) Text(w io.Writer) error {
	widths := t.widths()
	if err := t.textLine(w, widths, t.titles()); err != nil {
		return err
	}
	for _, row := range t.Rows {
		if err := t.textLine(w, widths, row); err != nil {
			return err
		}
	}
	return nil
}

// Markdown writes a table of GitHub's Markdown.
func (t *Table) Markdown(w io.Writer) error {
	rule := make([]Cell, len(t.Columns))
	for i, c := range t.Columns {
		rule[i].Text = "---"
		if c.Right {
			rule[i].Text = "---:"
		}
	}
	for _, row := range append([][]Cell{t.titles(), rule}, t.Rows...) {
		var line strings.Builder
		for i, c := range t.Columns {
			if c.Title != "" {
				fmt.Fprintf(&line, "| %s ", strings.ReplaceAll(strings.TrimSpace(row[i].Text), "|", `\|`))
			}
		}
		if _, err := fmt.Fprintln(w, line.String()+"|"); err != nil {
			return err
		}
	}
	return nil
}

// CSV writes the raw values under the columns' names.
func (t *Table) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Write(t.named(t.names()))
	for _, row := range t.Rows {
		out.Write(t.named(row))
	}
	out.Flush()
	return out.Error()
}

// named are the raw values of the columns that have a name for programs.
func (t *Table) named(row []Cell) []string {
	var record []string
	for i, c := range t.Columns {
		if c.Name != "" {
			record = append(record, row[i].Raw)
		}
	}
	return record
}

func (t *Table) names() []Cell {
	cells := make([]Cell, len(t.Columns))
	for i, c := range t.Columns {
		cells[i].Raw = c.Name
	}
	return cells
}

func (t *Table) titles() []Cell {
	cells := make([]Cell, len(t.Columns))
	for i, c := range t.Columns {
		cells[i].Text = c.Title
	}
	return cells
}

func (t *Table) widths() []int {
	widths := make([]int, len(t.Columns))
	for _, row := range append(t.Rows, t.titles()) {
		for i := range widths {
			widths[i] = max(widths[i], ansi.StringWidth(row[i].Text))
		}
	}
	return widths
}

func (t *Table) textLine(w io.Writer, widths []int, row []Cell) error {
	var line strings.Builder
	for i, c := range t.Columns {
		if c.Title == "" {
			continue
		}
		if line.Len() > 0 {
			line.WriteString("  ")
		}
		space := strings.Repeat(" ", widths[i]-ansi.StringWidth(row[i].Text))
		if c.Right {
			line.WriteString(space + row[i].Text)
		} else {
			line.WriteString(row[i].Text + space)
		}
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	return err
}
