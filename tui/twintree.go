package tui

import "resnet-tui/profile"

// twinTree is the twin's tree, beside the net's.
type twinTree struct {
	program *program
	tree    *tree
	snap    profile.Snapshot
	byID    map[string]*node
}

// adopt takes the twin that the engine has now. It reports whether that is
// another one than before.
func (t *twinTree) adopt(c *companion) bool {
	var p *program
	if c != nil {
		p = c.program
	}
	if p == t.program {
		return false
	}
	*t = twinTree{program: p}
	if p != nil {
		t.tree, t.byID = newTree(p.whole, p.model, p.lowered), map[string]*node{}
		for _, n := range append(t.tree.nodes, t.tree.tail...) {
			t.byID[n.id] = n
		}
	}
	return true
}

// sample takes its newest times.
func (t *twinTree) sample() {
	if t.program != nil {
		t.program.recorder.Snapshot(&t.snap)
		t.tree.update(&t.snap)
	}
}

// of is the twin's row for a row of the net; nil where it has none. For a run
// of blocks that the twin folds another way it is made up.
func (t *twinTree) of(n *node) *node {
	if own := t.byID[n.id]; own != nil || n.kind != runNode {
		return own
	}
	sum := &node{kind: runNode, label: n.label, depth: n.depth, group: -1}
	for _, c := range n.children {
		own := t.byID[c.id]
		if own == nil {
			return nil
		}
		sum.ahead, sum.after = append(sum.ahead, own.ahead...), append(sum.after, own.after...)
		sum.cost = add(sum.cost, own.cost)
	}
	if len(t.snap.Groups) > 0 {
		sum.time, sum.back = t.snap.P50(sum.ahead), t.snap.P50(sum.after)
	}
	return sum
}
