package terminal

import "strings"

// Question asks a terminal what it can draw: for its name (XTVERSION), whether it knows
// kitty's protocol, and for the size of its cells (XTWINOPS 16). It answers in this order,
// and leaves out what it doesn't know. LastQuestion has to follow, which every terminal
// answers. tmux is not asked about kitty's protocol.
func Question(tmux bool) string {
	const name, kitty = "\x1b[>0q", "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
	if tmux {
		return name + CellQuestion
	}
	return name + kitty + CellQuestion
}

// CellQuestion asks for the size of cells alone.
const CellQuestion = "\x1b[16t"

// LastQuestion asks for the terminal's attributes (DA1).
const LastQuestion = "\x1b[c"

// SixelAttribute says in the answer to DA1 that there are sixels.
const SixelAttribute = 4

// Answers are what is known of a terminal. What is not known is false or "".
type Answers struct {
	Term    string // the variable TERM
	Program string // the variable TERM_PROGRAM
	Name    string // by itself, or the TERM of the one that tmux runs in
	Kitty   bool   // it has kitty's protocol
	Sixel   bool
	Tmux    bool // it is tmux
	Passes  bool // tmux lets sequences through
}

// Asks reports whether the terminal may be asked. Some write what they don't know on the
// screen.
func (a Answers) Asks() bool {
	return a.Term != "dumb" && a.Term != "linux" && a.Program != "Apple_Terminal"
}

// Best is the best drawing that the terminal has for sure. Several answer that they have
// kitty's protocol but not its placeholders: they are known by their names.
func (a Answers) Best() Drawing {
	name := strings.ToLower(a.Name)
	places := strings.Contains(name, "kitty") || strings.Contains(name, "ghostty")
	switch {
	case a.Term == "dumb":
		return ASCII
	case places && (a.Tmux && a.Passes || !a.Tmux && a.Kitty):
		return Kitty
	case a.Sixel:
		return Sixel
	}
	return Cells
}

// Grid is what cells are divided into: what is in the terminal's fonts for sure.
func (a Answers) Grid() *Grid {
	name := strings.ToLower(a.Name)
	if !a.Asks() || strings.HasPrefix(name, "xterm(") || strings.HasPrefix(a.Term, "rxvt") {
		return Quadrants
	}
	return Sextants
}
