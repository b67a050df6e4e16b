package export

import (
	"time"

	"resnet-tui/profile"
)

// node is a frame of the net's tree with what lies under it, in order of first
// execution.
type node struct {
	name     string
	ns       int64
	pass     string              // of all that lies under it; empty if mixed
	rows     []*profile.LayerRow // of a layer: several if it is called, or differentiated, by several kernels
	children []*node
}

// newTree merges the stacks of p.
func newTree(p *profile.Profile) *node {
	root := &node{name: p.Model.Arch}
	for _, s := range stacks(p) {
		at := root
		at.ns += s.ns
		for depth, name := range s.frames[1:] {
			at = at.child(name)
			at.ns += s.ns
			if s.row == nil {
				continue
			}
			at.pass = s.row.Pass
			if name == s.row.Path && depth+3 >= len(s.frames) {
				at.rows = append(at.rows, s.row)
			}
		}
	}
	return root
}

// child is the child of that name, made if need be.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	c := &node{name: name}
	n.children = append(n.children, c)
	return c
}

// depth is the number of levels, n's included.
func (n *node) depth() int {
	most := 0
	for _, c := range n.children {
		most = max(most, c.depth())
	}
	return most + 1
}

func (n *node) time() string { return profile.FormatTime(time.Duration(n.ns)) }
