package tui

import (
	"strings"
	"testing"
)

func typed(m *Model, text string) { press(m, strings.Split(text, "")...) }

// TestFilterCountsMatches: the count is of rows that match, not of those around them, and
// of all rows, however they are folded.
func TestFilterCountsMatches(t *testing.T) {
	m := screen(t, "resnet18", 120, 40)
	typed(m, "/conv2")
	if want := " /conv2  8 of 43 rows"; !strings.HasSuffix(tabLine(m), want) || len(m.list.rows) <= 8 {
		t.Errorf("%d rows, tabs %q, want %q", len(m.list.rows), tabLine(m), want)
	}
	press(m, "enter", "C")
	if m.list.matched != 8 {
		t.Errorf("%d match after folding", m.list.matched)
	}
	press(m, "o")
	if want := "/conv2  8 of 25 rows"; !strings.Contains(tabLine(m), want) || len(m.list.rows) != 8 {
		t.Errorf("ordered: %d rows, tabs %q, want %q", len(m.list.rows), tabLine(m), want)
	}
}

// TestNextMatch goes through the matches, round the end, into what is folded, and back.
func TestNextMatch(t *testing.T) {
	m := screen(t, "resnet18", 120, 40)
	typed(m, "/downsample")
	press(m, "enter", "esc", "C") // the filter is gone: n has nothing to go to
	if press(m, "n"); !strings.Contains(m.notice, "no filter") {
		t.Errorf("notice %q", m.notice)
	}
	typed(m, "/downsample")
	press(m, "enter", "g")
	seen := ""
	for range 4 {
		press(m, "n")
		seen += m.list.selected().Path + " "
	}
	const want = "layer2.0.downsample.0 layer3.0.downsample.0 layer4.0.downsample.0 layer2.0.downsample.0 "
	if seen != want {
		t.Errorf("n goes to %q, want %q", seen, want)
	}
	press(m, "N", "N")
	if p := m.list.selected().Path; p != "layer3.0.downsample.0" {
		t.Errorf("N goes back to %q", p)
	}
	// What matches and is folded away inside of something that matches is unfolded.
	m = screen(t, "resnet18", 120, 40)
	press(m, "C")
	typed(m, "/layer3.1")
	press(m, "enter", "g", "n", "n", "n")
	if p := m.list.selected().Path; p != "layer3.1.conv2" {
		t.Errorf("n does not go into a folded row: %q", p)
	}
}

// TestFilterStartsWithTheLast: a second / goes on with the filter that is there; after
// esc it starts anew, and ↑ brings the last one back.
func TestFilterStartsWithTheLast(t *testing.T) {
	m := screen(t, "resnet18", 120, 40)
	typed(m, "/conv")
	press(m, "enter", "/", "2", "enter")
	if got := strings.Join(m.list.terms, " "); got != "conv2" {
		t.Errorf("filter %q, want conv2", got)
	}
	press(m, "/", "esc")
	if len(m.list.terms) != 0 || m.typing {
		t.Errorf("esc leaves %v", m.list.terms)
	}
	press(m, "/", "up", "enter")
	if got := strings.Join(m.list.terms, " "); got != "conv2" {
		t.Errorf("↑ brings back %q, want conv2", got)
	}
}

// TestMatchesShine: what the filter found is highlighted in the names of rows that match,
// and nowhere else; a row found by its path is highlighted as a whole.
func TestMatchesShine(t *testing.T) {
	m := screen(t, "resnet18", 120, 40)
	typed(m, "/conv2")
	var c canvas
	c.reset(m.w, m.h)
	m.refresh()
	m.draw(&c)
	for i, n := range m.list.visible() {
		y := m.layout.body.y + 1 + i
		text := ""
		for x := range m.layers.columns[0].w {
			if p := c.cells[y*c.w+x]; p.look == matchLook {
				text += string(p.r)
			}
		}
		want := ""
		if n.matches(m.list.terms) {
			want = "conv2"
		}
		if text != want {
			t.Errorf("%s: %q is highlighted, want %q", n.Label, text, want)
		}
	}
	press(m, "esc")
	typed(m, "/layer4.0")
	c.reset(m.w, m.h)
	m.refresh()
	m.draw(&c)
	const block = 2 // below the net and the stage
	if p := c.cells[(m.layout.body.y+1+block)*c.w+nameColumn+2]; p.look != matchLook || p.r != '0' {
		t.Errorf("block 0, found by its path, is drawn as %+v in\n%s", p, plain(m))
	}
}
