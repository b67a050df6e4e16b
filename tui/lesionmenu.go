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
	on       *host
	apply    func([]nn.Lesion) // asks for the net with these lesions
	block    string
	items    []lesionItem
	cursor   int
	typing   bool // the value of the item under the cursor
	proposed bool // the field holds what was proposed: typing replaces it
	value    textinput.Model
	rejected string // why the last choice was rejected, "" if it wasn't
}

// openLesionMenu opens the menu for the block at the cursor, or says why it can't.
func (m *Model) openLesionMenu() {
	b := blockOf(m.view.focus())
	if b == nil {
		m.notice = "a lesion needs a block: move to one first"
		return
	}
	menu := &lesionMenu{
		shared: m.shared, on: &m.host, apply: m.applyLesions, block: b.Module.Path, value: newTextInput(),
	}
	menu.items = menu.itemsFor(b)
	m.dialog = menu
}

// applyLesions asks the engine for the net with these lesions.
func (m *Model) applyLesions(lesions []nn.Lesion) {
	m.request(live.SetLesions{Lesions: lesions})
}

// undoLesion takes the last lesion back.
func (m *Model) undoLesion() {
	m.applyLesions(slices.Clone(m.desired.Lesions[:len(m.desired.Lesions)-1]))
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
		l.edit(msg, msg.Text != "")
	case key.Matches(msg, k.Up):
		l.wheel(-1)
	case key.Matches(msg, k.Down):
		l.wheel(1)
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

// click does what the item at a cell says, as its number would. Outside of the menu it
// leaves that.
func (l *lesionMenu) click(x, y int) (dialog, tea.Cmd) {
	p := l.plan(l.on.w, l.on.h)
	if !p.box.contains(x, y) {
		return nil, nil
	}
	if i := p.top + y - p.items.y; p.items.contains(x, y) && i < len(l.items) {
		l.cursor, l.typing = i, false
		return l.choose(), nil
	}
	return l, nil
}

// wheel moves the choice.
func (l *lesionMenu) wheel(d int) {
	if !l.typing {
		l.cursor = max(min(l.cursor+d, len(l.items)-1), 0)
	}
}

func (l *lesionMenu) paste(msg tea.PasteMsg) {
	if l.typing {
		l.edit(msg, true)
	}
}

// edit gives a message to the field. Text replaces what was proposed there; keys that
// move in it keep that.
func (l *lesionMenu) edit(msg tea.Msg, text bool) {
	if l.proposed && text {
		l.value.SetValue("")
	}
	l.proposed = false
	l.value, _ = l.value.Update(msg)
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
		l.typing, l.proposed, l.rejected = true, true, ""
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

// menuPlan is where the menu stands on a terminal.
type menuPlan struct {
	box   rect // with its border
	items rect // as many items as fit, from top
	top   int
	below rect         // the field or the keys, and what was said
	said  []detailLine // why the last choice was rejected
}

// plan lays the menu out in w×h cells. Where it doesn't fit, the items scroll: the line
// below them is always there.
func (l *lesionMenu) plan(w, h int) menuPlan {
	const wide = 64
	var p menuPlan
	if l.rejected != "" {
		p.said = wrapped(l.rejected, min(wide, w)-4, warningLook)
	}
	items, below := len(l.items), 1+len(p.said)
	p.box = middle(w, h, wide, items+below+3)
	inner := rect{p.box.x + 2, p.box.y + 1, p.box.w - 4, p.box.h - 2}
	gap := 1
	if items+below+gap > inner.h {
		gap = 0
	}
	below = min(below, max(inner.h-1, 1))
	p.items = rect{inner.x, inner.y, inner.w, max(min(items, inner.h-below-gap), 0)}
	p.below = rect{inner.x, inner.y + p.items.h + gap, inner.w, below}
	p.top = max(l.cursor-p.items.h+1, 0)
	return p
}

func (l *lesionMenu) draw(c *canvas) {
	p := l.plan(c.w, c.h)
	c.dialogBox(p.box, " lesion in "+l.block+" ")
	for y := range p.items.h {
		i := p.top + y
		c.text(p.items.x, p.items.y+y, p.items.x+p.items.w, l.items[i].number()+"  "+l.items[i].text, plainText)
		if i == l.cursor {
			c.selectRow(p.box.x+1, p.items.y+y, p.box.w-2)
		}
	}
	x, y, end := p.below.x, p.below.y, p.below.x+p.below.w
	if l.typing {
		at := c.text(x, y, end, l.items[l.cursor].value+": ", strong)
		c.text(at, y, end, l.value.Value(), plainText)
		if l.proposed {
			c.recolor(at, y, min(at+width(l.value.Value()), end), matchLook)
		}
	} else {
		c.keys(x, y, end, []key.Binding{named(l.keymap.Accept, "do it"), named(l.keymap.Cancel, "leave")})
	}
	for i, d := range p.said[:min(len(p.said), p.below.h-1)] {
		c.text(x, y+1+i, end, d.text, d.look)
	}
	if rest := len(l.items) - p.top - p.items.h; rest > 0 || p.top > 0 {
		c.foot(p.box, plural(len(l.items), "choices"))
	}
}
