package tui

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"resnet-tui/internal/app/live"
)

// helpOf is the help of the shown view.
func helpOf(m *Model) *helpDialog { return newHelp(&m.host, m.view.title(), m.helpActions()) }

// working is a screen of a net whose engine has run, with gradients.
func working(t *testing.T, arch string, w, h int) *Model {
	m := screen(t, arch, w, h)
	run(t, m, true, 3)
	m.state.Desired = live.Settings{Batch: 2, Running: true, Fused: true}
	m.desired = m.state.Desired
	if len(m.about.Model.Blocks()) > 0 {
		went(t, m, "")
	}
	m.refresh()
	return m
}

// recording is a screen of a recorded profile.
func recording(t *testing.T, arch string, w, h int) *Model {
	m := working(t, arch, w, h)
	m.about.Recorded = true
	m.state.Phase, m.desired.Running = live.Paused, false
	m.refresh()
	return m
}

// TestKeysAreOwn holds for every view that no key has two meanings, and that its help
// shows each of them.
func TestKeysAreOwn(t *testing.T) {
	m := working(t, "resnet18", 80, 24)
	for _, v := range m.available() {
		m.view = v
		shown := map[string]string{}
		for _, g := range helpOf(m).groups {
			for _, b := range g.keys {
				if shown[b.Help().Key] != "" {
					t.Errorf("%s: the help has %q twice", v.title(), b.Help().Key)
				}
				shown[b.Help().Key] = b.Help().Desc
			}
		}
		if len(shown) < 24 {
			t.Errorf("%s: the help has only %d keys", v.title(), len(shown))
		}
		meant := map[string]string{}
		for _, a := range m.helpActions() {
			if h := a.key.Help(); shown[h.Key] != h.Desc {
				t.Errorf("%s: %q is in the help as %q, not %q", v.title(), h.Key, shown[h.Key], h.Desc)
			}
			for _, name := range a.key.Keys() {
				if meant[name] != "" {
					t.Errorf("%s: %q means %q and %q", v.title(), name, meant[name], a.key.Help().Desc)
				}
				meant[name] = a.key.Help().Desc
			}
		}
	}
}

// pressed is a key's message by its name in a binding.
func pressed(name string) tea.KeyPressMsg {
	special := map[string]rune{
		"enter": tea.KeyEnter, "tab": tea.KeyTab, "esc": tea.KeyEscape, "space": tea.KeySpace, "up": tea.KeyUp,
		"down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
		"home": tea.KeyHome, "end": tea.KeyEnd,
	}
	var mod tea.KeyMod
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		name, mod = rest, tea.ModCtrl
	}
	if rest, ok := strings.CutPrefix(name, "shift+"); ok {
		name, mod = rest, tea.ModShift
	}
	if c, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: c, Mod: mod}
	}
	msg := tea.KeyPressMsg{Code: []rune(name)[0], Mod: mod}
	if mod == 0 {
		msg.Text = name
	}
	return msg
}

// TestEveryKeyAnswers presses every key of every view in every other one, running and
// recorded: it does something that can be seen or asks the engine for something, or it
// says in a sentence why not. It never leads to a view that wasn't asked for.
func TestEveryKeyAnswers(t *testing.T) {
	for name, open := range map[string]func(*testing.T, string, int, int) *Model{
		"running": working, "recorded": recording,
	} {
		t.Run(name, func(t *testing.T) {
			for _, arch := range []string{"cifar_resnet8", "vgg11"} {
				keys := map[string]bool{}
				for _, v := range open(t, arch, 120, 24).views {
					for _, a := range v.actions() {
						for _, k := range a.key.Keys() {
							keys[k] = true
						}
					}
				}
				for _, a := range open(t, arch, 120, 24).screenActions() {
					for _, k := range a.key.Keys() {
						keys[k] = true
					}
				}
				for i := range open(t, arch, 120, 24).available() {
					for k := range keys {
						if k != "q" && k != "ctrl+c" && k != "ctrl+z" {
							answers(t, open(t, arch, 120, 24), i, k)
						}
					}
				}
			}
		})
	}
}

// answers presses a key in the i-th of the available views, from the third row.
func answers(t *testing.T, m *Model, i int, k string) {
	t.Helper()
	v := m.available()[i]
	m.show(v)
	m.list.moveTo(2)
	if g, ok := v.(*gradientsView); ok {
		m.refresh()
		g.moveTo(2)
	}
	before, asked := plain(m), len(m.engine.(*still).asked)
	m.Update(pressed(k))
	acts := plain(m) != before || len(m.engine.(*still).asked) > asked
	switch {
	case !acts && !moving[k] && k != tabKey(m.views, v):
		t.Errorf("%s in %s of %s says nothing", k, v.title(), m.about.Model.Name)
	case m.view != v && !regexp.MustCompile(`^([0-9DT]|(shift\+)?tab|enter)$`).MatchString(k):
		t.Errorf("%s in %s leads to %s", k, v.title(), m.view.title())
	}
	if m.about.Recorded && len(m.engine.(*still).asked) > asked {
		t.Errorf("%s in %s of a recording asks the engine for something", k, v.title())
	}
}

// moving are keys that do nothing at an end, as everywhere.
var moving = map[string]bool{
	"up": true, "down": true, "k": true, "j": true, "pgup": true, "pgdown": true, "home": true, "end": true,
	"g": true, "G": true, "ctrl+u": true, "ctrl+d": true,
}

// TestKeysOfOtherViewsSayWhere: a key that the shown view has no use for names the views
// that have one.
func TestKeysOfOtherViewsSayWhere(t *testing.T) {
	m := working(t, "resnet18", 120, 24)
	press(m, "+")
	if want := "+ (zoom in) works in 2 Timeline"; m.notice != want || viewOf[*timelineView](m).zoom > 1 {
		t.Errorf("+ in the tree: %q, want %q", m.notice, want)
	}
	press(m, "2", "o")
	if want := "o (sort by the next column) works in 1 Layers"; m.notice != want || m.list.ordered {
		t.Errorf("o in the timeline: %q, want %q", m.notice, want)
	}
	press(m, "/")
	if want := "/ (filter by path or kind) works in 1 Layers and " + tabOf(m, "Compare"); m.notice != want || m.typing {
		t.Errorf("/ in the timeline: %q, want %q", m.notice, want)
	}
	beside(t, m)
	press(m, "Compare", "/", "f", "c", "enter")
	if m.view.title() != "Compare" || m.list.matched != 1 {
		t.Errorf("/ in Compare leads to %s with %d matches", m.view.title(), m.list.matched)
	}
}

// TestReasons: what can't be done now is said, in the words of the moment.
func TestReasons(t *testing.T) {
	one := func(m *Model) { m.desired.Batch = 1 }
	same := func(*Model) {}
	for _, c := range []struct {
		arch   string
		open   func(*testing.T, string, int, int) *Model
		change func(*Model)
		keys   string
		want   string
	}{
		{"resnet18", working, one, "[", "the batch is one image already"},
		{"resnet18", working, same, "X", "no lesion to undo"},
		{"vgg19_bn", working, same, "p", "vgg19_bn has no twin"},
		{"vgg19_bn", working, same, "x", "vgg19_bn has no blocks"},
		{"vgg19_bn", working, same, "3", "Gradients: vgg19_bn has no blocks"},
		{"vgg19_bn", working, same, "Compare", "Compare: vgg19_bn has no twin"},
		{"resnet18", working, same, "Training", "Training: no training is shown"},
		{"resnet18", working, same, "g x", "a lesion needs a block"},
		{"resnet18", working, same, "n", "there is no filter"},
		{"resnet18", working, same, "%", "% has no meaning"},
		{"resnet18", recording, same, ":", ": has no meaning"},
		{"resnet18", working, same, "esc", "no filter and no order"},
		{"resnet18", working, same, "G enter", "nothing under this row"},
		{"resnet18", working, same, "o enter", "esc brings it back"},
		{"resnet18", working, same, "O", "o sorts them"},
		{"resnet18", working, same, "2 -", "the whole pass"},
		{"resnet18", recording, same, "space", "a recorded profile"},
		{"resnet18", recording, same, "b", "a recorded profile"},
		{"resnet18", recording, same, "x", "a recorded profile"},
		{"resnet18", recording, same, "3 L", "a recorded profile"},
		{"resnet18", recording, same, "Compare", "Compare: a recorded profile"},
	} {
		m := c.open(t, c.arch, 120, 24)
		c.change(m)
		press(m, strings.Fields(c.keys)...)
		if !strings.Contains(m.notice, c.want) || !strings.Contains(plain(m), c.want) {
			t.Errorf("%s, %q: notice %q, want %q", c.arch, c.keys, m.notice, c.want)
		}
	}
}

// TestHelpAndFooterListWhatWorks: the help of a recording has no keys of an engine, and
// no footer has a key that would only say why it does nothing.
func TestHelpAndFooterListWhatWorks(t *testing.T) {
	m := recording(t, "cifar_resnet20", 120, 50)
	for _, v := range m.available() {
		m.show(v)
		for _, g := range helpOf(m).groups {
			for _, b := range g.keys {
				if slices.Contains([]string{"space", "s", "[", "]", "f", "b", "p", "x", "X", "L"}, b.Help().Key) {
					t.Errorf("%s of a recording: the help has %q", v.title(), b.Help().Key)
				}
			}
		}
	}
	for _, open := range []func(*testing.T, string, int, int) *Model{working, recording} {
		for _, arch := range []string{"cifar_resnet20", "vgg19_bn"} {
			n := len(open(t, arch, 200, 30).available())
			for i := range n {
				for _, b := range footerOf(open(t, arch, 200, 30), i) {
					m := open(t, arch, 200, 30)
					m.show(m.available()[i])
					m.refresh()
					m.Update(pressed(b))
					if m.notice != "" {
						t.Errorf("%s, %s: the footer offers %s: %s", arch, m.view.title(), b, m.notice)
					}
				}
			}
		}
	}
}

// footerOf is the first key of each binding in a view's footer.
func footerOf(m *Model, i int) []string {
	m.show(m.available()[i])
	m.refresh()
	var keys []string
	for _, b := range m.working(m.keysNow()) {
		keys = append(keys, b.Keys()[0])
	}
	return keys
}
