package report

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// page gathers the text of a report before it is printed.
type page struct {
	bytes.Buffer
	columns int // cells of the terminal; 0 where any width will do
}

// columnsOf is the width that a table may take of w, 0 for any.
func columnsOf(w io.Writer) int {
	if p, ok := w.(*page); ok {
		return p.columns
	}
	return 0
}

// text is what was gathered, with lines that are too long broken between words.
func (p *page) text() string {
	if p.columns == 0 {
		return p.String()
	}
	lines := strings.Split(p.String(), "\n")
	for i, line := range lines {
		if ansi.StringWidth(line) > p.columns {
			lines[i] = ansi.Wordwrap(line, p.columns, "")
		}
	}
	return strings.Join(lines, "\n")
}

// leaving are the titles of columns in the order in which they leave tables that are
// wider than the terminal: how it was measured before what was measured, what can be
// worked out from others before those. Columns that aren't listed stay.
var leaving = []string{
	"version", "passes", "processor", "kernels", "memory", "threads", "stride", "field", "kernel", "p",
	"FLOP/byte", "bytes", "GB/s", "cpu", "of roof", "bound", "of limit", "sum off by", "cosine", "branch/skip",
	"geometry", "GFLOP/s", "kind", "activations", "params", "MACs", "FLOPs", "q", "±", "p95", "output", "mode", "settings",
	"seeds", "steps", "epochs", "weights", bars, "grad out", "by skip", "by branch", "std", "mean", "of A",
}

const (
	bars     = "" // stands for columns without a title
	gap      = 2  // cells between columns
	shortest = 12 // cells, to which a column is cut before it is left as it is
)

// rank is the place of a column among those that leave, or -1.
func rank(title string) int {
	title = strings.TrimPrefix(strings.TrimPrefix(title, "a: "), "b: ")
	return slices.Index(leaving, strings.TrimSpace(title))
}

// fit is how the columns of a table fit a width: which of them stay, by index, and how
// many cells each has. lines are titles and rows, before padding; cut tells which
// columns may be cut. The first column always stays. room is 0 for any width.
func fit(lines [][]string, cut func(column int) bool, room int) (stay, widths []int) {
	widths = make([]int, len(lines[0]))
	for i := range widths {
		stay = append(stay, i)
		for _, line := range lines {
			widths[i] = max(widths[i], ansi.StringWidth(line[i]))
		}
	}
	over := func() int {
		total := gap * (len(stay) - 1)
		for _, i := range stay {
			total += widths[i]
		}
		return total - room
	}
	for order := 0; room > 0 && over() > 0 && order < len(leaving); order++ {
		stay = slices.DeleteFunc(stay, func(i int) bool { return i > 0 && rank(lines[0][i]) == order })
	}
	for room > 0 && over() > 0 {
		i := widest(stay, widths, cut)
		if i < 0 {
			break
		}
		widths[i] = max(shortest, widths[i]-over())
	}
	return stay, widths
}

// widest is the widest column that can be cut, or -1.
func widest(stay, widths []int, cut func(column int) bool) int {
	at := -1
	for _, i := range stay {
		if cut(i) && widths[i] > shortest && (at < 0 || widths[i] > widths[at]) {
			at = i
		}
	}
	return at
}
