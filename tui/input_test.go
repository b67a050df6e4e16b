package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
)

// press sends keys by their names; a single rune is typed.
func press(m *Model, keys ...string) tea.Cmd {
	titles := map[string]view{}
	for _, v := range m.views {
		titles[v.title()] = v
	}
	special := map[string]rune{
		"enter": tea.KeyEnter, "tab": tea.KeyTab, "esc": tea.KeyEscape, "space": tea.KeySpace,
		"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	}
	var cmd tea.Cmd
	for _, k := range keys {
		if v := titles[k]; v != nil {
			k = tabKey(m.views, v)
		}
		msg := tea.KeyPressMsg{Text: k, Code: []rune(k)[0]}
		if c, ok := special[k]; ok {
			msg = tea.KeyPressMsg{Code: c}
		}
		if rest, ok := strings.CutPrefix(k, "ctrl+"); ok {
			msg = tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
		}
		if k == "shift+tab" {
			msg = tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
		}
		_, cmd = m.Update(msg)
	}
	return cmd
}

func selectedPath(m *Model) string {
	if n := m.list.selected(); n != nil {
		return n.Path + " " + n.Label
	}
	return ""
}

func TestKeysMoveAndFold(t *testing.T) {
	for _, c := range []struct{ keys, want string }{
		{"", "layer3.0 0"},
		{"up", "layer3 layer3"},
		{"down down", "layer3.0.conv2 conv2 bn2 relu"},
		{"j j k", "layer3.0.conv1 conv1 bn1 relu"},
		{"g", " resnet101"},
		{"G", "overhead overhead"},
		{"left left left left", " resnet101"},
		{"right", "layer3.0.conv1 conv1 bn1 relu"},
		{"enter down", "layer3.1 1"},
		{"left down right right", "layer3.1.conv1 conv1 bn1 relu"},
		{"C G up", "fc fc"},
		{"C", "layer3 layer3"},
		{"E pgdown", "layer3.2.conv3 conv3 bn3 ⊕ relu"}, // a page is 14 rows
		{"ctrl+u", " resnet101"},
		{"ctrl+d ctrl+d pgup", "layer3.0 0"},
	} {
		m := screen(t, "resnet101", 80, 18)
		press(m, strings.Fields(c.keys)...)
		if got := selectedPath(m); got != c.want {
			t.Errorf("%q: selected %q, want %q", c.keys, got, c.want)
		}
	}
}

func TestFoldingHidesAndShows(t *testing.T) {
	m := screen(t, "resnet101", 80, 24)
	press(m, "C")
	shut := len(m.list.rows)
	press(m, "E")
	if open := len(m.list.rows); open != len(m.list.tree.nodes)+len(m.list.tree.tail) || open < 5*shut {
		t.Errorf("%d rows folded, %d unfolded, of %d", shut, open, len(m.list.tree.nodes))
	}
	press(m, "C")
	if n := len(m.list.rows); n != shut {
		t.Errorf("%d rows after folding again, were %d", n, shut)
	}
}

func TestFilter(t *testing.T) {
	m := screen(t, "resnet101", 80, 24)
	press(m, append([]string{"/"}, strings.Split("layer4 down", "")...)...)
	if m.list.terms[0] != "layer4" || !m.typing {
		t.Fatalf("while typing: terms %v", m.list.terms)
	}
	press(m, "enter")
	var got []string
	for _, n := range m.list.rows {
		got = append(got, n.Label)
	}
	if want := "resnet101 layer4 0 downsample"; strings.Join(got, " ") != want {
		t.Errorf("rows %v, want %s", got, want)
	}
	press(m, "q") // a key again, no text
	press(m, "esc")
	if len(m.list.terms) != 0 || len(m.list.rows) < 10 {
		t.Errorf("after esc: terms %v, %d rows", m.list.terms, len(m.list.rows))
	}
	press(m, "/", "z", "z", "q")
	if len(m.list.rows) != 0 || !strings.Contains(plain(m), "nothing matches") {
		t.Error("a filter that nothing matches says nothing")
	}
	press(m, "up", "down", "enter", "esc")
	if m.list.selected() == nil {
		t.Error("nothing is selected after an empty filter")
	}
}

// TestSortByShare: rows come by the share that stands there: of whole passes, so that
// a kernel that takes longest backward comes first.
func TestSortByShare(t *testing.T) {
	m := screen(t, "resnet18", 120, 24)
	run(t, m, true, 5)
	kernels := m.list.tree.order
	for i, n := range kernels {
		n.time, n.back = time.Duration(len(kernels)-i), time.Duration(3*i+1)
	}
	m.list.orderBy(colShare)
	for i := range kernels {
		if got, want := m.list.rows[i], kernels[len(kernels)-1-i]; got != want {
			t.Fatalf("row %d is %s, want %s", i, got.Label, want.Label)
		}
	}
}

func TestSort(t *testing.T) {
	m := screen(t, "resnet18", 120, 24)
	run(t, m, true, 5)
	for range columnCount {
		press(m, "o")
		if m.list.ordered && m.list.order == colTime {
			break
		}
	}
	rows := m.list.rows
	if !m.list.ordered || len(rows) < 20 {
		t.Fatalf("ordered %v, %d rows", m.list.ordered, len(rows))
	}
	for i := 1; i < len(rows)-1; i++ { // the overhead stays last
		if rows[i].time > rows[i-1].time {
			t.Errorf("%s takes longer than %s before it", rows[i].Label, rows[i-1].Label)
		}
	}
	press(m, "O")
	if a, b := m.list.rows[0], m.list.rows[10]; a.time > b.time {
		t.Error("in the opposite order the longest is still first")
	}
	press(m, "esc")
	if m.list.ordered || m.list.rows[0] != m.list.tree.root {
		t.Error("esc does not bring the tree back")
	}
}

func TestSortKeyGoesThroughAllColumns(t *testing.T) {
	m := screen(t, "resnet18", 200, 24)
	seen := map[columnID]bool{}
	for range 20 {
		press(m, "o")
		if !m.list.ordered {
			break
		}
		seen[m.list.order] = true
	}
	for _, p := range m.layers.columns {
		if columns[p.id].sorts && !seen[p.id] {
			t.Errorf("no order by %q", columns[p.id].title)
		}
	}
	if m.list.ordered {
		t.Error("the tree does not come back")
	}
}

func TestUnits(t *testing.T) {
	m := screen(t, "resnet18", 120, 24)
	run(t, m, true, 5)
	whole := m.list.tree.root.time
	for _, unit := range []string{"ns", "µs", "ms", ""} {
		press(m, "u")
		want := profile.Time.In(float64(whole), unit).String()
		if out := plain(m); !strings.Contains(out, " "+want+" ") {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	press(m, "U")
	if out := plain(m); !strings.Contains(out, "FLOPs      time") || !strings.Contains(out, "3.63 G") {
		t.Errorf("no FLOPs of resnet18 in\n%s", out)
	}
}

func TestMouse(t *testing.T) {
	m := screen(t, "resnet101", 120, 24)
	run(t, m, true, 5)
	click := func(x, y int) { m.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}) }
	click(10, 3)
	if got := selectedPath(m); got != " resnet101" {
		t.Errorf("a click on the first row selects %q", got)
	}
	n := len(m.list.rows)
	click(0, 6) // layer1's arrow
	if len(m.list.rows) <= n {
		t.Error("a click on the arrow does not unfold")
	}
	click(60, 2)
	if !m.list.ordered || m.list.order != colTime {
		t.Errorf("a click on a title orders by %v", m.list.order)
	}
	click(60, 2)
	if !m.list.reverse {
		t.Error("a second click does not turn the order round")
	}
	press(m, "esc")
	press(m, "g")
	m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if m.list.top != wheelRows || m.list.cursor != wheelRows {
		t.Errorf("the wheel scrolls to row %d, the cursor is on %d", m.list.top, m.list.cursor)
	}
	click(15, 1)
	if m.view != view(viewOf[*timelineView](m)) {
		t.Errorf("a click on a tab shows %v", m.view.title())
	}
	click(50, 7)
	if got := selectedPath(m); got != "layer3 layer3" {
		t.Errorf("a click into the time line selects %q", got)
	}
	for y := range 24 {
		for x := range 120 {
			for _, v := range m.views {
				m.view = v
				click(x, y) // no cell may harm
			}
		}
	}
}

func TestViewKeys(t *testing.T) {
	m := screen(t, "resnet18", 120, 24)
	run(t, m, true, 5)
	toTheLast := strings.Repeat("tab ", len(m.available())-2)
	for _, c := range []struct {
		keys string
		want string
	}{
		{"tab", "Timeline"}, {toTheLast, "Device"}, {"tab", "Layers"}, {"shift+tab", "Device"},
		{"4", "Roofline"}, {"5", "Memory"}, {"3", "Gradients"}, {"enter", "Layers"},
	} {
		press(m, strings.Fields(c.keys)...)
		if got := m.view.title(); got != c.want {
			t.Errorf("%q shows %v", c.keys, got)
		}
	}
	press(m, "2", "right", "right", "+", "+", "-")
	if zoom := viewOf[*timelineView](m).zoom; zoom != 2 {
		t.Errorf("zoom %v", zoom)
	}
	if got := selectedPath(m); got != "layer1.1.conv1 conv1 bn1 relu" {
		t.Errorf("→ walks to %q", got)
	}
}

func TestQuitKeys(t *testing.T) {
	for _, k := range []string{"q", "ctrl+c"} {
		m := screen(t, "resnet18", 80, 24)
		cmd := press(m, k)
		if cmd == nil {
			t.Fatalf("%s does nothing", k)
		}
		if _, ok := cmd().(tea.QuitMsg); !ok {
			t.Errorf("%s does not quit", k)
		}
	}
	m := screen(t, "resnet18", 80, 24)
	if cmd := press(m, "/", "ctrl+c"); cmd == nil {
		t.Error("ctrl-c does not quit while a filter is typed")
	}
	if cmd := press(screen(t, "resnet18", 80, 24), "ctrl+z"); cmd == nil {
		t.Error("ctrl-z does not suspend")
	} else if _, ok := cmd().(tea.SuspendMsg); !ok {
		t.Error("ctrl-z does not suspend")
	}
}

// TestKeysCountOnEachOther: a key asks for what the keys before it have come to,
// whether the engine has answered them or not.
func TestKeysCountOnEachOther(t *testing.T) {
	m := screen(t, "cifar_resnet20", 80, 24)
	e := m.engine.(*still)
	e.state.Desired = live.Settings{Batch: 3, Fused: true}
	m.state = &live.State{} // an older one
	m.read()
	press(m, "]", "]", "[", "space", "space", "f", "b", "b", "p", "s", "3", "L")
	want := []live.Request{
		live.SetBatch{Images: 6}, live.SetBatch{Images: 12}, live.SetBatch{Images: 6}, live.Run{}, live.Pause{},
		live.SetFuse{On: false}, live.SetBackward{On: true}, live.SetBackward{On: false}, live.SetTwin{On: true},
		live.StepLayer{}, live.TracePaths{},
	}
	if !slices.Equal(e.asked, want) {
		t.Errorf("asked for %v, want %v", e.asked, want)
	}
	later := e.state
	later.Answered, later.Notice, later.Notices = uint64(len(want))-1, "too large", 1
	e.state = later
	m.state = &live.State{}
	m.read()
	if m.desired.Batch != 6 || m.notice != "too large" {
		t.Errorf("before the last answer: batch %d, notice %q", m.desired.Batch, m.notice)
	}
	e.state.Answered++
	m.state = &live.State{}
	m.read()
	if m.desired.Batch != 3 {
		t.Errorf("after it: batch %d", m.desired.Batch)
	}
}
