// Picture draws the contents of a terminal as SVG. It reads the text and escape sequences of a
// screen from stdin and writes the drawing to stdout. Lines, bars and braille are drawn as
// shapes, so that they join in any font.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/vt"
)

func main() {
	columns := flag.Int("columns", 120, "width of the terminal")
	rows := flag.Int("rows", 30, "height of the terminal")
	flag.Parse()
	if err := draw(os.Stdin, os.Stdout, *columns, *rows); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// draw reads a screen of columns × rows cells and writes it as SVG.
func draw(r io.Reader, w io.Writer, columns, rows int) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	e := vt.NewEmulator(columns, rows)
	lines := strings.TrimRight(string(data), "\n")
	if _, err := e.WriteString(strings.ReplaceAll(lines, "\n", "\r\n")); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	p := picture{out, e, columns, rows}
	p.write()
	return out.Flush()
}
