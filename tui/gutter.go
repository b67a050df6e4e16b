package tui

import (
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// railShut is the rail of a block whose rows are folded away: the whole skip
// beside one row. It follows the rails of package profile.
const railShut = profile.RailEnd + 1

// gutter is the two cells beside a row that draw the skip: thin for an identity, heavy
// for a projection, dotted where it has no parameters but changes shape, none in a
// plain net. From a block's first row to its ⊕, the cells of all rows make up one line;
// a folded block has both ends in one row.
func (n *node) gutter() string {
	r := n.Rail
	if n.Kind == profile.BlockRow && !n.unfolded || n.Kind == profile.RunRow {
		if n.Rail == profile.NoRail {
			return "  "
		}
		r = railShut
	}
	if n.Kind == profile.RunRow && n.unfolded {
		r = profile.NoRail
	}
	if n.lesion.cut {
		return cutGutter[r]
	}
	return gutters[lineOf(n.Skip)][r]
}

// cutGutter draws a skip that a lesion has cut.
var cutGutter = [5]string{"  ", "┌╴", "╳ ", "└╴", "╳╳"}

// lineOf is the kind of line that draws a skip.
func lineOf(s nn.SkipKind) int {
	switch s {
	case nn.Projection, nn.PooledProjection:
		return 1
	case nn.ZeroPad, nn.PoolSkip:
		return 2
	}
	return 0
}

// gutters draw a skip by its line and its rail: none, top, middle, end, shut.
var gutters = [3][5]string{
	{"  ", "┌─", "│ ", "└─", "┌┐"},
	{"  ", "┏━", "┃ ", "┗━", "┏┓"},
	{"  ", "┌┄", "┆ ", "└┄", "┆┆"},
}
