package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// leaveDialog asks what is to become of a training whose screen is left.
type leaveDialog struct {
	of     *watch
	cursor int
	items  []leaveItem
}

// leaveItem is one of the answers.
type leaveItem struct {
	key  string
	text string
	do   func() tea.Cmd // nil: nothing, the screen stays
}

func newLeaveDialog(w *watch) *leaveDialog {
	stop := "stop it; nothing is saved without --save"
	if w.opts.Saves {
		stop = "stop it, after a checkpoint is saved"
	}
	return &leaveDialog{of: w, items: []leaveItem{
		{key: "g", text: "let it go on, without the screen", do: func() tea.Cmd { return tea.Quit }},
		{key: "s", text: stop, do: func() tea.Cmd { w.stop(); return nil }},
		{key: "esc", text: "stay on the screen"},
	}}
}

// press takes a key. ctrl-c, which has asked already, stops the training; the host then
// leaves the screen, while the training may still save.
func (l *leaveDialog) press(msg tea.KeyPressMsg) (dialog, tea.Cmd) {
	k := &l.of.keys
	switch {
	case msg.String() == "ctrl+c":
		l.of.stop()
		return nil, nil
	case key.Matches(msg, k.Accept):
		return l.choose(l.cursor)
	case key.Matches(msg, k.Up):
		l.wheel(-1)
	case key.Matches(msg, k.Down):
		l.wheel(1)
	case key.Matches(msg, k.Cancel, k.Quit):
		return nil, nil
	}
	for i, item := range l.items {
		if item.key == msg.String() {
			return l.choose(i)
		}
	}
	return l, nil
}

func (l *leaveDialog) choose(i int) (dialog, tea.Cmd) {
	if do := l.items[i].do; do != nil {
		return nil, do()
	}
	return nil, nil
}

func (l *leaveDialog) wheel(d int) { l.cursor = max(min(l.cursor+d, len(l.items)-1), 0) }

// click chooses an answer, or closes the dialog where it is beside the box.
func (l *leaveDialog) click(x, y int) (dialog, tea.Cmd) {
	box := l.box()
	if !box.contains(x, y) {
		return nil, nil
	}
	if i := y - box.y - 1; i >= 0 && i < len(l.items) {
		return l.choose(i)
	}
	return l, nil
}

func (l *leaveDialog) paste(tea.PasteMsg) {}

func (l *leaveDialog) box() rect {
	cells := 0
	for _, item := range l.items {
		cells = max(cells, width(item.text))
	}
	return middle(l.of.w, l.of.h, cells+10, len(l.items)+2)
}

func (l *leaveDialog) draw(c *canvas) {
	box := l.box()
	c.dialogBox(box, " the training goes on ")
	for i, item := range l.items {
		y, end := box.y+1+i, box.x+box.w-2
		c.text(box.x+2, y, end, item.key, strong)
		c.text(box.x+6, y, end, item.text, plainText)
		if i == l.cursor {
			c.selectRow(box.x+1, y, box.w-2)
		}
	}
	c.foot(box, "ctrl-c stops it")
}
