package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Column is one column of a table whose rows are of type T: what heads it, and
// what stands in it for a row.
type Column[T any] struct {
	Name  string // heads it in CSV, as the JSON names the field: "in_shape"; empty: not in CSV
	Title string // heads it for people; empty: only in CSV
	Right bool   // aligned right, as numbers are
	Cell  func(row T) Cell
}

// The alignments of a Column.
const (
	left  = false
	right = true
)

// Cell is one value: Text for people, Raw for programs.
type Cell struct{ Text, Raw string }

// Table is rows under columns, which it prints in three formats. Text and
// Markdown have the columns with a title, CSV those with a name.
type Table[T any] struct {
	Columns []Column[T]
	Rows    []T
}

// Tabular is a Table, whatever its rows are.
type Tabular interface {
	Text(w io.Writer) error
	Markdown(w io.Writer) error
	CSV(w io.Writer) error
}

// Without returns the table without the named columns.
func (t Table[T]) Without(names ...string) Table[T] {
	t.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c Column[T]) bool {
		return slices.Contains(names, c.Name)
	})
	return t
}

// Text writes aligned columns under their titles.
func (t Table[T]) Text(w io.Writer) error {
	columns := t.titled()
	lines := t.lines(columns)
	widths := make([]int, len(columns))
	for _, line := range lines {
		for i, text := range line {
			widths[i] = max(widths[i], ansi.StringWidth(text))
		}
	}
	for _, line := range lines {
		for i, text := range line {
			line[i] = pad(text, widths[i], columns[i].Right)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(line, "  "), " ")); err != nil {
			return err
		}
	}
	return nil
}

// pad fills text up to width cells.
func pad(text string, width int, right bool) string {
	space := strings.Repeat(" ", width-ansi.StringWidth(text))
	if right {
		return space + text
	}
	return text + space
}

// markdownCell keeps a text from ending its cell or its row.
var markdownCell = strings.NewReplacer("|", `\|`, "\n", " ")

// Markdown writes a table as GitHub's Markdown has it.
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

// rule is the line below the titles, which says how columns are aligned.
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

// CSV writes the raw values under the columns' names.
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
			record[i] = c.Cell(row).Raw
		}
		out.Write(record)
	}
	out.Flush()
	return out.Error()
}

// titled returns the columns that people see.
func (t Table[T]) titled() []Column[T] {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c Column[T]) bool { return c.Title == "" })
}

// lines returns the titles and each row as people see them.
func (t Table[T]) lines(columns []Column[T]) [][]string {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.Title
	}
	lines := [][]string{titles}
	for _, row := range t.Rows {
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = c.Cell(row).Text
		}
		lines = append(lines, line)
	}
	return lines
}
