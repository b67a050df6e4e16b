package tui

import "charm.land/bubbles/v2/key"

// KeyMap holds every key, and makes the help and the footer.
type KeyMap struct {
	Run, Step, Smaller, Larger, Fuse          key.Binding
	Backward, Twin, Lesion, Mend, Paths       key.Binding
	Up, Down, PageUp, PageDown                key.Binding
	HalfUp, HalfDown, Top, Bottom             key.Binding
	Toggle, Open, Shut, OpenAll, ShutAll      key.Binding
	Filter, Sort, SortBack, Units, Operations key.Binding
	NextView, PreviousView, View              key.Binding
	ZoomIn, ZoomOut                           key.Binding
	Help, Escape, Suspend, Quit               key.Binding
	Accept, Cancel                            key.Binding // while the filter is being typed
}

func bind(help, what string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, what))
}

// DefaultKeyMap is the keys as documented.
func DefaultKeyMap() KeyMap {
	return KeyMap{
		Run:     bind("space", "run or pause", "space"),
		Step:    bind("s", "step one layer", "s"),
		Smaller: bind("[", "halve the batch", "["),
		Larger:  bind("]", "double the batch", "]"),
		Fuse:    bind("f", "fuse layers or not", "f"),

		Backward: bind("b", "backward passes or not", "b"),
		Twin:     bind("p", "plain twin or not", "p"),
		Lesion:   bind("x", "lesion in the block", "x"),
		Mend:     bind("X", "undo the last lesion", "X"),
		Paths:    bind("L", "path lengths to the block", "L"),

		Up:       bind("↑ k", "up", "up", "k"),
		Down:     bind("↓ j", "down", "down", "j"),
		PageUp:   bind("pgup", "page up", "pgup"),
		PageDown: bind("pgdn", "page down", "pgdown"),
		HalfUp:   bind("ctrl-u", "half a page up", "ctrl+u"),
		HalfDown: bind("ctrl-d", "half a page down", "ctrl+d"),
		Top:      bind("g", "first row", "g", "home"),
		Bottom:   bind("G", "last row", "G", "end"),

		Toggle:  bind("enter", "fold or unfold", "enter"),
		Open:    bind("→ l", "unfold, or into it", "right", "l"),
		Shut:    bind("← h", "fold, or out of it", "left", "h"),
		OpenAll: bind("E", "unfold all", "E"),
		ShutAll: bind("C", "fold all", "C"),

		Filter:     bind("/", "filter", "/"),
		Sort:       bind("o", "sort by the next column", "o"),
		SortBack:   bind("O", "sort the other way", "O"),
		Units:      bind("u", "units of time", "u"),
		Operations: bind("U", "MACs or FLOPs", "U"),

		NextView:     bind("tab", "next view", "tab"),
		PreviousView: bind("shift-tab", "previous view", "shift+tab"),
		View:         bind("1…8", "that view", "1", "2", "3", "4", "5", "6", "7", "8"),
		ZoomIn:       bind("+", "zoom in", "+", "="),
		ZoomOut:      bind("-", "zoom out", "-"),

		Help:    bind("?", "help", "?"),
		Escape:  bind("esc", "clear filter and order", "esc"),
		Suspend: bind("ctrl-z", "suspend", "ctrl+z"),
		Quit:    bind("q", "quit", "q", "ctrl+c"),

		Accept: bind("enter", "keep the filter", "enter"),
		Cancel: bind("esc", "clear it", "esc"),
	}
}

// helpGroup is a headed column of the help.
type helpGroup struct {
	title string
	keys  []key.Binding
}

// help lists all keys by subject.
func (k KeyMap) help() []helpGroup {
	return []helpGroup{
		{"engine", []key.Binding{k.Run, k.Step, k.Smaller, k.Larger, k.Fuse}},
		{"residuals", []key.Binding{k.Backward, k.Twin, k.Lesion, k.Mend, k.Paths}},
		{"move", []key.Binding{k.Up, k.Down, k.PageUp, k.PageDown, k.HalfUp, k.HalfDown, k.Top, k.Bottom}},
		{"fold", []key.Binding{k.Toggle, k.Open, k.Shut, k.OpenAll, k.ShutAll}},
		{"show", []key.Binding{k.Filter, k.Sort, k.SortBack, k.Escape, k.Units, k.Operations}},
		{"views", []key.Binding{k.NextView, k.PreviousView, k.View, k.ZoomIn, k.ZoomOut}},
		{"program", []key.Binding{k.Help, k.Suspend, k.Quit}},
	}
}

// named is a key with a name that fits the moment better than its help.
func named(b key.Binding, what string) key.Binding {
	b.SetHelp(b.Help().Key, what)
	return b
}
