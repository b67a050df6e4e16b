package report

import (
	"fmt"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// tree is the modules as rows; a block's skip is a line at the left, from
// where its input enters to where it is added.
func (s *Summary) tree() Table[moduleRow] {
	return s.moduleTable(s.modules(nil, profile.NewTree(profile.Net{Model: s.model.Model}).Root, 0))
}

// gutters draw each kind of skip, by profile.Rail.
var gutters = map[nn.SkipKind][4]string{
	nn.NoSkip:     {"  ", "  ", "  ", "  "},
	nn.Identity:   {"  ", "┌ ", "│ ", "└ "},
	nn.Projection: {"  ", "┏ ", "┃ ", "┗ "},
	nn.ZeroPad:    {"  ", "┌ ", "┆ ", "└ "},
	nn.PoolSkip:   {"  ", "┌ ", "┆ ", "└ "},
}

// gutterOf is what stands before a row's name: nothing outside of blocks.
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

// modules appends a row and those below it. A run of alike blocks is one row,
// unless all are wanted.
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

// moduleRowOf is a row with the receptive field and stride of its last layer.
func moduleRowOf(r *profile.Row, depth int) moduleRow {
	m, name := r.Module, gutterOf(r)+strings.Repeat("  ", depth)+r.Label
	if r.Kind == profile.RunRow {
		m = r.Children[len(r.Children)-1].Module
		name += "  " + r.Note
	}
	last := r.Last()
	return moduleRow{name, m.Kind, moduleDesc(r, m), r.Out, r.Cost, last.RF, last.Jump}
}

// moduleDesc is the geometry of a leaf, or the skip of a block.
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
