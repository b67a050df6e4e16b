package tui

import (
	"strings"
	"testing"
)

// sketch draws a layout, one letter a cell of a pane, every fifth column and
// second line.
func sketch(l layout, w, h int) string {
	panes := []struct {
		letter string
		r      rect
	}{{"H", l.header}, {"T", l.tabs}, {"B", l.body}, {"D", l.detail}, {"3", l.third}, {"F", l.footer}}
	var b strings.Builder
	for y := range h {
		for x := 0; x < w; x += 5 {
			c := "."
			for _, p := range panes {
				if p.r.contains(x, y) {
					if c != "." {
						c = "!" // two panes at one cell
					} else {
						c = p.letter
					}
				}
			}
			b.WriteString(c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestArrange(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want string
	}{
		{20, 5, `
BBBB
BBBB
BBBB
BBBB
BBBB
`},
		{40, 8, `
HHHHHHHH
BBBBBBBB
BBBBBBBB
BBBBBBBB
BBBBBBBB
BBBBBBBB
BBBBBBBB
FFFFFFFF
`},
		{60, 10, `
HHHHHHHHHHHH
TTTTTTTTTTTT
BBBBBBBBBBBB
BBBBBBBBBBBB
BBBBBBBBBBBB
BBBBBBBBBBBB
BBBBBBBBBBBB
BBBBBBBBBBBB
BBBBBBBBBBBB
FFFFFFFFFFFF
`},
		{80, 20, `
HHHHHHHHHHHHHHHH
TTTTTTTTTTTTTTTT
` + strings.Repeat("BBBBBBBBBBBBBBBB\n", 11) + strings.Repeat("DDDDDDDDDDDDDDDD\n", 6) + `FFFFFFFFFFFFFFFF
`},
		{100, 20, `
HHHHHHHHHHHHHHHHHHHH
TTTTTTTTTTTTTTTTTTTT
` + strings.Repeat("BBBBBBBBBBBBBBBBDDDD\n", 17) + `FFFFFFFFFFFFFFFFFFFF
`},
		{200, 20, `
HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH
TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT
` + strings.Repeat("BBBBBBBBBBBBBBBBBBBBBBDDDDDD333333333333\n", 17) + `FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF
`},
	} {
		if got := sketch(arrange(c.w, c.h), c.w, c.h); got != c.want[1:] {
			t.Errorf("%d×%d:\n%swant\n%s", c.w, c.h, got, c.want[1:])
		}
	}
}

// TestArrangeCovers holds for every size that panes neither overlap nor leave
// a gap.
func TestArrangeCovers(t *testing.T) {
	for w := minWidth; w < 260; w += 3 {
		for h := minHeight; h < 70; h++ {
			if s := sketch(arrange(w, h), w, h); strings.ContainsAny(s, ".!") {
				t.Fatalf("%d×%d:\n%s", w, h, s)
			}
		}
	}
}

// TestColumnsLeaveByImportance holds that columns fit, that the time is always
// there, and that a wider table has all the columns of a narrower one.
func TestColumnsLeaveByImportance(t *testing.T) {
	for _, unit := range timeUnits {
		before := map[columnID]bool{}
		for w := minWidth; w < 260; w++ {
			in := map[columnID]bool{}
			end := 0
			for _, p := range layoutColumns(w, units{time: unit}, extras{}) {
				if p.x != end || p.w <= 0 {
					t.Fatalf("%d cells: column %q at %d, the one before ends at %d", w, columns[p.id].title, p.x, end)
				}
				end = p.x + p.w
				in[p.id] = true
			}
			if end > w || !in[colTime] {
				t.Fatalf("%d cells: the table takes %d, with time: %v", w, end, in[colTime])
			}
			for id := range before {
				if !in[id] {
					t.Errorf("%d cells: column %q is gone", w, columns[id].title)
				}
			}
			before = in
		}
	}
}

// TestEverySizeDraws draws every view at many sizes: nothing may break, and no
// line be longer than the terminal.
func TestEverySizeDraws(t *testing.T) {
	m := screen(t, "resnet18", 80, 24)
	run(t, m, true, 3)
	went(t, m, "")
	beside(t, m)
	m.state.Paths = somePaths(m.about.Model.Model, 4)
	viewOf[*trainingView](m).training = someTraining(20, 5, "cifar_resnet20", "cifar_plain20")
	press(m, "x")
	menu, help := m.dialog, helpOf(m)
	if menu == nil {
		t.Fatal("no menu of lesions")
	}
	for w := 1; w < 230; w += 7 {
		for h := 1; h < 60; h += 3 {
			m.w, m.h = w, h
			for i, v := range m.views {
				m.view, m.dialog = v, [3]dialog{nil, menu, help}[(w+h+i)%3]
				lines := strings.Split(strings.TrimSuffix(plain(m), "\n"), "\n")
				if len(lines) > h {
					t.Fatalf("%v at %d×%d has %d lines", v.title(), w, h, len(lines))
				}
				for _, line := range lines {
					if width(line) > w {
						t.Fatalf("%v at %d×%d: %q is longer than the terminal", v.title(), w, h, line)
					}
				}
			}
		}
	}
}

// TestOrderKeepsOffTheTabs: what the rows are ordered by stands beside the tabs
// where there is room, and a filter always, with a space before it.
func TestOrderKeepsOffTheTabs(t *testing.T) {
	line := func(w int, keys ...string) string {
		m := screen(t, "resnet18", w, 24)
		press(m, keys...)
		return strings.TrimRight(strings.Split(plain(m), "\n")[1], " ")
	}
	m := screen(t, "resnet18", 200, 24)
	device, tabs := tabOf(m, "Device"), tabLine(m)
	gap := strings.Repeat(" ", 200-1-len(tabs)-len("by module"))
	if s := line(200, "o"); s != tabs+gap+"by module" {
		t.Errorf("200 columns, ordered: %q", s)
	}
	if s := line(80, "o"); !strings.HasSuffix(s, " › by module") {
		t.Errorf("80 columns, ordered: %q", s)
	}
	if s := line(80, "/", "f", "c", "enter", "o"); !strings.HasSuffix(s, " ›         /fc  1 of 25 rows") {
		t.Errorf("80 columns, filtered and ordered: %q", s)
	}
	w := len(tabs) + len(" /fc  1 of 43 rows")
	s := line(w, "/", "f", "c", "enter")
	if !strings.Contains(s, device+" ") || !strings.HasSuffix(s, " /fc  1 of 43 rows") {
		t.Errorf("%d columns, filtered: %q", w, s)
	}
}

// TestNoFilterCoversTabs: at every width each tab that is drawn is whole, and the shown
// view's is among them.
func TestNoFilterCoversTabs(t *testing.T) {
	for w := 40; w < 130; w++ {
		m := screen(t, "cifar_resnet8", w, 24)
		press(m, strings.Split("/conv2", "")...)
		for _, v := range m.available() {
			m.show(v)
			line := strings.Split(plain(m), "\n")[1]
			for _, tab := range m.tabs() {
				if !strings.Contains(line, strings.TrimSpace(tab.text)) {
					t.Fatalf("%d columns, %s: %q lacks %q", w, v.title(), line, tab.text)
				}
			}
			if !strings.Contains(line, v.title()) || !strings.HasSuffix(line, " /conv2  3 of 21 rows") {
				t.Fatalf("%d columns, %s: %q", w, v.title(), line)
			}
		}
	}
}
