package tui

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"resnet-tui/resnet"
)

// lesionItem is something that can be done to a block.
type lesionItem struct {
	kind resnet.LesionKind // 0: mend the block
	text string
	asks string // what must be said too, "" for nothing
	like string // a first answer
}

// number is the key that chooses the item, whatever else there is.
func (i lesionItem) number() string {
	if i.kind == 0 {
		return "6"
	}
	return strconv.Itoa(int(i.kind))
}

// lesionMenu lists what can be done to a block.
type lesionMenu struct {
	open   bool
	block  string
	items  []lesionItem
	cursor int
	ask    bool // for the item under the cursor
	answer textinput.Model
	failed string // why the last choice is none
}

// asking reports whether a value is being typed.
func (l *lesionMenu) asking() bool { return l.open && l.ask }

// openLesions opens the menu for the block at the cursor.
func (m *Model) openLesions() {
	b := blockOf(m.focus())
	if m.opts.Recorded != nil {
		m.notice = "a recorded profile: there is no net to damage"
		return
	}
	if b == nil {
		m.notice = "a lesion needs a block: move to one first"
		if len(m.list.tree.byBlock) == 0 {
			m.notice = m.opts.Model.Name + " has no blocks to damage"
		}
		return
	}
	m.lesions = lesionMenu{open: true, block: b.module.Path, answer: newFilter()}
	m.lesions.items = m.lesionItems(b)
}

// lesionItems are the lesions that the block can have.
func (m *Model) lesionItems(b *node) []lesionItem {
	path := b.module.Path
	all := []lesionItem{
		{kind: resnet.CutSkip, text: "cut the skip: y = f(F)"},
		{kind: resnet.DropBranch, text: "drop the branch: y = f(S)"},
		{kind: resnet.ScaleBranch, text: "scale the branch: y = f(αF + S)", asks: "α", like: "0.5"},
		{kind: resnet.Swap, text: "swap with another block", asks: "block", like: m.alike(b)},
		{kind: resnet.Freeze, text: "freeze it: no gradient for its parameters"},
	}
	var items []lesionItem
	for _, i := range all {
		l := resnet.Lesion{Path: path, Kind: i.kind, Alpha: 0.5, Other: i.like}
		if _, err := m.with(l); err == nil {
			items = append(items, i)
		}
	}
	if slices.ContainsFunc(m.wished, func(l resnet.Lesion) bool { return concerns(l, path) }) {
		items = append(items, lesionItem{text: "mend it"})
	}
	return items
}

// alike is the next block of the same shapes, or the one before, "" if there
// is none.
func (m *Model) alike(b *node) string {
	blocks := m.opts.Model.Blocks()
	at := slices.IndexFunc(blocks, func(o *resnet.Module) bool { return o.Path == b.module.Path })
	for _, i := range []int{at + 1, at - 1} {
		if i >= 0 && i < len(blocks) {
			l := resnet.Lesion{Path: b.module.Path, Kind: resnet.Swap, Other: blocks[i].Path}
			if _, err := m.with(l); err == nil {
				return blocks[i].Path
			}
		}
	}
	return ""
}

func concerns(l resnet.Lesion, path string) bool { return l.Path == path || l.Other == path }

// with are the lesions that are wanted, and one more, which takes the place of
// one of its kind. It fails if the net can't have them.
func (m *Model) with(l resnet.Lesion) ([]resnet.Lesion, error) {
	if l.Kind != resnet.ScaleBranch {
		l.Alpha = 0
	}
	if l.Kind != resnet.Swap {
		l.Other = ""
	}
	lesions := slices.DeleteFunc(slices.Clone(m.wished), func(o resnet.Lesion) bool { return o.Path == l.Path && o.Kind == l.Kind })
	lesions = append(lesions, l)
	_, err := resnet.BuildLesioned(m.opts.Model.Config, lesions)
	return lesions, err
}

// damage asks the engine for the net with these lesions.
func (m *Model) damage(lesions []resnet.Lesion) {
	m.wished = lesions
	m.lesions.open = false
	if m.engine != nil {
		post(m.engine.surgery, lesions)
		m.engine.cut()
	}
}

// mend takes the last lesion back.
func (m *Model) mend() {
	if n := len(m.wished); n > 0 && m.opts.Recorded == nil {
		m.damage(slices.Clone(m.wished[:n-1]))
	}
}

// lesionKey takes a key into the menu.
func (m *Model) lesionKey(msg tea.KeyPressMsg) tea.Cmd {
	l, k := &m.lesions, &m.keys
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case key.Matches(msg, k.Cancel):
		l.open = l.ask
		l.ask = false
	case key.Matches(msg, k.Accept):
		m.chooseLesion()
	case l.ask:
		l.answer, _ = l.answer.Update(msg)
	case key.Matches(msg, k.Up):
		l.cursor = max(l.cursor-1, 0)
	case key.Matches(msg, k.Down):
		l.cursor = min(l.cursor+1, len(l.items)-1)
	case key.Matches(msg, k.Lesion, k.Quit):
		l.open = false
	default:
		if i := slices.IndexFunc(l.items, func(i lesionItem) bool { return i.number() == msg.String() }); i >= 0 {
			l.cursor = i
			m.chooseLesion()
		}
	}
	return nil
}

// chooseLesion does what the item under the cursor says, once all is known.
func (m *Model) chooseLesion() {
	l := &m.lesions
	if len(l.items) == 0 {
		l.open = false
		return
	}
	item := l.items[l.cursor]
	switch {
	case item.kind == 0:
		m.damage(slices.DeleteFunc(slices.Clone(m.wished), func(o resnet.Lesion) bool { return concerns(o, l.block) }))
		return
	case item.asks != "" && !l.ask:
		l.ask, l.failed = true, ""
		l.answer.SetValue(item.like)
		l.answer.CursorEnd()
		l.answer.Focus()
		return
	}
	text := l.block + "=" + item.kind.String()
	if item.asks != "" {
		text += ":" + strings.TrimSpace(l.answer.Value())
	}
	lesion, err := resnet.ParseLesion(text)
	if err == nil {
		var lesions []resnet.Lesion
		if lesions, err = m.with(lesion); err == nil {
			m.damage(lesions)
			return
		}
	}
	l.failed = oneLine(err)
}

// drawLesions draws the menu over the screen.
func (m *Model) drawLesions() {
	l := &m.lesions
	w := min(64, m.w)
	var said []detailLine
	if l.failed != "" {
		said = wrapped(l.failed, w-4, warningLook)
	}
	box := rect{(m.w - w) / 2, 0, w, min(len(l.items)+len(said)+4, m.h)}
	box.y = (m.h - box.h) / 2
	m.drawFrame(box, " lesion in "+l.block+" ")
	y := box.y + 1
	for i, item := range l.items {
		m.canvas.text(box.x+2, y, box.x+w-2, item.number()+"  "+item.text, plainText)
		if i == l.cursor {
			m.canvas.selectRow(box.x+1, y, w-2)
		}
		y++
	}
	y++
	if l.ask {
		x := m.canvas.text(box.x+2, y, box.x+w-2, l.items[l.cursor].asks+": ", strong)
		m.canvas.text(x, y, box.x+w-2, l.answer.Value(), plainText)
	} else {
		m.drawKeys(box.x+2, y, box.x+w-2, []key.Binding{named(m.keys.Accept, "do it"), named(m.keys.Cancel, "leave")})
	}
	for i, d := range said {
		m.canvas.text(box.x+2, y+1+i, box.x+w-2, d.text, d.look)
	}
}

// wound is what lesions have done to a block.
type wound struct {
	cut, dropped bool
	text         string // in a few words
}

// wounds are the blocks' wounds by path.
func wounds(lesions []resnet.Lesion) map[string]wound {
	all := map[string]wound{}
	add := func(path, text string, change func(*wound)) {
		w := all[path]
		w.text = strings.TrimSpace(w.text + "  " + text)
		change(&w)
		all[path] = w
	}
	for _, l := range lesions {
		switch l.Kind {
		case resnet.CutSkip:
			add(l.Path, "╳ skip cut", func(w *wound) { w.cut = true })
		case resnet.DropBranch:
			add(l.Path, "branch dropped", func(w *wound) { w.dropped = true })
		case resnet.ScaleBranch:
			add(l.Path, "branch × "+strconv.FormatFloat(l.Alpha, 'g', 4, 64), func(*wound) {})
		case resnet.Swap:
			add(l.Path, "⇄ "+l.Other, func(*wound) {})
			add(l.Other, "⇄ "+l.Path, func(*wound) {})
		case resnet.Freeze:
			add(l.Path, "frozen", func(*wound) {})
		}
	}
	return all
}

// markWounds writes into the rows what lesions have done to them.
func (t *tree) markWounds(lesions []resnet.Lesion) {
	all := wounds(lesions)
	for _, n := range t.nodes {
		n.wound = wound{}
		if b := blockOf(n); b != nil && n.kind != runNode {
			n.wound = all[b.module.Path]
		}
	}
}
