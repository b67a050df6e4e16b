package report

import (
	"slices"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// tree returns the kernels below the modules that contain them, with sums. If
// there are several passes, each has a subtree; the level of a single one is left
// out.
func (p Profile) tree() Table[timeRow] {
	tree := p.ByPass()
	t := treeText{Profile: p, tree: tree}
	root := tree.Root
	t.module(root, 0)
	for _, r := range root.Children {
		switch {
		case r.Kind == profile.OverheadRow:
			t.overhead(r)
		case len(root.Children) == 2: // one pass and the overhead
			t.below(r, 0)
		default:
			t.module(r, 1)
			t.below(r, 1)
		}
	}
	return p.timeTable(t.rows)
}

// treeText builds the lines of a profile's tree.
type treeText struct {
	Profile
	tree *profile.Tree // by pass
	rows []timeRow
}

// below appends the lines below r in execution order: kernels, and modules where
// their first kernel runs.
func (t *treeText) below(r *profile.Row, depth int) {
	seen := map[*profile.Row]bool{}
	for _, k := range r.Kernels.All() {
		switch c := r.Toward(t.tree.ByKernel[k]); {
		case c.Kind != profile.ModuleRow:
			t.kernel(k, c.Label, depth+1)
		case !seen[c]:
			seen[c] = true
			t.module(c, depth+1)
			t.below(c, depth+1)
		}
	}
}

// module appends a line for all kernels below r. The time of the net is that of the
// whole pass, overhead included.
func (t *treeText) module(r *profile.Row, depth int) {
	kernels := r.Kernels.All()
	row := timeRow{
		name:   strings.Repeat("  ", depth) + r.Label,
		out:    t.output(r.Kernels.In(tensor.Forward)),
		timeMS: t.Total.TimeMS(),
		share:  1,
	}
	if r != t.tree.Root {
		row.timeMS = t.TimeMS(kernels)
		row.share = row.timeMS / t.Total.TimeMS()
	}
	for _, k := range kernels {
		row.params += t.Layers[k].Params
		row.macs += t.Layers[k].MACs
	}
	row.gflops = 2 * float64(row.macs) * float64(t.Input.Shape[0]) / row.timeMS / 1e6
	t.rows = append(t.rows, row)
}

// output is that of the last layer among a module's kernels of the forward pass.
// Without any it is blank: backward, a module has many gradients as results.
func (t *treeText) output(forward []int) Cell {
	for _, k := range slices.Backward(forward) {
		if l := &t.Layers[k]; !besideLayers[l.Kind] {
			return outputPerImage(l.OutShape)
		}
	}
	return Cell{}
}

// besideLayers are the kinds of operation in a forward pass that are no layer: the
// loss and probes.
var besideLayers = map[string]bool{
	tensor.CrossEntropy.String(): true, tensor.Moments.String(): true, tensor.Norm.String(): true,
	tensor.Histogram.String(): true,
}

// kernelOutput is what a kernel computes, per image if it depends on the image: a
// parameter and its gradient don't.
func kernelOutput(l *profile.LayerRow) Cell {
	if l.Pass == tensor.Update.String() || ofParameter[l.Kind] {
		return shape(l.OutShape)
	}
	return outputPerImage(l.OutShape)
}

// ofParameter are the kinds of operation that compute a parameter's gradient alone.
var ofParameter = map[string]bool{
	tensor.Conv2dGradWeight.String(): true, tensor.Conv2dGradBias.String(): true,
	tensor.LinearGradWeight.String(): true, tensor.LinearGradBias.String(): true,
}

// kernel appends the line of a kernel. name is that of its layer within the module
// above.
func (t *treeText) kernel(k int, name string, depth int) {
	l := &t.Layers[k]
	t.rows = append(t.rows, timeRow{
		name:   strings.Repeat("  ", depth) + rowName(l, name),
		out:    kernelOutput(l),
		params: l.Params,
		macs:   l.MACs,
		timeMS: t.LayerMS(k),
		share:  float64(l.Share),
		gflops: float64(l.GFLOPS),
		bound:  l.Bound,
		roof:   roof(*l),
		kernel: l.Kernel,
	})
}

// overhead appends the line of the overhead.
func (t *treeText) overhead(r *profile.Row) {
	t.rows = append(t.rows, timeRow{
		name:   "  " + r.Label,
		timeMS: t.OverheadTimeMS(),
		share:  t.OverheadTimeMS() / t.Total.TimeMS(),
		roof:   missing,
		kernel: "between layers",
	})
}

// rowName names a row by its layer and those that its kernel absorbed, "conv1 bn1
// relu". Outside of the forward pass it adds the kind, as a layer has several
// gradients. A probe is named after the layer that it measures.
func rowName(l *profile.LayerRow, name string) string {
	if l.Kind == tensor.Moments.String() || l.Kind == tensor.Histogram.String() {
		return "probe of " + name
	}
	parent := strings.TrimSuffix(l.Path, name)
	for _, a := range l.Absorbed {
		name += " " + strings.TrimPrefix(a, parent)
	}
	if l.Pass != tensor.Forward.String() {
		name += " (" + l.Kind + ")" // a layer has several gradients
	}
	return name
}
