package export

import (
	"resnet-tui/profile"
)

// stack is one kernel as other profilers see it: frames root first, which are
// architecture, pass, stage, block, layer by its path, kernel; and what it took.
type stack struct {
	frames []string
	block  string // the path of the block, or empty
	ns     int64  // see profile.Statistic
	row    *profile.LayerRow
}

// stacks are the kernels in execution order, then the overhead. Their times
// add up to the net's.
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

// frames are the frames from the net down to a row, and its block's path.
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

// frameName names a row where it stands without those above it.
func frameName(r *profile.Row) string {
	if r.Kind == profile.ModuleRow && r.Parent != nil || r.Kind == profile.PathRow {
		return r.Path
	}
	return r.Label
}

// blockLevel is the level of blocks: below the net, its pass and its stage.
const blockLevel = 3

// hidden reports whether a row is no frame: a container within a block, such
// as layer1.0.downsample.
func hidden(r *profile.Row) bool { return r.Kind == profile.ModuleRow && level(r) > blockLevel }

// level is the number of rows above a row.
func level(r *profile.Row) int {
	n := 0
	for r = r.Parent; r != nil; r = r.Parent {
		n++
	}
	return n
}

// below are the frames right below a row; overhead only if there is any.
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

// depth is the number of levels of frames at and below a row.
func depth(r *profile.Row) int {
	most := 0
	for _, c := range below(r) {
		most = max(most, depth(c))
	}
	return most + 1
}

// passOf is the class of the pass that all of a row belongs to: "forward",
// "backward", "update", or "mixed" for the net and its overhead.
func passOf(r *profile.Row) string {
	for ; r != nil; r = r.Parent {
		if r.Kind == profile.PassRow {
			return r.Label
		}
	}
	return "mixed"
}
