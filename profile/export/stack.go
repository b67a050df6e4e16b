package export

import (
	"resnet-tui/profile"
)

// stack is a kernel as a sampling profiler would see it: a call stack and the
// time at its leaf. Frames are named as where they stand alone, so that tools
// which merge frames by name don't mix different layers:
//
//	resnet50  forward  layer1  layer1.0  layer1.0.conv1  winograd F(4,3) avx2
//	net       pass     stage   block     layer           kernel
//
// Layers outside of stages and blocks (conv1, fc) have fewer frames.
type stack struct {
	frames []string          // root first
	block  string            // path of the block, or ""
	ns     int64             // time per pass
	row    *profile.LayerRow // nil for the overhead
}

// meanStacks returns the stacks with means as times, whatever the statistic of p is:
// pprof's samples are means of passes by contract.
func meanStacks(p *profile.Profile) []stack { return stacks(p.MeansOnly()) }

// stacks returns a stack per kernel in execution order, then the overhead if
// there is any. Their times are of p's statistic and add up to a pass.
func stacks(p *profile.Profile) []stack {
	tree := p.ByPass()
	list := make([]stack, 0, len(p.Layers)+1)
	for k, r := range tree.ByKernel {
		frames, block := frames(r)
		list = append(list, stack{frames, block, int64(p.KernelTime(k)), &p.Layers[k]})
	}
	for _, r := range tree.Rows {
		if ns := int64(r.Took.Total()); r.Kind == profile.OverheadRow && ns > 0 {
			frames, _ := frames(r)
			list = append(list, stack{frames: frames, ns: ns})
		}
	}
	return list
}

// frames returns the frames from the net down to a row, and the path of its
// block.
func frames(r *profile.Row) (names []string, block string) {
	if r.Parent == nil {
		return []string{r.Label}, ""
	}
	names, block = frames(r.Parent)
	switch {
	case hidden(r):
		return names, block
	case r.Kind == profile.ModuleRow && level(r) == blockLevel:
		block = r.Path
	}
	return append(names, frameName(r)), block
}

// frameName returns a row's name as it can stand without the rows above it: the
// whole path for modules and layers.
func frameName(r *profile.Row) string {
	if r.Kind == profile.ModuleRow && r.Parent != nil || r.Kind == profile.PathRow {
		return r.Path
	}
	return r.Label
}

// blockLevel is the level of blocks in a tree by pass: below net, pass and stage.
const blockLevel = 3

// hidden reports whether a row has no frame of its own: a container within a
// block, such as layer1.0.downsample, which says nothing that its layers' paths
// don't.
func hidden(r *profile.Row) bool { return r.Kind == profile.ModuleRow && level(r) > blockLevel }

// level returns the number of rows above a row.
func level(r *profile.Row) int {
	n := 0
	for r = r.Parent; r != nil; r = r.Parent {
		n++
	}
	return n
}

// below returns the rows of the frames right below a row. Hidden rows are
// replaced by those below them, and overhead is left out if it is zero.
func below(r *profile.Row) (list []*profile.Row) {
	for _, c := range r.Children {
		switch {
		case c.Kind == profile.OverheadRow && c.Took.Total() == 0:
		case hidden(c):
			list = append(list, below(c)...)
		default:
			list = append(list, c)
		}
	}
	return list
}

// depth returns the number of levels of frames at and below a row.
func depth(r *profile.Row) int {
	most := 0
	for _, c := range below(r) {
		most = max(most, depth(c))
	}
	return most + 1
}

// passOf returns the CSS class of a row's pass: "forward", "backward", "update",
// or "mixed" for the net and the overhead, which belong to several.
func passOf(r *profile.Row) string {
	for ; r != nil; r = r.Parent {
		if r.Kind == profile.PassRow {
			return r.Label
		}
	}
	return "mixed"
}
