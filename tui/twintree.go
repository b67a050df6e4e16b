package tui

import (
	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
)

// twinTree is the twin's tree, beside the net's.
type twinTree struct {
	program *live.Program
	tree    *tree
	snap    profile.Snapshot
	byID    map[string]*node
}

// adopt takes the twin that the engine has now. It reports whether that is
// another one than before.
func (t *twinTree) adopt(c *live.Twin) bool {
	var p *live.Program
	if c != nil {
		p = c.Program
	}
	if p == t.program {
		return false
	}
	*t = twinTree{program: p}
	if p != nil {
		t.tree, t.byID = treeOf(p), map[string]*node{}
		for _, n := range append(t.tree.nodes, t.tree.tail...) {
			t.byID[n.ID] = n
		}
	}
	return true
}

// sample takes its newest times.
func (t *twinTree) sample() {
	if t.program != nil {
		t.program.Recorder.Snapshot(&t.snap)
		t.tree.update(&t.snap)
	}
}

// of is the twin's row for a row of the net; nil where the twin has no such row, as for
// the ⊕ of a plain net. The twin may fold runs of alike blocks in another way: for a run
// of the net a row is then made up from the twin's rows for the run's blocks.
func (t *twinTree) of(n *node) *node {
	if own := t.byID[n.ID]; own != nil || n.Kind != profile.RunRow {
		return own
	}
	var rows []*profile.Row
	for _, c := range n.children {
		own := t.byID[c.ID]
		if own == nil {
			return nil
		}
		rows = append(rows, own.Row)
	}
	sum := &node{Row: profile.Fold(n.Label, rows), depth: n.depth}
	for _, r := range rows {
		if r.Took.Partial {
			sum.time, sum.back = 0, 0
			break
		}
		sum.time, sum.back = sum.time+r.Took.Forward(), sum.back+r.Took.After()
	}
	return sum
}
