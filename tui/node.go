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
	wound  wound           // of its block
	cost   resnet.Cost
	out    tensor.Shape

	time   time.Duration // of the forward pass, p50; the sum of those below for a module
	back   time.Duration // of the backward pass
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

// groups are the kernels under the row, of both passes.
func (n *node) groups(into []int) []int {
	if n.group >= 0 {
		into = append(into, n.group)
	}
	into = append(into, n.behind...)
	for _, c := range n.children {
		into = c.groups(into)
	}
	return into
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
}

// update takes the newest times. Modules sum what is below them; the net is
// what a whole pass takes.
func (t *tree) update(s *profile.Snapshot) {
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := t.nodes[i]
		n.time, n.back, n.p95, n.spread = 0, sumOf(n.behind, s), 0, 0
		if n.group >= 0 && n.group < len(s.Groups) {
			g := &s.Groups[n.group]
			n.time, n.p95, n.spread = typical(g), g.P95, g.CV
		}
		for _, c := range n.children {
			n.time += c.time
			n.back += c.back
		}
	}
	t.whole = t.root.time + t.root.back
	if s.Wall.N > 0 {
		t.whole = s.Wall.P50
	}
	if t.root.back == 0 {
		t.root.time = t.whole
	}
	for _, n := range t.tail {
		n.time = t.tailTime(n, s)
	}
}

func (t *tree) tailTime(n *node, s *profile.Snapshot) time.Duration {
	switch n.label {
	case lossLabel:
		return sumOf(t.loss, s)
	case probesLabel:
		return sumOf(t.probes, s)
	}
	return max(s.Overhead.P50, 0)
}

// sumOf adds the typical times of groups.
func sumOf(groups []int, s *profile.Snapshot) time.Duration {
	sum := time.Duration(0)
	for _, g := range groups {
		if g < len(s.Groups) {
			sum += typical(&s.Groups[g])
		}
	}
	return sum
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
