package tui

import (
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// nodeKind is what a row stands for.
type nodeKind uint8

const (
	moduleNode   nodeKind = iota // the net, a stage, a container
	blockNode                    // a residual block, or a plain net's
	runNode                      // blocks like the one before, as one row
	layerNode                    // what one kernel computes
	joinNode                     // ⊕, where the skip is added
	overheadNode                 // what no kernel accounts for
)

// rail is the part of a block's skip that runs past a row.
type rail uint8

const (
	noRail  rail = iota
	railTop      // x enters
	railMid
	railEnd // it is added
	railShut
)

// node is a row of the tree: a module, or what one kernel computes of it.
type node struct {
	kind   nodeKind
	id     string // lasts when the net is compiled another way
	label  string
	note   string
	search string // what the filter looks at

	parent   *node
	children []*node
	depth    int // of indentation
	open     bool
	unfolded bool // rows under it are shown: it is open, or a filter found them

	rail rail
	skip resnet.SkipKind

	module *resnet.Module  // nil for a run and for overhead
	layers []*resnet.Layer // of a row that a kernel computes, the head first
	group  int             // into Lowered.Groups, −1 for none of its own
	behind []int           // its groups of the backward pass
	gone   bool            // a lesion took it away
	lesion lesionMark      // of its block
	cost   resnet.Cost
	out    tensor.Shape

	ahead []int // groups of the forward pass, those below included
	after []int // and of the backward pass

	time   time.Duration // of the forward pass, p50: a module's own, which is not the sum of those below
	back   time.Duration // of the backward pass
	mean   time.Duration // of both: these add up
	p95    time.Duration // of a kernel
	spread float64       // coefficient of variation of a kernel
}

// folds reports whether the row has others under it.
func (n *node) folds() bool { return len(n.children) > 0 }

// path is PyTorch's path of what the row shows.
func (n *node) path() string {
	switch {
	case len(n.layers) > 0:
		return n.layers[0].Path
	case n.module != nil:
		return n.module.Path
	}
	return n.label
}

// each visits the node and all below it, parents first.
func (n *node) each(do func(*node)) {
	do(n)
	for _, c := range n.children {
		c.each(do)
	}
}

// tree is a lowered net as rows.
type tree struct {
	model   *resnet.Model
	lowered *resnet.Lowered
	root    *node
	nodes   []*node // parents before children
	byLayer []*node // layer → the row whose kernel computes it
	order   []*node // the rows that have a kernel, as they run
	byBlock map[string]*node
	tail    []*node       // loss, probes and overhead, after the net
	probes  []int         // groups that measure
	loss    []int         // groups of the loss and its gradient
	whole   time.Duration // of a pass
	mean    time.Duration // of passes
	passes  int           // that update has seen
}

// update takes the newest times, if there are any. The net is what a whole pass
// takes.
func (t *tree) update(s *profile.Snapshot) {
	if len(s.Groups) < len(t.lowered.Groups) || s.Wall.N > 0 && s.Passes == t.passes {
		return
	}
	t.passes = s.Passes
	for _, n := range t.nodes {
		n.time, n.back, n.mean = s.P50(n.ahead), s.P50(n.after), s.Mean(n.ahead)+s.Mean(n.after)
		if n.group >= 0 {
			n.p95, n.spread = s.Groups[n.group].P95, s.Groups[n.group].CV
		}
	}
	t.whole, t.mean = t.root.time+t.root.back, t.root.mean
	if s.Wall.N > 0 {
		t.whole, t.mean = s.Wall.P50, s.Wall.Mean
	}
	if t.root.back == 0 {
		t.root.time = t.whole
	}
	t.root.mean = t.mean
	for _, n := range t.tail {
		n.time, n.mean = s.P50(n.ahead), s.Mean(n.ahead)
		if n.label == overheadLabel {
			n.time, n.mean = max(s.Overhead.P50, 0), max(s.Overhead.Mean, 0)
		}
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
func (t *tree) runsBack() bool { return len(t.loss) > 0 }

// typical is the median, or the newest time where there is no whole pass yet.
func typical(s *profile.Series) time.Duration {
	if s.N == 0 {
		return s.Last
	}
	return s.P50
}

// settle copies what is open from an earlier tree of the same net.
func (t *tree) settle(old *tree) {
	open := make(map[string]bool, len(old.nodes))
	for _, n := range old.nodes {
		open[n.id] = n.open
	}
	for _, n := range t.nodes {
		if was, ok := open[n.id]; ok {
			n.open = was && n.folds()
		}
	}
}

// firstKernel is the first row with a kernel at n, below it or, failing that,
// in what holds it.
func firstKernel(n *node) *node {
	for ; n != nil; n = n.parent {
		var first *node
		n.each(func(c *node) {
			if c.group >= 0 && (first == nil || c.group < first.group) {
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
		switch n.kind {
		case blockNode:
			return n
		case runNode:
			return n.children[0]
		}
	}
	return nil
}
