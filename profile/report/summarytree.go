package report

import (
	"fmt"
	"strings"

	"resnet-tui/resnet"
)

// tree is the modules as rows; a block's skip is a line at the left, from
// where its input enters to where it is added.
func (s *Summary) tree() Table[moduleRow] {
	t := s.moduleTable(nil)
	s.module(&t, s.model.Root, "", 0)
	return t
}

// gutter is how a kind of skip is drawn: where it leaves, passes and is added.
type gutter struct{ from, along, to string }

var gutters = map[resnet.SkipKind]gutter{
	resnet.NoSkip:     {"  ", "  ", "  "},
	resnet.Identity:   {"┌ ", "│ ", "└ "},
	resnet.Projection: {"┏ ", "┃ ", "┗ "},
	resnet.ZeroPad:    {"┌ ", "┆ ", "└ "},
	resnet.PoolSkip:   {"┌ ", "┆ ", "└ "},
}

// module adds the rows of m and what is below it.
func (s *Summary) module(t *Table[moduleRow], m *resnet.Module, edge string, depth int) {
	if m.Block == nil {
		s.row(t, m, edge, strings.Repeat("  ", depth)+s.name(m))
		s.children(t, m, edge, depth+1)
		return
	}
	g := gutters[m.Block.Skip]
	s.row(t, m, g.from, strings.Repeat("  ", depth)+s.name(m))
	edge = g.along
	for _, c := range m.Children {
		added := c.Layers[len(c.Layers)-1].Part == resnet.Join && c.Kind == "Add"
		if added {
			edge = g.to
		}
		s.module(t, c, edge, depth+1)
		if added {
			edge = "  "
		}
	}
}

// children folds what follows the first of a run of at least three alike
// blocks to one row, unless all are wanted.
func (s *Summary) children(t *Table[moduleRow], m *resnet.Module, edge string, depth int) {
	for i := 0; i < len(m.Children); i++ {
		c := m.Children[i]
		s.module(t, c, edge, depth)
		if rest := c.Alike - 1; rest >= 2 && c.Block != nil && !s.all {
			s.folded(t, m.Children[i+1:i+1+rest], depth)
			i += rest
		}
	}
}

func (s *Summary) name(m *resnet.Module) string {
	if m.Parent == nil {
		return s.model.Name
	}
	return m.Name
}

// row adds m, with the receptive field and stride of its last layer.
func (s *Summary) row(t *Table[moduleRow], m *resnet.Module, edge, name string) {
	desc := ""
	last := m.Layers[len(m.Layers)-1]
	switch {
	case m.Block != nil:
		desc = blockDesc(m.Block)
	case len(m.Children) == 0:
		desc = last.Desc
	}
	if n := len(m.Layers); len(m.Children) == 0 && n > 1 {
		desc = strings.TrimPrefix(fmt.Sprintf("%s, %d calls", desc, n), ", ")
	}
	t.Rows = append(t.Rows, moduleRow{edge + name, m.Kind, desc, m.Out, m.Cost, last.RF, last.Jump})
}

// folded adds one row for a run of blocks, with their sums.
func (s *Summary) folded(t *Table[moduleRow], run []*resnet.Module, depth int) {
	var sum resnet.Cost
	for _, m := range run {
		sum.Params += m.Cost.Params
		sum.MACs += m.Cost.MACs
		sum.ActivationBytes += m.Cost.ActivationBytes
	}
	end := run[len(run)-1]
	last := end.Layers[len(end.Layers)-1]
	name := fmt.Sprintf("%s%s…%s  ×%d like this", strings.Repeat("  ", depth), run[0].Name, end.Name, len(run))
	name = gutters[resnet.NoSkip].from + name
	t.Rows = append(t.Rows, moduleRow{name, end.Kind, blockDesc(end.Block), end.Out, sum, last.RF, last.Jump})
}

func blockDesc(b *resnet.Block) string {
	desc := b.Skip.String()
	if b.Skip == resnet.NoSkip {
		desc = "no skip"
	}
	if b.Stride > 1 {
		desc += fmt.Sprintf(", stride %d", b.Stride)
	}
	return desc
}
