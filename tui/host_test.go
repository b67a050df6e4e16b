package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// TestProgramsShareTheirHost: each of the programs says when the terminal is
// too small, shows its keys and closes them again, and quits.
func TestProgramsShareTheirHost(t *testing.T) {
	for name, program := range map[string]tea.Model{
		"screen": screen(t, "cifar_resnet20", 80, 24),
		"diff":   newDiffScreen(&DiffOptions{Diff: someDiff()}),
		"watch":  newWatch(&WatchOptions{Title: "history.jsonl"}),
	} {
		key := func(k rune) tea.Cmd {
			_, cmd := program.Update(tea.KeyPressMsg{Code: k, Text: string(k)})
			return cmd
		}
		text := func() string { return ansi.Strip(program.View().Content) }
		program.Update(tea.WindowSizeMsg{Width: 19, Height: 30})
		if s := text(); !strings.Contains(s, "needs 20×5 cells") {
			t.Errorf("%s on 19 columns:\n%s", name, s)
		}
		program.Update(tea.WindowSizeMsg{Width: 80, Height: 30})
		before := text()
		key('?')
		if s := text(); !strings.Contains(s, "─ keys ") || !strings.Contains(s, "suspend") {
			t.Errorf("%s: no help:\n%s", name, s)
		}
		if cmd := key('q'); cmd != nil {
			if _, quits := cmd().(tea.QuitMsg); quits {
				t.Errorf("%s: q quits while it should close the help", name)
			}
		}
		if s := text(); s != before {
			t.Errorf("%s: q does not close the help:\n%s", name, s)
		}
		if cmd := key('q'); cmd == nil {
			t.Errorf("%s: q does nothing", name)
		} else if _, quits := cmd().(tea.QuitMsg); !quits {
			t.Errorf("%s: q does not quit", name)
		}
	}
}

// TestOnlyAutomaticThemesAskTheTerminal: a theme that is named needs no answer.
func TestOnlyAutomaticThemesAskTheTerminal(t *testing.T) {
	for theme, asks := range map[Theme]bool{
		"": true, ThemeAuto: true, ThemeDark: false, ThemeLight: false, ThemeNone: false,
	} {
		h := newHost(theme, false)
		if got := h.start() != nil; got != asks {
			t.Errorf("theme %q asks for the background: %v", theme, got)
		}
	}
}
