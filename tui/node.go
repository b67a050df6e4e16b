package tui

import (
	"fmt"
	"strings"
	"time"

	"resnet-tui/profile"
)

// node is a row of the profile's tree as the screen shows it.
type node struct {
	*profile.Row
	parent   *node
	children []*node
	depth    int    // of indentation
	search   string // what a filter looks at; "" until there is one
	lesion   lesionMark

	open     bool
	unfolded bool // rows under it are shown: it is open, or a filter found them

	time time.Duration // of the forward pass, 0 if it isn't known
	back time.Duration // of the backward pass and the update

	stats rowStats // see shared.stats
}

// newNodes are the nodes of a tree's rows, by Row.Index.
func newNodes(t *profile.Tree) []*node {
	nodes, room := make([]node, len(t.Rows)), make([]*node, 2*len(t.Rows))
	list, room := room[:len(t.Rows)], room[len(t.Rows):]
	for i, r := range t.Rows { // parents come first
		n := &nodes[i]
		list[i], n.Row = n, r
		if r.Parent != nil {
			n.parent = &nodes[r.Parent.Index]
		}
		n.depth = depthOf(n.parent, r)
		n.children, room = room[:len(r.Children):len(r.Children)], room[len(r.Children):]
		for j, c := range r.Children {
			n.children[j] = &nodes[c.Index]
		}
	}
	return list
}

// depthOf is a row's indentation. The net's own rows stand below its name, and
// the ⊕ below its block's; a run's blocks stand where they would without it.
func depthOf(parent *node, r *profile.Row) int {
	switch {
	case parent == nil || parent.parent == nil:
		return 0
	case r.Kind == profile.JoinRow || parent.Kind == profile.RunRow:
		return parent.depth
	}
	return parent.depth + 1
}

// matches reports whether the filter's words all occur in a row: in its path,
// label or kinds, in small letters.
func (n *node) matches(words []string) bool {
	if len(words) > 0 && n.search == "" {
		n.search = searchText(n.Row)
	}
	for _, w := range words {
		if !strings.Contains(n.search, w) {
			return false
		}
	}
	return true
}

// searchText is what a filter compares.
func searchText(r *profile.Row) string {
	parts := []string{r.Path, r.Label, r.Note}
	for _, l := range r.Layers {
		parts = append(parts, l.Path, profile.KindLabel(l.Kind)) // "conv": Conv2d would be found by conv2
	}
	if len(r.Layers) == 0 && r.Module != nil {
		parts = append(parts, r.Module.Kind)
	}
	return strings.ToLower(strings.Join(parts, " "))
}

// each visits the node and all below it, parents first.
func (n *node) each(do func(*node)) {
	do(n)
	for _, c := range n.children {
		c.each(do)
	}
}

// firstKernel is the first row with a kernel at n, below it or, failing that,
// in what holds it.
func firstKernel(n *node) *node {
	for ; n != nil; n = n.parent {
		var first *node
		n.each(func(c *node) {
			if c.Kernel >= 0 && (first == nil || c.Kernel < first.Kernel) {
				first = c
			}
		})
		if first != nil {
			return first
		}
	}
	return nil
}

// within reports whether n is p or below it.
func (n *node) within(p *node) bool {
	for ; n != nil; n = n.parent {
		if n == p {
			return true
		}
	}
	return false
}

// blockOf is the block that a row belongs to; of a run of blocks the first.
func blockOf(n *node) *node {
	for ; n != nil; n = n.parent {
		switch n.Kind {
		case profile.BlockRow:
			return n
		case profile.RunRow:
			return n.children[0]
		}
	}
	return nil
}

// plural is a number of things, whose name is given in the plural.
func plural(n int, what string) string {
	if n == 1 {
		what = strings.TrimSuffix(what, "s")
	}
	return fmt.Sprintf("%d %s", n, what)
}
