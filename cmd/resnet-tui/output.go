package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
)

// outputFlags say how a report is printed, and where.
type outputFlags struct {
	format, file string
	columns      int // that text must fit; 0 is those of the terminal, if there is one
}

func (o *outputFlags) add(p *program, cmd *cobra.Command) {
	o.format = "text"
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.Var(&choice{&o.format, report.Formats}, "format", "report format: text, json, csv or md")
		fs.StringVarP(&o.file, "output", "o", "-", "file to write to; - is stdout")
		wholeFlag(fs, &o.columns, "columns", 20, 10_000,
			"width that text is fitted to (default the terminal's; all columns where there is none)")
	})
	complete(cmd, "format", report.Formats...)
	p.addGraphics(cmd)
}

// check reports a file that can't be written, before any work is done for it.
func (o *outputFlags) check() error {
	if o.file == "-" {
		return nil
	}
	return checkTarget("output", o.file)
}

// checkTarget reports a file that a flag names and that can't be written.
func checkTarget(flag, file string) error {
	if file == "" {
		return usage("--%s: the name is empty", flag)
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return usage("--%s %s: it is a folder", flag, file)
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return usage("--%s %s: there is no folder %s", flag, file, filepath.Dir(file))
	}
	return nil
}

// print writes the report to the file, or to stdout.
func (o *outputFlags) print(p *program, r report.Report) error {
	var text bytes.Buffer
	var to io.Writer = &text
	if o.format == "text" && p.ascii() {
		to = asciiWriter{to}
	}
	if err := report.WriteFit(to, r, o.format, o.room(p.out)); err != nil {
		return err
	}
	if o.file == "-" {
		_, err := p.out.Write(text.Bytes())
		return err
	}
	return app.WriteFile(o.file, text.Bytes())
}

// room is the width that text must fit, 0 for any: that of the terminal on stdout, unless
// the user says otherwise by flag or environment.
func (o *outputFlags) room(stdout io.Writer) int {
	f, ok := stdout.(*os.File)
	if o.columns > 0 || o.file != "-" || !ok || !term.IsTerminal(int(f.Fd())) {
		return o.columns
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return max(n, 20)
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil || n <= 0 {
		return 0
	}
	return max(n, 20)
}
