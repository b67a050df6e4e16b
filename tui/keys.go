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
	Filter, NextMatch, PreviousMatch   key.Binding
	Sort, Units, Operations            key.Binding
	NextView, PreviousView             key.Binding
	Help, Escape, Suspend, Quit        key.Binding
	Accept, Cancel, Recall             key.Binding // while text is being typed
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

		Filter:        bind("/", "filter by path or kind", "/"),
		NextMatch:     bind("n", "next match", "n"),
		PreviousMatch: bind("N", "previous match", "N"),
		Sort:          bind("o", "sort by the next column", "o"),
		Units:         bind("u", "units of time", "u"),
		Operations:    bind("U", "MACs or FLOPs", "U"),

		NextView:     bind("tab", "next view", "tab"),
		PreviousView: bind("shift-tab", "previous view", "shift+tab"),

		Help:    bind("?", "help", "?"),
		Escape:  bind("esc", "clear filter and order", "esc"),
		Suspend: bind("ctrl-z", "suspend", "ctrl+z"),
		Quit:    bind("q", "quit", "q", "ctrl+c"),

		Accept: bind("enter", "keep the filter", "enter"),
		Cancel: bind("esc", "clear it", "esc"),
		Recall: bind("↑", "the last one", "up"),
	}
}

// named is a key with a name that fits the moment better than its help.
func named(b key.Binding, what string) key.Binding {
	b.SetHelp(b.Help().Key, what)
	return b
}

// action is what a key does, and under which heading the help lists it. Where several
// actions have a key, the first in the list gets it. A key that would do nothing says
// why instead.
type action struct {
	about subject
	key   key.Binding
	do    func() tea.Cmd
	off   string // why it does nothing now, in a sentence; "" if it does something
	never bool   // nor will it do anything later: help doesn't list it
}

// does is an action without a command for bubbletea.
func does(about subject, k key.Binding, do func()) action {
	return action{about: about, key: k, do: func() tea.Cmd { do(); return nil }}
}

// offWhile is the action as long as a reason holds, which may pass: "" is none.
func (a action) offWhile(why string) action {
	if a.off == "" {
		a.off = why
	}
	return a
}

// offForGood is the action of a net or an engine that has no use for it, if there is a
// reason.
func (a action) offForGood(why string) action {
	if why != "" {
		a.off, a.never = why, true
	}
	return a
}

// when is a text if something holds, else none.
func when(holds bool, text string) string {
	if holds {
		return text
	}
	return ""
}

// subject heads a group of keys in the help.
type subject uint8

const (
	aboutView subject = iota // what only the shown view does: its title is the heading
	aboutEngine
	aboutResiduals
	aboutMoving
	aboutShowing
	aboutViews
	aboutProgram
	aboutFigures // what columns and header show: words, not keys
	subjects     // how many there are
)

func (s subject) String() string {
	return [...]string{"here", "engine", "residuals", "move", "show", "views", "program", "figures"}[s]
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
