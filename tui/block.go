package tui

import (
	"fmt"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// fillBlock lays a block out as the paper draws it: the branch downwards, the
// skip beside it, the ⊕ where they meet, and what comes after.
func (b builder) fillBlock(n *node) {
	n.kind, n.skip = blockNode, n.module.Block.Skip
	if s := n.module.Block.Stride; s > 1 {
		n.note = fmt.Sprintf("stride %d", s)
	}
	var branch, skips, after []*node
	var join *node
	for _, l := range n.module.Layers {
		switch {
		case l.Kind == tensor.Add:
			if rows := b.addRow(nil, n, l); len(rows) > 0 && !rows[0].gone {
				join = rows[0]
			}
		case l.Part == resnet.Skip:
			skips = b.addRow(skips, n, l)
		case l.Part == resnet.Join:
			after = b.addRow(after, n, l)
		default:
			branch = b.addRow(branch, n, l)
		}
	}
	if n.skip == resnet.NoSkip {
		n.children = append(append(branch, skips...), after...)
		return
	}
	if join == nil {
		join, skips = b.absorbedJoin(n, skips)
	}
	join.kind = joinNode
	join.label = joinLabel(n, join)
	n.rail = railTop
	n.children = append(append(append(branch, skips...), join), after...)
	setRails(n, len(branch)+len(skips))
	join.depth = n.depth
}

// absorbedJoin is the ⊕ of a block whose last convolution's kernel adds the
// skip. The row stands for the skip's own kernel, where there is one.
func (b builder) absorbedJoin(n *node, skips []*node) (join *node, rest []*node) {
	if len(skips) == 1 {
		return skips[0], nil
	}
	return &node{kind: joinNode, id: "j:" + n.module.Path, parent: n, module: n.module, group: -1, out: n.module.Out}, skips
}

// setRails draws the skip along the rows up to the join at index at.
func setRails(n *node, at int) {
	for i, c := range n.children[:at+1] {
		c.skip, c.rail = n.skip, railMid
		if i == at {
			c.rail = railEnd
		}
	}
}

func joinLabel(block, join *node) string {
	switch {
	case len(join.layers) > 0 && join.layers[0].Kind != tensor.Add:
		return join.label
	case block.skip == resnet.Identity:
		return "identity" + tailOf(join)
	}
	return "add" + tailOf(join)
}

// tailOf names what an addition's own kernel absorbed.
func tailOf(join *node) string {
	s := ""
	for i, l := range join.layers {
		if i > 0 {
			s += " " + layerLabel(block(join), l, false)
		}
	}
	return s
}

func block(n *node) *resnet.Module { return n.parent.module }

// gutter is the two cells beside a row that draw the skip: thin for an
// identity, heavy for a projection, dotted where it has no parameters but
// changes shape, none in a plain net.
func (n *node) gutter() string {
	r := n.rail
	if n.kind == blockNode && !n.unfolded || n.kind == runNode {
		if n.rail == noRail {
			return "  "
		}
		r = railShut
	}
	if n.kind == runNode && n.unfolded {
		r = noRail
	}
	if n.lesion.cut {
		return cutGutter[r]
	}
	return gutters[lineOf(n.skip)][r]
}

// cutGutter draws a skip that a lesion has cut.
var cutGutter = [5]string{noRail: "  ", railTop: "┌╴", railMid: "╳ ", railEnd: "└╴", railShut: "╳╳"}

// lineOf is the kind of line that draws a skip.
func lineOf(s resnet.SkipKind) int {
	switch s {
	case resnet.Projection:
		return 1
	case resnet.ZeroPad, resnet.PoolSkip:
		return 2
	}
	return 0
}

var gutters = [3][5]string{
	{noRail: "  ", railTop: "┌─", railMid: "│ ", railEnd: "└─", railShut: "┌┐"},
	{noRail: "  ", railTop: "┏━", railMid: "┃ ", railEnd: "┗━", railShut: "┏┓"},
	{noRail: "  ", railTop: "┌┄", railMid: "┆ ", railEnd: "└┄", railShut: "┆┆"},
}
