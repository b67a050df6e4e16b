package tui

import (
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

var sgr = regexp.MustCompile(`\x1b\[([0-9;:]*)m`)

// TestColoursFollowTheTerminal holds that a terminal gets no colour that it
// does not know, and that the text is the same on all of them.
func TestColoursFollowTheTerminal(t *testing.T) {
	m := screen(t, "resnet101", 120, 24)
	run(t, m, true, 5)
	text := plain(m)
	for _, c := range []struct {
		profile colorprofile.Profile
		allowed string
	}{
		{colorprofile.NoTTY, `^[1247;]*$`},
		{colorprofile.ASCII, `^[1247;]*$`},
		{colorprofile.ANSI, `^(|[1247]|[349][0-7]|10[0-7]|;)*$`},
		{colorprofile.ANSI256, `^(|[1247]|[34]8;5;\d+|[34][0-7]|;)*$`},
		{colorprofile.TrueColor, `^(|[1247]|[34]8;2;\d+;\d+;\d+|[34][0-7]|;)*$`},
	} {
		allowed := regexp.MustCompile(c.allowed)
		for _, v := range m.views {
			m.view, m.profile = v, c.profile
			m.restyle()
			m.stale = true
			content := m.View().Content
			for _, seq := range sgr.FindAllStringSubmatch(content, -1) {
				if !allowed.MatchString(seq[1]) {
					t.Errorf("%v, %v: sequence %q", c.profile, v.title(), seq[1])
				}
			}
			if v == m.layers && !strings.HasPrefix(text, strings.SplitN(ansi.Strip(content), "\n", 2)[0]) {
				t.Errorf("%v: another text", c.profile)
			}
		}
	}
}

func TestThemes(t *testing.T) {
	for _, name := range append(Themes(), "") {
		if _, err := ParseTheme(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := ParseTheme("mauve"); err == nil || !strings.Contains(err.Error(), "mauve") {
		t.Errorf("a theme that does not exist: %v", err)
	}
	dark, light := NewStyles(ThemeDark, colorprofile.TrueColor, false), NewStyles(ThemeLight, colorprofile.TrueColor, true)
	if dark.sequence(skipLook, false) == light.sequence(skipLook, false) {
		t.Error("dark and light have the same colour for the skip")
	}
	if NewStyles(ThemeNone, colorprofile.TrueColor, true).Color {
		t.Error("the theme without colours has some")
	}
}

func TestCanvasClipsAndCleans(t *testing.T) {
	var c canvas
	c.reset(8, 1)
	c.text(0, 0, 8, "a\x1b[31mb\n", plainText)
	if got := c.encode(NewStyles(ThemeNone, colorprofile.ASCII, true)); got != "a[31mb" {
		t.Errorf("control characters come through: %q", got)
	}
	c.reset(8, 1)
	if end := c.text(0, 0, 5, "犬犬犬", plainText); end != 5 {
		t.Errorf("wide text ends at %d", end)
	}
	if got := c.encode(NewStyles(ThemeNone, colorprofile.ASCII, true)); got != "犬犬…" {
		t.Errorf("wide text is %q", got)
	}
	c.reset(3, 1)
	c.text(-2, 5, 3, "out", plainText)
	c.bar(0, 0, 3, 2, bar0)
	if got := ansi.Strip(c.encode(NewStyles(ThemeDark, colorprofile.TrueColor, true))); got != "███" {
		t.Errorf("a bar over its width is %q", got)
	}
}

func TestBarRoundsToEighths(t *testing.T) {
	for _, c := range []struct {
		part float64
		want string
	}{{0, ""}, {1, "████"}, {0.5, "██"}, {1. / 32, "▏"}, {0.25 + 3./32, "█▍"}, {0.001, ""}} {
		var k canvas
		k.reset(4, 1)
		k.bar(0, 0, 4, c.part, plainText)
		if got := k.encode(NewStyles(ThemeNone, colorprofile.ASCII, true)); got != c.want {
			t.Errorf("%v of four cells is %q, want %q", c.part, got, c.want)
		}
	}
}
