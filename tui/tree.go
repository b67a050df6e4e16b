package tui

import (
	"time"

	"resnet-tui/profile"

	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// tree is a net's rows on the screen.
type tree struct {
	model *nn.Model
	rows  *profile.Tree
	root  *node
	nodes []*node // parents before children
	tail  []*node // loss, probes and overhead, after the net
	order []*node // the rows that have a kernel of the forward pass, as they run

	byLayer []*node // layer → the row whose kernel computes it
	byBlock map[string]*node

	names, flatNames int // cells of the longest name, in the tree and where rows are ordered

	whole  time.Duration // of a pass, 0 before it is known
	passes int           // that update has seen
}

// newTree is the tree of a net's rows, with those that its lesions took away.
func newTree(m *nn.Model, l *nn.Lowered, kernels []tensor.KernelInfo) *tree {
	rows := profile.NewTree(profile.Net{Model: m, Lowered: l, Kernels: kernels})
	nodes := newNodes(rows)
	end := len(nodes) - len(rows.Tail)
	t := &tree{
		model: m, rows: rows, root: nodes[0], nodes: nodes[:end:end], tail: nodes[end:], byBlock: map[string]*node{},
		order: make([]*node, 0, len(rows.ByKernel)), byLayer: make([]*node, len(rows.ByLayer)),
	}
	t.root.open = true
	for _, n := range t.nodes {
		if n.Kind == profile.BlockRow {
			t.byBlock[n.Path] = n
		}
	}
	for k, r := range rows.ByKernel {
		if r.Kernel == k {
			t.order = append(t.order, t.nodes[r.Index])
		}
	}
	for layer, r := range rows.ByLayer {
		t.byLayer[layer] = t.nodes[r.Index]
	}
	t.markLesions(m.Lesions)
	return t
}

// update takes the newest times, if there are any. The net is what a whole pass
// takes.
func (t *tree) update(s *profile.Snapshot) {
	if len(s.Kernels) != len(t.rows.ByKernel) || s.Wall.N > 0 && s.Passes == t.passes {
		return
	}
	t.passes = s.Passes
	t.rows.Measure(s)
	t.whole = t.rows.Whole
	for _, n := range t.nodes {
		n.time, n.back = n.Took.Forward(), n.Took.After()
	}
	if t.root.back == 0 {
		t.root.time = t.whole
	}
	for _, n := range t.tail {
		n.time = n.Took.Total()
	}
}

// took is what a row takes of a pass, forward and backward.
func (t *tree) took(n *node) time.Duration {
	if n == t.root {
		return t.whole
	}
	return n.time + n.back
}

// runsBack reports whether passes have a backward part.
func (t *tree) runsBack() bool { return len(t.tail) > 0 && t.tail[0].Kind == profile.LossRow }

// settle copies what is open from an earlier tree of the same net.
func (t *tree) settle(old *tree) {
	open := map[string]bool{}
	for _, n := range old.nodes {
		if n.open {
			open[n.ID] = true
		}
	}
	for _, n := range t.nodes {
		n.open = n.Folds() && open[n.ID]
	}
}

// find is the row of a layer, a block or a parameter; nil if it is none of these.
func (t *tree) find(path string) *node {
	if n := t.byBlock[path]; n != nil {
		return n
	}
	if place, err := inspect.Find(t.model, path); err == nil {
		return t.byLayer[place.Layer.Index]
	}
	for i, l := range t.model.Layers {
		for _, id := range l.Params {
			if t.model.Params[id].Name == path {
				return t.byLayer[i]
			}
		}
	}
	return nil
}
