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
	search   string // what the filter looks at
	lesion   lesionMark

	open     bool
	unfolded bool // rows under it are shown: it is open, or a filter found them

	time   time.Duration // of the forward pass, p50: a module's own, which is not the sum of those below
	back   time.Duration // of the backward pass
	mean   time.Duration // of both: these add up
	p95    time.Duration // of a kernel
	spread float64       // coefficient of variation of a kernel
}

// newNode is a row with those below it.
func newNode(parent *node, r *profile.Row) *node {
	n := &node{Row: r, parent: parent, search: searchText(r), depth: depthOf(parent, r)}
	for _, c := range r.Children {
		n.children = append(n.children, newNode(n, c))
	}
	return n
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

// searchText is what a filter compares: path, label and kinds, in small letters.
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

// typical is the median, or the newest time where there is no whole pass yet.
func typical(s *profile.Series) time.Duration {
	if s.N == 0 {
		return s.Last
	}
	return s.P50
}

// plural is a number of things, whose name is given in the plural.
func plural(n int, what string) string {
	if n == 1 {
		what = strings.TrimSuffix(what, "s")
	}
	return fmt.Sprintf("%d %s", n, what)
}
