package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyCommand is the whole command line, without what cobra adds.
func everyCommand() []*cobra.Command {
	root := newRoot(&program{console: newConsole(&bytes.Buffer{})})
	all := []*cobra.Command{root}
	for _, cmd := range root.Commands() {
		all = append(all, cmd)
		if cmd.Name() == "inspect" {
			all = append(all, cmd.Commands()...)
		}
	}
	return all
}

// Every flag that we define stands in a group that help lists, and in one only.
func TestFlagsHaveGroups(t *testing.T) {
	for _, cmd := range everyCommand() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			group := f.Annotations[groupKey]
			if f.Name != "help" && (len(group) != 1 || !slices.Contains(groups, group[0])) {
				t.Errorf("%s --%s is in the groups %q", cmd.Name(), f.Name, group)
			}
			if f.Value.Type() == "string" && valueWords[f.Name] == "" {
				t.Errorf("%s --%s has no word for its value", cmd.Name(), f.Name)
			}
		})
		listed := 0
		all := groupFlags(cmd)
		for i, g := range all {
			listed += len(g.flags)
			if i == 0 && len(g.flags) > mostUsedFlags {
				t.Errorf("%s lists %d flags as the most used", cmd.Name(), len(g.flags))
			}
		}
		defined := 0
		cmd.Flags().VisitAll(func(*pflag.Flag) { defined++ })
		if listed != defined {
			t.Errorf("%s lists %d of %d flags", cmd.Name(), listed, defined)
		}
	}
}

// Help begins with the flags that are used most, and has no line that is too long.
func TestHelpPage(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"help"}, {"run", "-h"}, {"help", "run"}, {"train", "--help"}, {"diff", "--help"}, {"completion", "--help"},
		{"inspect"}, {"inspect", "maps", "--help"}} {
		page := mustRun(t, args...)
		for line := range strings.Lines(page) {
			if width := len([]rune(strings.TrimRight(line, "\n"))); width > 120 || strings.HasSuffix(line, " \n") {
				t.Errorf("%v has a line of %d characters: %q", args, width, line)
			}
		}
		onAPage := []string{"diff --help", "completion --help", "inspect"}
		few := slices.Contains(onAPage, strings.Join(args, " "))
		_, flags, first := strings.Cut(page, "\n  MOST USED FLAGS\n\n")
		if _, rest, more := strings.Cut(flags, "\n\n  "); first == few || !few && (!more || !strings.Contains(rest, "--")) {
			t.Errorf("%v has the wrong groups:\n%s", args, page)
		}
	}
	if a, b := mustRun(t, "help", "run"), mustRun(t, "run", "--help"); a != b {
		t.Errorf("help run:\n%s\nrun --help:\n%s", a, b)
	}
	page := mustRun(t, "--help")
	depth, seed := strings.Index(page, "--depth N"), strings.Index(page, "--seed N")
	if depth < 0 || seed < depth || strings.Index(page, "\n  NET\n") > seed {
		t.Errorf("--depth at %d, --seed at %d in\n%s", depth, seed, page)
	}
	commands, topics, ok := strings.Cut(page, "\n  HELP TOPICS\n")
	if !ok || strings.Contains(commands, "\n    counting") || !strings.Contains(topics, "\n    counting") {
		t.Errorf("counting isn't a help topic:\n%s", page)
	}
	if code, out, errs := inProcess(t, "help", "wheels"); code != exitUsage || out != "" || !strings.Contains(errs, "wheels") {
		t.Errorf("help on nothing: exit %d, %q, %q", code, out, errs)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"one two", 7, []string{"one two"}},
		{"one two", 6, []string{"one", "two"}},
		{"×× ×× ××", 5, []string{"×× ××", "××"}},
		{"a longer-than-that b", 6, []string{"a", "longer-than-that", "b"}},
	} {
		if got := wrap(c.text, c.width); !slices.Equal(got, c.want) {
			t.Errorf("wrap(%q, %d) is %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
