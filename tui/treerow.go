package tui

import (
	"math"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
)

// drawName draws a row's name into x to end: an arrow that folds it, the skip
// beside it in the gutter, the indented name, and what is to be said about it.
// Rows in an order of their own have no tree around them: neither arrows, which
// would fold nothing, nor gutters, which would join rows that do not belong
// together.
func (s *shared) drawName(c *canvas, x, y, end int, n *node, running bool) {
	folds := n.Folds() && !s.list.ordered
	if folds {
		c.set(x, y, arrow(n.unfolded), muted)
	}
	if running { // beside the arrow, which must still be seen
		at := x
		if folds {
			at++
		}
		c.set(at, y, '▶', forwardLook)
	}
	if s.list.ordered {
		c.text(x+2, y, end, flatName(n), nameLook(n))
		s.markMatch(c, x+2, y, end, n, flatName(n))
		return
	}
	c.text(x+2, y, x+4, n.gutter(), s.gutterLook(n))
	at := x + nameColumn + 2*n.depth
	if n.Kind == profile.JoinRow {
		at = c.text(at, y, end, "⊕ ", skipLook)
	}
	start := at
	at = c.text(at, y, end, n.Label, nameLook(n))
	s.markMatch(c, start, y, end, n, n.Label)
	if n.Note != "" && at+2 < end {
		at = c.text(at+2, y, end, n.Note, muted)
	}
	if n.Kind == profile.BlockRow && n.lesion.text != "" && at+2 < end {
		c.text(at+2, y, end, n.lesion.text, warningLook)
	}
}

// markMatch highlights what the filter found in a row's name, from x to end. What it
// found elsewhere, in the path or the kind, stands in no name: it highlights the whole
// one then.
func (s *shared) markMatch(c *canvas, x, y, end int, n *node, name string) {
	if len(s.list.terms) > 0 && n.matches(s.list.terms) && !s.list.mark(c, x, y, end, name) {
		c.recolor(x, y, min(x+width(name), end), matchLook)
	}
}

// gutterLook is how bright a skip is drawn: by the part of the gradient that came
// through it, in quarters, when that is known. A run of blocks stands for several, whose
// parts differ, and is drawn as if no gradient were known.
func (s *shared) gutterLook(n *node) look {
	if n.lesion.cut {
		return warningLook
	}
	b := blockOf(n)
	if b == nil || n.Kind == profile.RunRow {
		return skipLook
	}
	g, ok := s.state.Gradients.Block(b.Module.Path)
	share := live.SkipShare(g)
	switch {
	case !ok || math.IsNaN(share):
		return skipLook
	case share < 0.25:
		return skipDark
	case share < 0.5:
		return skipDim
	case share < 0.75:
		return skipLook
	}
	return skipBright
}

// nameCells are the cells that the longest name of any row takes, folded away or not,
// with a gap after it: widths don't change while one folds.
func (l *list) nameCells() int {
	if l.ordered {
		return l.tree.flatNames
	}
	return l.tree.names
}

// measureNames finds the longest names, as drawName draws them.
func (t *tree) measureNames() {
	t.names, t.flatNames = 0, 0
	for _, n := range t.nodes {
		cells := nameColumn + 2*n.depth + width(n.Label) + 1
		if n.Kind == profile.JoinRow {
			cells += width("⊕ ")
		}
		if n.Note != "" {
			cells += 2 + width(n.Note)
		}
		if n.Kind == profile.BlockRow && n.lesion.text != "" {
			cells += 2 + width(n.lesion.text)
		}
		t.names = max(t.names, cells)
		if n.Kernel >= 0 {
			t.flatNames = max(t.flatNames, 2+width(flatName(n))+1)
		}
	}
}

// arrow shows whether a row that folds is open.
func arrow(open bool) rune {
	if open {
		return '▾'
	}
	return '▸'
}

// flatName is a row's name where no tree around it says where it is.
func flatName(n *node) string {
	if len(n.Layers) == 0 || n.parent == nil || n.parent.Module == nil || n.parent.Module.Path == "" {
		return n.Label
	}
	return n.parent.Module.Path + " " + n.Label
}

// nameLook recedes for what has no kernel of its own, and more for what a
// lesion took away.
func nameLook(n *node) look {
	switch {
	case n.Gone:
		return faint
	case n.Kind >= profile.LossRow && n.Kind <= profile.OverheadRow, n.Kind == profile.JoinRow && n.Kernel < 0:
		return muted
	case n.Kind == profile.ModuleRow:
		return strong
	}
	return plainText
}
