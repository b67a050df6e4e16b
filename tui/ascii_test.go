package tui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
)

// TestScreenInASCII: a screen for a terminal that has nothing else is the same picture,
// cell by cell, in ASCII.
func TestScreenInASCII(t *testing.T) {
	m := screen(t, "resnet50", 120, 30)
	run(t, m, true, 5)
	for _, v := range m.views {
		m.view = v
		var pictures [2]string
		for i, ascii := range []bool{false, true} {
			m.ascii, m.stale = ascii, true
			pictures[i] = plain(m)
		}
		if i := strings.IndexFunc(pictures[1], func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
			t.Errorf("%s has %q", v.title(), pictures[1][i:min(i+8, len(pictures[1]))])
		}
		whole, lines := strings.Split(pictures[0], "\n"), strings.Split(pictures[1], "\n")
		if len(whole) != len(lines) {
			t.Fatalf("%s has %d lines of %d", v.title(), len(lines), len(whole))
		}
		for y := range lines {
			if width(strings.TrimRight(lines[y], " ")) > width(whole[y]) {
				t.Errorf("%s: line %d is wider:\n%s\n%s", v.title(), y, lines[y], whole[y])
			}
		}
	}
}

func TestWideRunesInASCII(t *testing.T) {
	c := canvas{ascii: true}
	c.reset(8, 1)
	c.text(0, 0, 8, "犬é│", plainText)
	if got := c.encode(NewStyles(ThemeNone, colorprofile.ASCII, true)); got != "???|" {
		t.Errorf("it is %q", got)
	}
}
