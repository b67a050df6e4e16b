package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// KeyMap holds the keys that more than one view has. A view's file binds the keys that
// are its own. Each binding carries its help, so that help, footer and what keys do
// come from one place.
type KeyMap struct {
	Run, Step, Smaller, Larger, Fuse   key.Binding
	Backward, Twin, Lesion, UndoLesion key.Binding
	Up, Down, PageUp, PageDown         key.Binding
	HalfUp, HalfDown, Top, Bottom      key.Binding
	Toggle, Open, Shut                 key.Binding
	Filter, Sort, Units, Operations    key.Binding
	NextView, PreviousView             key.Binding
	Help, Escape, Suspend, Quit        key.Binding
	Accept, Cancel                     key.Binding // while text is being typed
}

// bind is a binding of keys, as bubbletea names them; help is how they are shown.
func bind(help, what string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, what))
}

// DefaultKeyMap is the keys as documented: those of other terminal programs where there
// are such, arrows and vi's letters for the same.
func DefaultKeyMap() KeyMap {
	return KeyMap{
		Run:     bind("space", "run or pause", "space"),
		Step:    bind("s", "step one layer", "s"),
		Smaller: bind("[", "halve the batch", "["),
		Larger:  bind("]", "double the batch", "]"),
		Fuse:    bind("f", "fuse layers or not", "f"),

		Backward:   bind("b", "backward passes or not", "b"),
		Twin:       bind("p", "plain twin or not", "p"),
		Lesion:     bind("x", "lesion in the block", "x"),
		UndoLesion: bind("X", "undo the last lesion", "X"),

		Up:       bind("↑ k", "up", "up", "k"),
		Down:     bind("↓ j", "down", "down", "j"),
		PageUp:   bind("pgup", "page up", "pgup"),
		PageDown: bind("pgdn", "page down", "pgdown"),
		HalfUp:   bind("ctrl-u", "half a page up", "ctrl+u"),
		HalfDown: bind("ctrl-d", "half a page down", "ctrl+d"),
		Top:      bind("g", "first row", "g", "home"),
		Bottom:   bind("G", "last row", "G", "end"),

		Toggle: bind("enter", "fold or unfold", "enter"),
		Open:   bind("→ l", "unfold, or into it", "right", "l"),
		Shut:   bind("← h", "fold, or out of it", "left", "h"),

		Filter:     bind("/", "filter", "/"),
		Sort:       bind("o", "sort by the next column", "o"),
		Units:      bind("u", "units of time", "u"),
		Operations: bind("U", "MACs or FLOPs", "U"),

		NextView:     bind("tab", "next view", "tab"),
		PreviousView: bind("shift-tab", "previous view", "shift+tab"),

		Help:    bind("?", "help", "?"),
		Escape:  bind("esc", "clear filter and order", "esc"),
		Suspend: bind("ctrl-z", "suspend", "ctrl+z"),
		Quit:    bind("q", "quit", "q", "ctrl+c"),

		Accept: bind("enter", "keep the filter", "enter"),
		Cancel: bind("esc", "clear it", "esc"),
	}
}

// named is a key with a name that fits the moment better than its help.
func named(b key.Binding, what string) key.Binding {
	b.SetHelp(b.Help().Key, what)
	return b
}

// action is what a key does, and under which heading the help lists it. Where several
// actions have a key, the first in the list gets it.
type action struct {
	about subject
	key   key.Binding
	do    func() tea.Cmd
}

// does is an action without a command for bubbletea.
func does(about subject, k key.Binding, do func()) action {
	return action{about, k, func() tea.Cmd { do(); return nil }}
}

// subject heads a group of keys in the help.
type subject uint8

const (
	aboutEngine subject = iota
	aboutResiduals
	aboutMoving
	aboutFolding
	aboutShowing
	aboutViews
	aboutProgram
	subjects // how many there are
)

func (s subject) String() string {
	return [...]string{"engine", "residuals", "move", "fold", "show", "views", "program"}[s]
}

// moves are the keys that move a cursor: by is called with the rows to go down,
// less than 0 for up. page and all return how many rows a screen and the whole
// list have.
func (k *KeyMap) moves(page, all func() int, by func(rows int)) []action {
	to := func(b key.Binding, rows func() int) action { return does(aboutMoving, b, func() { by(rows()) }) }
	return []action{
		to(k.Up, func() int { return -1 }),
		to(k.Down, func() int { return 1 }),
		to(k.PageUp, func() int { return -page() }),
		to(k.PageDown, page),
		to(k.HalfUp, func() int { return -(page() + 1) / 2 }),
		to(k.HalfDown, func() int { return (page() + 1) / 2 }),
		to(k.Top, func() int { return -all() }),
		to(k.Bottom, all),
	}
}
