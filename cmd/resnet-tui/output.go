package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

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

	endings []string    // the formats that the file's ending decides on; nil: any ending will do
	given   func() bool // whether the user chose a format
	stdout  io.Writer
}

// add adds the flags to a command whose report is text.
func (o *outputFlags) add(p *program, cmd *cobra.Command) {
	o.addFormats(p, cmd, report.Formats, "file to write to; - is stdout")
}

// addInspect adds the flags to a command whose report is of what a net holds. Files of it
// have endings that say their format: .json, and those of more, report.NPY and report.PNG.
func (o *outputFlags) addInspect(p *program, cmd *cobra.Command, more ...string) {
	o.endings = append([]string{"json"}, more...)
	o.addFormats(p, cmd, slices.Concat(report.Formats, more),
		"file to write to, whose ending says its format: "+o.listEndings()+"; - is stdout")
}

func (o *outputFlags) addFormats(p *program, cmd *cobra.Command, formats []string, file string) {
	o.format, o.stdout = "text", p.out
	o.given = func() bool { return given(cmd, "format") }
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.Var(&choice{&o.format, formats}, "format", "report format: "+orList(formats))
		fs.StringVarP(&o.file, "output", "o", "-", file)
		wholeFlag(fs, &o.columns, "columns", 20, 10_000,
			"width that text is fitted to (default the terminal's; all columns where there is none)")
	})
	complete(cmd, "format", formats...)
	p.addGraphics(cmd)
}

// check reports a file that can't be written, before any work is done for it.
func (o *outputFlags) check() error {
	if o.file == "-" {
		return o.checkStdout()
	}
	if err := checkTarget("output", o.file); err != nil || o.endings == nil {
		return err
	}
	return o.byEnding()
}

// checkStdout refuses to write bytes to a terminal.
func (o *outputFlags) checkStdout() error {
	f, ok := o.stdout.(*os.File)
	if (o.format == report.NPY || o.format == report.PNG) && ok && term.IsTerminal(int(f.Fd())) {
		return usage("--format %s writes bytes, which a terminal can't show: name a file by --output", o.format)
	}
	return nil
}

// byEnding sets the format by the file's ending. Text, CSV and Markdown are for those who
// ask for them.
func (o *outputFlags) byEnding() error {
	ending := strings.TrimPrefix(strings.ToLower(filepath.Ext(o.file)), ".")
	switch chosen := o.given(); {
	case chosen && (ending == o.format || ending == "txt" && o.format == "text"):
		return nil
	case !slices.Contains(o.endings, ending):
		return usage("--output %s: the ending must be %s (with --format text, csv or md .txt, .csv or .md)",
			o.file, o.listEndings())
	case chosen:
		return usage("--output %s: that ending does not go with --format %s", o.file, o.format)
	}
	o.format = ending
	return nil
}

// listEndings are the endings for help and errors.
func (o *outputFlags) listEndings() string { return "." + strings.Join(o.endings, ", .") }

// orList is "a, b or c".
func orList(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
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
