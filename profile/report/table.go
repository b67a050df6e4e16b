package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"resnet-tui/profile"
)

// Column is one column of a table whose rows are of type T: its heading, and a
// function that makes a row's cell. One definition serves text, Markdown and CSV.
type Column[T any] struct {
	Name  string // heading in CSV, the field's name in JSON: "in_shape"; "": not in CSV
	Title string // heading in text and Markdown; "": only in CSV
	Right bool   // aligned right, for numbers
	Cell  func(row T) Cell
}

// The alignments of a Column.
const (
	left  = false
	right = true
)

// Cell is one value: Text for people, Raw for programs.
type Cell struct{ Text, Raw string }

// Table prints rows in three formats. Text and Markdown have the columns with a
// title, CSV those with a name. Printing doesn't change a table, so several
// goroutines may do it.
type Table[T any] struct {
	Columns []Column[T]
	Rows    []T
}

// Tabular is a Table of rows of any type. Its methods return the first error of
// the writer.
type Tabular interface {
	Text(w io.Writer) error
	Markdown(w io.Writer) error
	CSV(w io.Writer) error
}

// Without returns a copy of the table without the named columns. It shares the
// rows.
func (t Table[T]) Without(names ...string) Table[T] {
	t.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c Column[T]) bool {
		return slices.Contains(names, c.Name)
	})
	return t
}

// Text writes aligned columns under their titles, two spaces apart, without spaces
// at the end of lines. Widths are those of a terminal's cells. Where w is narrower than
// the table, the least important columns are left out, and then long texts are cut.
func (t Table[T]) Text(w io.Writer) error {
	columns := t.titled()
	lines := t.lines(columns)
	stay, widths := fit(lines, func(i int) bool { return !columns[i].Right && rank(columns[i].Title) < 0 }, columnsOf(w))
	for _, line := range lines {
		cells := make([]string, len(stay))
		for k, i := range stay {
			cells[k] = pad(line[i], widths[i], columns[i].Right)
		}
		text := strings.TrimRight(strings.Join(cells, strings.Repeat(" ", gap)), " ")
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}

// pad adds spaces up to width cells, or cuts what is longer.
func pad(text string, width int, right bool) string {
	text = ansi.Truncate(text, width, "…")
	space := strings.Repeat(" ", width-ansi.StringWidth(text))
	if right {
		return space + text
	}
	return text + space
}

// markdownCell escapes what would end a cell.
var markdownCell = strings.NewReplacer("|", `\|`)

// Markdown writes a table in GitHub Flavored Markdown,
// https://github.github.com/gfm/#tables-extension-.
func (t Table[T]) Markdown(w io.Writer) error {
	columns := t.titled()
	lines := t.lines(columns)
	for _, line := range lines {
		for i, text := range line {
			line[i] = markdownCell.Replace(strings.TrimSpace(text))
		}
	}
	for _, line := range slices.Insert(lines, 1, rule(columns)) {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(line, " | ")); err != nil {
			return err
		}
	}
	return nil
}

// rule returns the delimiter row below the titles, which sets the alignment.
func rule[T any](columns []Column[T]) []string {
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = "---"
		if c.Right {
			line[i] = "---:"
		}
	}
	return line
}

// CSV writes the raw values under the columns' names, as RFC 4180 has it but with
// lines that end in a line feed. Control characters in values are escaped.
func (t Table[T]) CSV(w io.Writer) error {
	columns := slices.DeleteFunc(slices.Clone(t.Columns), func(c Column[T]) bool { return c.Name == "" })
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = c.Name
	}
	out := csv.NewWriter(w)
	out.Write(record) // the writer keeps its first error
	for _, row := range t.Rows {
		for i, c := range columns {
			record[i] = profile.Printable(c.Cell(row).Raw)
		}
		out.Write(record)
	}
	out.Flush()
	return out.Error()
}

// titled returns the columns of text and Markdown.
func (t Table[T]) titled() []Column[T] {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c Column[T]) bool { return c.Title == "" })
}

// lines returns the titles, then each row, as text for people.
func (t Table[T]) lines(columns []Column[T]) [][]string {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.Title
	}
	lines := [][]string{titles}
	for _, row := range t.Rows {
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = profile.Printable(c.Cell(row).Text)
		}
		lines = append(lines, line)
	}
	return lines
}
