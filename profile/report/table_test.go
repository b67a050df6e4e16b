package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
)

// someRow is a row of made-up tables.
type someRow struct {
	name string
	n    int
}

func someTable(rows ...someRow) Table[someRow] {
	return Table[someRow]{Rows: rows, Columns: []Column[someRow]{
		{"name", "name", left, func(r someRow) Cell { return plain(r.name) }},
		{"", "bar", left, func(r someRow) Cell { return Cell{Text: strings.Repeat("█", r.n)} }},
		{"n", "n", right, func(r someRow) Cell { return whole(r.n) }},
		{"raw", "", right, func(r someRow) Cell { return Cell{"never seen", "=" + r.name} }},
	}}
}

func printed(t *testing.T, print func(b *bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := print(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestTableText: columns are as wide as their widest cell, in cells of the terminal
// and not in bytes; numbers are aligned right; no line ends in spaces.
func TestTableText(t *testing.T) {
	table := someTable(someRow{"é", 3}, someRow{"層層層", 10})
	got := printed(t, func(b *bytes.Buffer) error { return table.Text(b) })
	want := "name    bar          n\n" +
		"é       ███          3\n" +
		"層層層  ██████████  10\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	last := Table[someRow]{Rows: []someRow{{"", 0}}, Columns: table.Columns[:1]}
	if got := printed(t, func(b *bytes.Buffer) error { return last.Text(b) }); got != "name\n\n" {
		t.Errorf("a row of empty cells: %q", got)
	}
}

// TestTableMarkdown: a pipe in a cell doesn't end the cell, a line break doesn't end
// the row, and a table without rows still has its titles.
func TestTableMarkdown(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"a|b", `| a\|b | █ | 1 |`},
		{"|", `| \| | █ | 1 |`},
		{"two\nlines", `| two\nlines | █ | 1 |`},
		{"\x1b[31m\u009b\u202e", `| \x1b[31m\u009b\u202e | █ | 1 |`},
		{"  indented", `| indented | █ | 1 |`},
		{"", `|  | █ | 1 |`},
		{"*_<b>`", "| *_<b>` | █ | 1 |"},
	} {
		got := printed(t, func(b *bytes.Buffer) error { return someTable(someRow{c.name, 1}).Markdown(b) })
		if want := "| name | bar | n |\n| --- | --- | ---: |\n" + c.want + "\n"; got != want {
			t.Errorf("%q: got\n%swant\n%s", c.name, got, want)
		}
	}
	empty := printed(t, func(b *bytes.Buffer) error { return someTable().Markdown(b) })
	if empty != "| name | bar | n |\n| --- | --- | ---: |\n" {
		t.Errorf("empty:\n%s", empty)
	}
}

// TestTableCSV: a program reads back what the cells hold, line breaks escaped, under the names of
// the columns that have one.
func TestTableCSV(t *testing.T) {
	names := []string{"a,b", `a "quote"`, "two\nlines", "", " space "}
	var rows []someRow
	for i, name := range names {
		rows = append(rows, someRow{name, i})
	}
	text := printed(t, func(b *bytes.Buffer) error { return someTable(rows...).CSV(b) })
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(records) != 1+len(rows) {
		t.Fatalf("%d records (%v) in\n%s", len(records), err, text)
	}
	if head := strings.Join(records[0], " "); head != "name n raw" {
		t.Errorf("header %q", head)
	}
	for i, r := range records[1:] {
		if r[0] != strings.ReplaceAll(names[i], "\n", `\n`) || r[1] != whole(i).Raw || r[2] != "="+r[0] {
			t.Errorf("record %d: %q", i, r)
		}
	}
}

func TestWithout(t *testing.T) {
	table := someTable(someRow{"a", 1})
	less := table.Without("n", "raw", "no such column")
	got := printed(t, func(b *bytes.Buffer) error { return less.CSV(b) })
	if got != "name\na\n" {
		t.Errorf("without n and raw: %q", got)
	}
	if len(table.Columns) != 4 {
		t.Errorf("the table itself has %d columns left", len(table.Columns))
	}
}

// brokenWriter fails after some bytes.
type brokenWriter struct{ left int }

var errBroken = errors.New("broken pipe")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// TestWriteErrors: every format of every report returns the writer's error, wherever
// it occurs.
func TestWriteErrors(t *testing.T) {
	for _, room := range []int{0, 40} {
		for _, format := range Formats {
			for _, r := range []Report{someChecks(), someDiff(), someHistory(), newRun(t, true), newProfile(t)} {
				if err := Write(&brokenWriter{room}, r, format); !errors.Is(err, errBroken) {
					t.Errorf("%T as %s after %d bytes: %v", r, format, room, err)
				}
			}
		}
	}
}
