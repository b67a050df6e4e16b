package tui

import (
	"strings"
	"testing"
)

// tabLine is the line of tabs.
func tabLine(m *Model) string { return strings.Split(plain(m), "\n")[1] }

// TestTabsKeepTheirNumbers: a view has the same number in every net and recording.
func TestTabsKeepTheirNumbers(t *testing.T) {
	titles := []string{"Layers", "Timeline", "Gradients", "Roofline", "Memory", "Weights", "See", "Similarity", "Findings", "Compare", "Device", "Training"}
	for _, arch := range []string{"resnet18", "vgg19_bn", "cifar_plain20"} {
		for _, open := range []func(*testing.T, string, int, int) *Model{working, recording} {
			m := open(t, arch, 180, 24)
			for i, title := range titles {
				k := tabKeys[i : i+1]
				press(m, "1", k)
				if v := titled(m, title); v.missing() == "" && m.view != v {
					t.Errorf("%s: %s shows %s, not %s", arch, k, m.view.title(), title)
				} else if v.missing() != "" && (m.view != m.layers || !strings.HasPrefix(m.notice, title+": ")) {
					t.Errorf("%s: %s shows %s and says %q", arch, k, m.view.title(), m.notice)
				}
			}
			if s := tabLine(m); !strings.Contains(s, tabOf(m, "Device")) || !strings.Contains(s, tabOf(m, "Compare")) {
				t.Errorf("%s: tabs %q", arch, s)
			}
		}
	}
	m := working(t, "resnet18", 180, 24)
	m.opts.Training = func() (*Training, error) { return nil, nil }
	if s := tabLine(m); !strings.Contains(s, tabOf(m, "Device")+"   "+tabOf(m, "Training")) {
		t.Errorf("with training: tabs %q", s)
	}
}

// TestTabsScrollIntoSight: on a narrow screen the shown view's tab is there, whole, with
// marks where there are others; a click on a mark goes to the next of them.
func TestTabsScrollIntoSight(t *testing.T) {
	m := working(t, "resnet18", 40, 12)
	for _, c := range []struct{ key, want string }{
		{"1", "1 Layers 2 Timeline 3 Gradients ›"},
		{"3", "1 Layers 2 Timeline 3 Gradients ›"},
		{"4", "‹ 2 Timeline 3 Gradients 4 Roofline ›"},
		{"5", "‹ 3 Gradients 4 Roofline 5 Memory ›"},
	} {
		if press(m, c.key); tabLine(m) != c.want {
			t.Errorf("%s: %q, want %q", c.key, tabLine(m), c.want)
		}
	}
	press(m, "Device") // the last one
	if s := tabLine(m); !strings.HasPrefix(s, "‹ ") || !strings.HasSuffix(s, " "+tabOf(m, "Device")) {
		t.Errorf("at the end: %q", s)
	}
	press(m, "5")
	click(m, 0, 1)
	if m.view.title() != "Timeline" {
		t.Errorf("a click on ‹ shows %s", m.view.title())
	}
	click(m, strings.Index(tabLine(m), "›"), 1)
	if m.view.title() != "Roofline" {
		t.Errorf("a click on › shows %s", m.view.title())
	}
}

// TestTabsAnswerClicks: wherever one clicks on a tab, its view is shown, or why it can't
// be.
func TestTabsAnswerClicks(t *testing.T) {
	for _, w := range []int{40, 60, 80, 120} {
		m := working(t, "vgg19_bn", w, 24)
		for _, tab := range m.tabs() {
			m.show(m.layers)
			for _, now := range m.tabs() {
				if now.view == tab.view {
					click(m, now.x, 1)
				}
			}
			if m.view != tab.view && !strings.Contains(m.notice, tab.view.title()) {
				t.Errorf("%d columns: a click on %q shows %s", w, tab.text, m.view.title())
			}
		}
	}
}
