package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// click clicks on a cell of the screen, wheel turns the wheel by a notch.
func click(m *Model, x, y int) { m.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}) }

func wheel(m *Model, button tea.MouseButton) { m.Update(tea.MouseWheelMsg{Button: button}) }

// TestDialogsTakeTheMouse: while a dialog is open nothing behind it moves, wherever one
// clicks, and the wheel is the dialog's.
func TestDialogsTakeTheMouse(t *testing.T) {
	for _, k := range []string{"?", "x"} {
		m := working(t, "resnet18", 80, 24)
		m.list.selectPath("layer1.0")
		press(m, k)
		open := m.dialog
		if open == nil {
			t.Fatalf("%s opens nothing", k)
		}
		before := fmt.Sprint(selectedPath(m), m.list.top, m.view.title(), m.list.ordered, len(m.list.rows))
		for y := range 24 {
			for x := range 80 {
				m.dialog = open
				click(m, x, y)
				m.desired.Lesions = nil
			}
		}
		m.dialog = open
		for range 30 {
			wheel(m, tea.MouseWheelDown)
			wheel(m, tea.MouseWheelLeft)
		}
		m.Update(tea.MouseClickMsg{X: 1, Y: 1, Button: tea.MouseRight})
		if m.dialog != open {
			t.Errorf("%s: the wheel or the right button closes the dialog", k)
		}
		after := fmt.Sprint(selectedPath(m), m.list.top, m.view.title(), m.list.ordered, len(m.list.rows))
		if before != after {
			t.Errorf("%s: the mouse reached what is behind: %s, before %s", k, after, before)
		}
		click(m, 0, 0)
		if m.dialog != nil {
			t.Errorf("%s: a click beside the dialog leaves it open", k)
		}
	}
}

// TestLesionMenuTakesTheMouse: a click on an entry is its number, and the wheel moves
// the choice.
func TestLesionMenuTakesTheMouse(t *testing.T) {
	for _, size := range [][2]int{{100, 30}, {40, 12}, {20, 5}} {
		m := working(t, "cifar_resnet8", size[0], size[1])
		m.list.selectPath("layer1.0")
		press(m, "x")
		menu := m.dialog.(*lesionMenu)
		wheel(m, tea.MouseWheelDown)
		wheel(m, tea.MouseWheelDown)
		wheel(m, tea.MouseWheelUp)
		if menu.cursor != 1 {
			t.Errorf("%v: the wheel moves to item %d", size, menu.cursor)
		}
		p := menu.plan(m.w, m.h)
		line := p.items.y + 1 - p.top
		if s := strings.Split(plain(m), "\n")[line]; !strings.Contains(s, "drop the br") {
			t.Fatalf("%v: line %d is %q", size, line, s)
		}
		click(m, p.items.x+3, line)
		if got := fmt.Sprint(m.desired.Lesions); got != "[layer1.0=drop-branch]" || m.dialog != nil {
			t.Errorf("%v: a click on an entry: lesions %s", size, got)
		}
	}
}

// TestLesionMenuScrolls: on a low screen every choice can be seen, and none is drawn
// into the border.
func TestLesionMenuScrolls(t *testing.T) {
	m := working(t, "cifar_resnet8", 30, 6)
	m.list.selectPath("layer1.0")
	press(m, "x")
	for i := range len(m.dialog.(*lesionMenu).items) {
		item := m.dialog.(*lesionMenu).items[i]
		lines := strings.Split(plain(m), "\n")
		if !strings.Contains(plain(m), item.number()+"  "+item.text[:10]) || !strings.HasPrefix(lines[5], "╰──") {
			t.Errorf("item %d is not in\n%s", i, plain(m))
		}
		press(m, "down")
	}
}

// TestSuspendWorksEverywhere: ctrl-z suspends while something is typed and while a
// dialog is open.
func TestSuspendWorksEverywhere(t *testing.T) {
	for _, keys := range []string{"/ c", "?", "x", "x 3"} {
		m := working(t, "cifar_resnet8", 80, 24)
		m.list.selectPath("layer1.0")
		press(m, strings.Fields(keys)...)
		cmd := press(m, "ctrl+z")
		if cmd == nil {
			t.Errorf("ctrl-z does nothing after %q", keys)
		} else if _, ok := cmd().(tea.SuspendMsg); !ok {
			t.Errorf("ctrl-z does not suspend after %q", keys)
		}
	}
}
