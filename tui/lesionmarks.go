package tui

import (
	"strconv"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// lesionMark is what lesions have done to a block.
type lesionMark struct {
	cut  bool   // its skip
	text string // everything, in a few words
}

// lesionMarks are the blocks' marks by path. A block can have several lesions: their
// texts stand side by side.
func lesionMarks(lesions []nn.Lesion) map[string]lesionMark {
	marks := map[string]lesionMark{}
	add := func(path, text string) {
		m := marks[path]
		m.text = strings.TrimSpace(m.text + "  " + text)
		marks[path] = m
	}
	for _, l := range lesions {
		switch l.Kind {
		case nn.CutSkip:
			add(l.Path, "╳ skip cut")
			marks[l.Path] = lesionMark{cut: true, text: marks[l.Path].text}
		case nn.DropBranch:
			add(l.Path, "branch dropped")
		case nn.ScaleBranch:
			add(l.Path, "branch × "+strconv.FormatFloat(l.Alpha, 'g', 4, 64))
		case nn.Swap:
			// Each of the two blocks runs where the other one was.
			add(l.Path, "⇄ "+l.Other)
			add(l.Other, "⇄ "+l.Path)
		case nn.Freeze:
			add(l.Path, "frozen")
		}
	}
	return marks
}

// markLesions writes into every row what lesions have done to its block. A run of
// blocks has no mark: its blocks have lesions of their own, or none.
func (t *tree) markLesions(lesions []nn.Lesion) {
	marks := lesionMarks(lesions)
	for _, n := range t.nodes {
		n.lesion = lesionMark{}
		if b := blockOf(n); b != nil && n.Kind != profile.RunRow {
			n.lesion = marks[b.Module.Path]
		}
	}
	t.measureNames()
}
