package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"resnet-tui/profile"
)

// fact is a line of text below a table: a name and a text. A fact without a name
// continues the one above.
type fact struct{ name, text string }

// facts is a list of facts, printed with their texts aligned.
type facts []fact

func (f *facts) add(name, text string) { *f = append(*f, fact{name, text}) }

func (f *facts) addf(name, format string, args ...any) { f.add(name, fmt.Sprintf(format, args...)) }

// write writes one line per fact, or several where w is narrow. Names must be ASCII: their bytes are
// counted as cells.
func (f facts) write(w io.Writer) error {
	widest := 0
	for _, x := range f {
		widest = max(widest, len(x.name))
	}
	for _, x := range f {
		text := profile.Printable(x.text)
		if room := columnsOf(w) - widest - gap; room >= shortest && ansi.StringWidth(text) > room {
			text = strings.ReplaceAll(ansi.Wordwrap(text, room, ""), "\n", "\n"+strings.Repeat(" ", widest+gap))
		}
		if _, err := fmt.Fprintf(w, "%-*s  %s\n", widest, x.name, text); err != nil {
			return err
		}
	}
	return nil
}
