package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// groupKey annotates a flag with its group in help.
const groupKey = "group"

// groups are the titles under which help lists flags, in that order.
var groups = []string{"net", "input", "limits", "training", "run", "output", "export", "screen"}

// mostUsed are the flags that people need most. Help lists the first ten of them
// that a command has before all others.
var mostUsed = []string{
	"depth", "arch", "weights", "data", "max-params", "max-macs", "max-memory", "max-ms", "baseline", "against", "with",
	"epochs", "save", "resume", "compare", "input", "size", "batch", "backward",
	"runs", "threads", "last", "format", "output", "lesion", "html",
}

const mostUsedFlags = 10

// section adds the flags that add defines to a group of the command's help.
func section(cmd *cobra.Command, group string, add func(fs *pflag.FlagSet)) {
	fs := pflag.NewFlagSet(group, pflag.ContinueOnError)
	fs.SortFlags = false
	add(fs)
	cmd.Flags().SortFlags = false
	fs.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{groupKey: {group}}
		cmd.Flags().AddFlag(f)
	})
}

// flagGroup is a title and the flags under it.
type flagGroup struct {
	title string
	flags []*pflag.Flag
}

// groupFlags sorts a command's flags: the most used, then the rest by group.
func groupFlags(cmd *cobra.Command) []flagGroup {
	first := flagGroup{"most used flags", mostUsedOf(cmd.Flags())}
	rest := map[string][]*pflag.Flag{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || slices.Contains(first.flags, f) {
			return
		}
		title := "other"
		if names := f.Annotations[groupKey]; len(names) > 0 {
			title = names[0]
		}
		rest[title] = append(rest[title], f)
	})
	all := []flagGroup{first}
	for _, title := range append(slices.Clone(groups), "other") {
		all = append(all, flagGroup{title, rest[title]})
	}
	return slices.DeleteFunc(all, func(g flagGroup) bool { return len(g.flags) == 0 })
}

// mostUsedOf are the flags that come before all others: none where all flags fit
// on a page anyway.
func mostUsedOf(fs *pflag.FlagSet) (first []*pflag.Flag) {
	all := 0
	fs.VisitAll(func(*pflag.Flag) { all++ })
	if all <= mostUsedFlags {
		return nil
	}
	for _, name := range mostUsed {
		if f := fs.Lookup(name); f != nil && len(first) < mostUsedFlags {
			first = append(first, f)
		}
	}
	return first
}

// printHelp is the help of a command.
func printHelp(cmd *cobra.Command, _ []string) {
	h := &helpPage{w: helpWriter(cmd.OutOrStdout()), width: helpWidth(cmd.OutOrStdout())}
	h.paragraph(capital(cmp.Or(cmd.Long, cmd.Short)))
	h.heading("usage")
	h.line(cmd.UseLine())
	if cmd.Example != "" {
		h.heading("examples")
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			h.line(line)
		}
	}
	h.commands("commands", cmd, func(c *cobra.Command) bool { return c.IsAvailableCommand() })
	for _, g := range groupFlags(cmd) {
		h.flags(g)
	}
	h.commands("help topics", cmd, (*cobra.Command).IsAdditionalHelpTopicCommand)
	fmt.Fprintln(h.w)
}

// helpWriter leaves escape sequences out where the terminal, or the user with NO_COLOR
// of any value, wants none. It goes by the environment: asking the terminal would take
// as long as that likes, and what is typed meanwhile.
func helpWriter(w io.Writer) io.Writer {
	out := colorprofile.NewWriter(w, os.Environ())
	if os.Getenv("NO_COLOR") != "" || out.Profile <= colorprofile.ASCII {
		out.Profile = colorprofile.NoTTY
	}
	if onlyASCII() {
		return asciiWriter{out}
	}
	return out
}

// capital is a text that begins with a capital letter, as a paragraph does.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// helpWidth is the width that help may take.
func helpWidth(w io.Writer) int {
	const most = 120
	f, ok := w.(*os.File)
	if !ok {
		return most
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 40 {
		return most
	}
	return min(width, most)
}

// helpPage writes a page of help.
type helpPage struct {
	w     io.Writer
	width int
}

const helpIndent = "    "

// paragraph writes a text. One that has lines of its own, as cobra's on loading a
// completion script, keeps them.
func (h *helpPage) paragraph(text string) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) == 1 {
		lines = wrap(text, h.width-2)
	}
	fmt.Fprintln(h.w)
	for _, line := range lines {
		fmt.Fprintln(h.w, "  "+strings.TrimPrefix(line, "#### "))
	}
}

func (h *helpPage) heading(title string) {
	const bold, plain = "\x1b[1m", "\x1b[m" // which h.w leaves out where they aren't wanted
	fmt.Fprintf(h.w, "\n  %s%s%s\n\n", bold, strings.ToUpper(title), plain)
}

func (h *helpPage) line(text string) { fmt.Fprintln(h.w, helpIndent+text) }

// commands lists the commands below cmd that are wanted.
func (h *helpPage) commands(title string, cmd *cobra.Command, wanted func(*cobra.Command) bool) {
	var names, texts []string
	for _, c := range cmd.Commands() {
		if wanted(c) {
			names, texts = append(names, c.Use), append(texts, c.Short)
		}
	}
	h.list(title, names, texts)
}

// flags lists a group of flags.
func (h *helpPage) flags(g flagGroup) {
	var names, texts []string
	for _, f := range g.flags {
		names, texts = append(names, flagUse(f)), append(texts, flagText(f))
	}
	h.list(g.title, names, texts)
}

// flagUse is a flag as it is written, with a word for its value.
func flagUse(f *pflag.Flag) string {
	name := "    --" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", --" + f.Name
	}
	switch word := f.Value.Type(); {
	case word == "bool":
		return name
	case valueWords[f.Name] != "":
		return name + " " + valueWords[f.Name]
	default:
		return name + " " + word
	}
}

// valueWords are words for the values of flags that take any text.
var valueWords = map[string]string{
	"arch": "NAME", "net": "NAME", "device": "NAME", "count": "NAME", "schedule": "NAME",
	"data": "SET", "test-data": "SET", "lesion": "BLOCK=WHAT", "with": "FLAGS",
	"weights": "FILE", "input": "FILE", "output": "FILE", "baseline": "FILE", "history": "FILE", "training": "FILE",
	"against": "PROGRAM", "max-time": "TIME", "at": "PATH", "class": "CLASS", "unit": "C,Y,X",
	"save": "FOLDER", "pprof": "FILE", "trace": "FILE", "speedscope": "FILE", "folded": "FILE", "html": "FILE",
	cpuProfileFlag: "FILE",
}

// flagText is what a flag does, with its default.
func flagText(f *pflag.Flag) string {
	if f.Name == "help" {
		return "show this help" // cobra's own words differ from command to command
	}
	d := f.DefValue
	if d == "" || d == "false" || d == "0" || d == "[]" || strings.Contains(f.Usage, "(default") {
		return f.Usage
	}
	return f.Usage + " (default " + d + ")"
}

// list writes names and what they mean in two columns.
func (h *helpPage) list(title string, names, texts []string) {
	if len(names) == 0 {
		return
	}
	h.heading(title)
	column := 0
	for _, n := range names {
		column = max(column, utf8.RuneCountInString(n)+2)
	}
	for i, n := range names {
		for _, line := range wrap(texts[i], max(h.width-len(helpIndent)-column, 20)) {
			fmt.Fprintf(h.w, "%s%-*s%s\n", helpIndent, column, n, line)
			n = ""
		}
	}
}

// wrap cuts a text into lines of at most width characters, between words.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// helpCommand is "help COMMAND" and "help TOPIC".
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command or topic]",
		Short: "show the help of a command or a topic",
		Args:  cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || cmd == nil || len(rest) > 0 {
				return usage("there is no help on %q", strings.Join(args, " "))
			}
			cmd.InitDefaultHelpFlag() // as "COMMAND --help" has it
			return cmd.Help()
		},
	}
}
