package report

import (
	"fmt"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// tree returns the modules as lines. To the left of a block's lines, its skip is
// drawn from the block's input to the addition:
//
//	  layer1       Sequential
//	┌     0        BasicBlock   identity
//	│       conv1  Conv2d       64→64, 3×3
//	│       …
//	└       add    Add
func (s *Summary) tree() Table[moduleRow] {
	return s.moduleTable(s.modules(nil, profile.NewTree(profile.Net{Model: s.model.Model}).Root, 0))
}

// gutters holds the characters of each kind of skip, by profile.Rail: thin lines
// for an identity, thick ones for a projection, dashed ones for skips without
// parameters that change the shape.
var gutters = map[nn.SkipKind][4]string{
	nn.NoSkip:     {"  ", "  ", "  ", "  "},
	nn.Identity:   {"  ", "┌ ", "│ ", "└ "},
	nn.Projection: {"  ", "┏ ", "┃ ", "┗ "},
	nn.ZeroPad:    {"  ", "┌ ", "┆ ", "└ "},
	nn.PoolSkip:   {"  ", "┌ ", "┆ ", "└ "},

	nn.PooledProjection: {"  ", "┏ ", "┃ ", "┗ "},
}

// gutterOf returns what precedes a row's name: two cells in and below blocks and
// for runs of blocks, nothing elsewhere.
func gutterOf(r *profile.Row) string {
	if r.Kind == profile.RunRow {
		return gutters[r.Skip][profile.NoRail]
	}
	for p := r; p != nil; p = p.Parent {
		if p.Kind == profile.BlockRow {
			return gutters[r.Skip][r.Rail]
		}
	}
	return ""
}

// modules appends the lines of r and of the rows below it. A run of alike blocks
// is a single line, unless all blocks are wanted; then the run itself has none.
func (s *Summary) modules(rows []moduleRow, r *profile.Row, depth int) []moduleRow {
	if r.Kind == profile.RunRow {
		if !s.all {
			return append(rows, moduleRowOf(r, depth))
		}
		depth--
	} else {
		rows = append(rows, moduleRowOf(r, depth))
	}
	for _, c := range r.Children {
		rows = s.modules(rows, c, depth+1)
	}
	return rows
}

// moduleRowOf returns the line of a row. A run is described by its last block, and
// has receptive field and stride of that.
func moduleRowOf(r *profile.Row, depth int) moduleRow {
	m, name := r.Module, gutterOf(r)+strings.Repeat("  ", depth)+r.Label
	if r.Kind == profile.RunRow {
		m = r.Children[len(r.Children)-1].Module
		name += "  " + r.Note
	}
	last := r.Last()
	return moduleRow{name, m.Kind, moduleDesc(r, m), r.Out, r.Cost, last.RF, last.Jump}
}

// moduleDesc describes the geometry of a leaf or the skip of a block. A leaf that
// is called several times (a block's ReLU) has their number.
func moduleDesc(r *profile.Row, m *nn.Module) string {
	switch {
	case m.Block != nil:
		return blockDesc(m.Block)
	case r.Kind != profile.LeafRow:
		return ""
	case len(r.Layers) == 1:
		return r.Layers[0].Desc
	}
	desc := fmt.Sprintf("%s, %d calls", r.Last().Desc, len(r.Layers))
	return strings.TrimPrefix(desc, ", ")
}

// blockDesc describes the skip of a block, and its stride if it is not 1.
func blockDesc(b *nn.Block) string {
	desc := b.Skip.String()
	if b.Skip == nn.NoSkip {
		desc = "no skip"
	}
	if b.Stride > 1 {
		desc += fmt.Sprintf(", stride %d", b.Stride)
	}
	return desc
}
