package tui

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// lesionItem is something that can be done to a block.
type lesionItem struct {
	kind    nn.LesionKind // 0: undo what was done to the block
	text    string
	value   string // what has to be typed too, "" for nothing
	example string // what stands there at first
}

// number is the key that chooses the item. It is the same in every menu, whichever
// other items the block can't have: fingers learn it.
func (i lesionItem) number() string {
	if i.kind == 0 {
		return "6"
	}
	return strconv.Itoa(int(i.kind))
}

// lesionMenu is the dialog of what can be done to a block.
type lesionMenu struct {
	*shared
	apply    func([]nn.Lesion) // asks for the net with these lesions
	block    string
	items    []lesionItem
	cursor   int
	typing   bool // the value of the item under the cursor
	value    textinput.Model
	rejected string // why the last choice was rejected, "" if it wasn't
}

// openLesionMenu opens the menu for the block at the cursor, or says why it can't.
func (m *Model) openLesionMenu() {
	b := blockOf(m.view.focus())
	switch {
	case m.about.Recorded:
		m.notice = "a recorded profile: there is no net to run with a lesion"
	case b == nil && len(m.list.tree.byBlock) == 0:
		m.notice = m.about.Model.Name + " has no blocks that could have a lesion"
	case b == nil:
		m.notice = "a lesion needs a block: move to one first"
	default:
		menu := &lesionMenu{shared: m.shared, apply: m.applyLesions, block: b.Module.Path, value: newTextInput()}
		menu.items = menu.itemsFor(b)
		m.dialog = menu
	}
}

// applyLesions asks the engine for the net with these lesions.
func (m *Model) applyLesions(lesions []nn.Lesion) {
	m.request(live.SetLesions{Lesions: lesions})
}

// undoLesion takes the last lesion back.
func (m *Model) undoLesion() {
	if n := len(m.desired.Lesions); n > 0 && !m.about.Recorded {
		m.applyLesions(slices.Clone(m.desired.Lesions[:n-1]))
	}
}

// itemsFor lists what can be done to a block: of the lesions those that the
// net can have beside its others.
func (l *lesionMenu) itemsFor(b *node) []lesionItem {
	all := []lesionItem{
		{kind: nn.CutSkip, text: "cut the skip: y = f(F)"},
		{kind: nn.DropBranch, text: "drop the branch: y = f(S)"},
		{kind: nn.ScaleBranch, text: "scale the branch: y = f(αF + S)", value: "α", example: "0.5"},
		{kind: nn.Swap, text: "swap with another block", value: "block", example: l.partner(b)},
		{kind: nn.Freeze, text: "freeze it: no gradient for its parameters"},
	}
	items := slices.DeleteFunc(all, func(i lesionItem) bool {
		_, err := l.with(nn.Lesion{Path: l.block, Kind: i.kind, Alpha: 0.5, Other: i.example})
		return err != nil
	})
	if slices.ContainsFunc(l.desired.Lesions, l.concerns) {
		items = append(items, lesionItem{text: "undo its lesions"})
	}
	return items
}

// partner is the block that b could be swapped with: the next of the same
// shapes, or the one before; "" if there is none.
func (l *lesionMenu) partner(b *node) string {
	blocks := l.about.Model.Blocks()
	at := slices.IndexFunc(blocks, func(o *nn.Module) bool { return o.Path == b.Module.Path })
	for _, i := range []int{at + 1, at - 1} {
		if i < 0 || i >= len(blocks) {
			continue
		}
		if _, err := l.with(nn.Lesion{Path: l.block, Kind: nn.Swap, Other: blocks[i].Path}); err == nil {
			return blocks[i].Path
		}
	}
	return ""
}

// concerns reports whether a lesion touches the menu's block.
func (l *lesionMenu) concerns(o nn.Lesion) bool { return o.Path == l.block || o.Other == l.block }

// with returns the desired lesions and one more, which replaces one of the
// same kind in the same block. It fails if the net can't have them: it builds that net,
// which has no weights yet and so costs little.
func (l *lesionMenu) with(added nn.Lesion) ([]nn.Lesion, error) {
	if added.Kind != nn.ScaleBranch {
		added.Alpha = 0
	}
	if added.Kind != nn.Swap {
		added.Other = ""
	}
	lesions := slices.DeleteFunc(slices.Clone(l.desired.Lesions), func(o nn.Lesion) bool {
		return o.Path == added.Path && o.Kind == added.Kind
	})
	lesions = append(lesions, added)
	_, err := resnet.Build(l.about.Model.Config, lesions...)
	return lesions, err
}

// press takes a key: ctrl-c quits even here, enter and esc end the field before the
// menu, and a number chooses unless it is being typed into the field.
func (l *lesionMenu) press(msg tea.KeyPressMsg) (dialog, tea.Cmd) {
	k := l.keymap
	switch {
	case msg.String() == "ctrl+c":
		return l, tea.Quit
	case key.Matches(msg, k.Accept):
		return l.choose(), nil
	case key.Matches(msg, k.Cancel) && l.typing:
		l.typing = false
	case l.typing:
		l.value, _ = l.value.Update(msg)
	case key.Matches(msg, k.Up):
		l.cursor = max(l.cursor-1, 0)
	case key.Matches(msg, k.Down):
		l.cursor = min(l.cursor+1, len(l.items)-1)
	case key.Matches(msg, k.Cancel, k.Lesion, k.Quit):
		return nil, nil
	default:
		if i := slices.IndexFunc(l.items, func(i lesionItem) bool { return i.number() == msg.String() }); i >= 0 {
			l.cursor = i
			return l.choose(), nil
		}
	}
	return l, nil
}

func (l *lesionMenu) paste(msg tea.PasteMsg) {
	if l.typing {
		l.value, _ = l.value.Update(msg)
	}
}

// choose does what the item under the cursor says, or opens the field for the value
// that it needs. It returns the dialog that is open then: a choice that is rejected
// keeps the menu, with the reason below.
func (l *lesionMenu) choose() dialog {
	if len(l.items) == 0 {
		return nil
	}
	item := l.items[l.cursor]
	if item.kind == 0 {
		l.apply(slices.DeleteFunc(slices.Clone(l.desired.Lesions), l.concerns))
		return nil
	}
	if item.value != "" && !l.typing {
		l.typing, l.rejected = true, ""
		l.value.SetValue(item.example)
		l.value.CursorEnd()
		l.value.Focus()
		return l
	}
	lesions, err := l.chosen(item)
	if err != nil {
		l.rejected = oneLine(err)
		return l
	}
	l.apply(lesions)
	return nil
}

// chosen returns the lesions with that of an item and the typed value.
func (l *lesionMenu) chosen(item lesionItem) ([]nn.Lesion, error) {
	text := l.block + "=" + item.kind.String()
	if item.value != "" {
		text += ":" + strings.TrimSpace(l.value.Value())
	}
	lesion, err := nn.ParseLesion(text)
	if err != nil {
		return nil, err
	}
	return l.with(lesion)
}

func (l *lesionMenu) draw(c *canvas) {
	w := min(64, c.w)
	var said []detailLine
	if l.rejected != "" {
		said = wrapped(l.rejected, w-4, warningLook)
	}
	box := c.dialogBox(w, len(l.items)+len(said)+4, " lesion in "+l.block+" ")
	x, end := box.x+2, box.x+box.w-2
	y := box.y + 1
	for i, item := range l.items {
		c.text(x, y, end, item.number()+"  "+item.text, plainText)
		if i == l.cursor {
			c.selectRow(box.x+1, y, w-2)
		}
		y++
	}
	y++
	if l.typing {
		at := c.text(x, y, end, l.items[l.cursor].value+": ", strong)
		c.text(at, y, end, l.value.Value(), plainText)
	} else {
		c.keys(x, y, end, []key.Binding{named(l.keymap.Accept, "do it"), named(l.keymap.Cancel, "leave")})
	}
	for i, d := range said {
		c.text(x, y+1+i, end, d.text, d.look)
	}
}
