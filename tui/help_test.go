package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"
)

func TestHelp(t *testing.T) {
	for _, size := range [][2]int{{120, 30}, {80, 24}, {60, 20}, {40, 12}, {20, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := working(t, "resnet18", size[0], size[1])
			press(m, "2", "?")
			golden.RequireEqual(t, plain(m))
		})
	}
}

// TestHelpScrollsToItsEnd: at every size each key of the help can be brought into sight,
// by keys and by the wheel, and nothing is drawn into the border.
func TestHelpScrollsToItsEnd(t *testing.T) {
	for _, size := range [][2]int{{120, 30}, {80, 24}, {60, 20}, {40, 12}, {20, 5}} {
		for name, down := range map[string]func(m *Model){
			"j":     func(m *Model) { press(m, "j") },
			"wheel": func(m *Model) { m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown}) },
		} {
			m := working(t, "resnet18", size[0], size[1])
			press(m, "?")
			help := m.dialog.(*helpDialog)
			left := map[string]bool{}
			for _, g := range help.groups {
				left[g.title] = true
				for _, b := range g.keys {
					left[b.Help().Key] = true
				}
			}
			for range 60 {
				lines := strings.Split(plain(m), "\n")
				box := help.plan(m.w, m.h).box
				for _, line := range lines[box.y+1 : box.y+box.h-1] {
					for k := range left {
						if strings.Contains(line, k) {
							delete(left, k)
						}
					}
				}
				if last := lines[box.y+box.h-1]; !strings.Contains(last, "╰") || !strings.Contains(last, "─╯") {
					t.Fatalf("%v: the lower border is %q", size, last)
				}
				down(m)
			}
			if len(left) > 0 {
				t.Errorf("%v, %s: never in sight: %v\n%s", size, name, left, plain(m))
			}
			if m.w >= 40 && !strings.Contains(plain(m), "the end") && help.top > 0 {
				t.Errorf("%v: nothing says that this is the end\n%s", size, plain(m))
			}
		}
	}
}

// TestHelpSaysHowMuchFollows: the border counts what is below, and the keys that close
// the help close nothing else.
func TestHelpSaysHowMuchFollows(t *testing.T) {
	m := working(t, "resnet18", 60, 20)
	press(m, "?")
	p := helpOf(m).plan(60, 20)
	below := p.lines - p.shown()
	if want := fmt.Sprintf(" %d more lines ↓ · esc closes ", below); below < 10 || !strings.Contains(plain(m), want) {
		t.Errorf("no %q in\n%s", want, plain(m))
	}
	press(m, "down", "down")
	if want := fmt.Sprintf(" %d more lines ", below-2); !strings.Contains(plain(m), want) {
		t.Errorf("no %q in\n%s", want, plain(m))
	}
	press(m, "b")
	if m.dialog == nil || len(m.engine.(*still).asked) > 0 {
		t.Error("a key that has no meaning in the help has one behind it")
	}
	for _, k := range []string{"?", "esc", "q"} {
		m.dialog = nil
		press(m, "?")
		if cmd := press(m, k); m.dialog != nil || cmd != nil {
			t.Errorf("%s does not close the help", k)
		}
	}
}

// TestHelpBelongsToItsView: the view's own keys come first, under its name, and keys of
// other views are not there.
func TestHelpBelongsToItsView(t *testing.T) {
	m := working(t, "resnet18", 120, 40)
	beside(t, m)
	for title, c := range map[string]struct{ has, lacks string }{
		"Layers":    {"E", "+"},
		"Timeline":  {"+", "E"},
		"Gradients": {"L", "/"},
		"Compare":   {"/", "o"},
		"Device":    {"enter", "L"},
	} {
		m.show(titled(m, title))
		keys := map[string]bool{}
		h := helpOf(m)
		for _, b := range h.groups[0].keys {
			keys[b.Help().Key] = true
		}
		if h.groups[0].title != title || !keys[c.has] || keys[c.lacks] {
			t.Errorf("%s: the help begins with %s: %v", title, h.groups[0].title, keys)
		}
	}
	press(m, "1", "?")
	if s := plain(m); !strings.Contains(s, "keys · Layers") || !strings.Contains(s, "1…") {
		t.Errorf("the help of the tree:\n%s", s)
	}
}
