package profile

import (
	"slices"
	"strconv"
	"strings"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// builder builds the tree of a net. The rows come from the net without lesions, so
// that they stay in place when a lesion is made or undone; kernels and layers come
// from the net as it runs.
type builder struct {
	*Tree
	net    Net
	headOf []int // by layer: the kernel of the forward pass that it heads, or −1

	// For a net with lesions only, to find what runs of the whole net.
	running  map[call]*nn.Layer
	modules  map[string]*nn.Module // by path, as they run
	lesioned map[string]bool       // paths of blocks with lesions

	// Memory of the rows, and the parts of the current block.
	rows     slab[Row]
	children slab[*Row]
	layers   slab[*nn.Layer]
	names    strings.Builder
	parts    parts
}

// call identifies a call of a module, in a net with or without lesions.
type call struct {
	path string
	n    int // from 0, for modules that are called several times
}

// callOf returns the call that a layer is.
func callOf(l *nn.Layer) call { return call{l.Path, l.Call} }

// newBuilder returns a builder whose indexes are filled.
func newBuilder(n Net) *builder {
	b := &builder{Tree: &Tree{Model: n.Model}, net: n}
	if n.Model.Unlesioned() != n.Model {
		b.indexLesioned()
	}
	if n.Lowered == nil {
		return b
	}
	b.ByLayer = make([]*Row, len(n.Model.Layers))
	b.headOf = slices.Repeat([]int{-1}, len(n.Model.Layers))
	for k, info := range n.Kernels {
		if layer := n.Lowered.OpLayer[info.Op]; layer >= 0 && b.passOf(k) == tensor.Forward {
			b.headOf[layer] = k
		}
	}
	return b
}

// passOf returns the pass that a kernel runs in: that of its head.
func (b *builder) passOf(kernel int) tensor.Pass {
	return b.net.Lowered.Plan.Ops[b.net.Kernels[kernel].Op].Pass
}

// indexLesioned fills the indexes of a net with lesions.
func (b *builder) indexLesioned() {
	b.running = map[call]*nn.Layer{}
	b.modules = map[string]*nn.Module{}
	b.lesioned = map[string]bool{}
	for _, l := range b.net.Model.Layers {
		b.running[callOf(l)] = l
	}
	for _, l := range b.net.Model.Lesions {
		b.lesioned[l.Path], b.lesioned[l.Other] = true, true
	}
	b.indexModules(b.net.Model.Root)
}

// indexModules adds a module and all below it to modules.
func (b *builder) indexModules(m *nn.Module) {
	b.modules[m.Path] = m
	for _, c := range m.Children {
		b.indexModules(c)
	}
}

// runs returns the layer that runs in place of a layer of the whole net, nil if a
// lesion removed it.
func (b *builder) runs(l *nn.Layer) *nn.Layer {
	if b.running == nil {
		return l
	}
	return b.running[callOf(l)]
}

// newRow returns a copy of r in the tree's memory, without a kernel.
func (b *builder) newRow(r Row) *Row {
	made := &b.rows.take(1)[0]
	*made = r
	made.Kernel = -1
	return made
}

// text joins strings. The result is a part of names, a buffer that all names of
// the tree share: it grows by appending, so earlier parts stay valid.
func (b *builder) text(parts ...string) string {
	from := b.names.Len()
	for _, p := range parts {
		b.names.WriteString(p)
	}
	return b.names.String()[from:]
}

// attach finds the row of each kernel: that of the layer which its head computes,
// differentiates or updates, or a row of the tail.
func (b *builder) attach() {
	b.ByKernel = make([]*Row, len(b.net.Kernels))
	for k, info := range b.net.Kernels {
		if layer := b.net.Lowered.OpLayer[info.Op]; layer >= 0 {
			b.ByKernel[k] = b.ByLayer[layer]
			continue
		}
		kind := tailKind(b.net.Lowered.Plan.Ops[info.Op].Kind)
		at := slices.IndexFunc(b.Tail, func(r *Row) bool { return r.Kind == kind })
		b.ByKernel[k] = b.Tail[at]
	}
}

// tailKind returns the kind of row for an operation without a layer.
func tailKind(k tensor.Kind) RowKind {
	if k == tensor.CrossEntropy || k == tensor.CrossEntropyGrad {
		return LossRow
	}
	return ProbesRow
}

// tailLabels holds the labels of rows after the net.
var tailLabels = map[RowKind]string{LossRow: "loss", ProbesRow: "probes", OverheadRow: "overhead"}

// tail appends the rows after the net: those that have kernels, and the overhead.
func (b *builder) tail() {
	wanted := map[RowKind]bool{OverheadRow: true}
	for _, info := range b.net.Kernels {
		if b.net.Lowered.OpLayer[info.Op] < 0 {
			wanted[tailKind(b.net.Lowered.Plan.Ops[info.Op].Kind)] = true
		}
	}
	for kind := LossRow; kind <= OverheadRow; kind++ {
		if label := tailLabels[kind]; wanted[kind] {
			r := b.newRow(Row{Kind: kind, ID: label, Path: label, Label: label})
			b.Tail = append(b.Tail, r)
			b.list(r)
		}
	}
}

// module is the row of a module with all that is under it.
func (b *builder) module(parent *Row, m *nn.Module) *Row {
	r := b.newRow(Row{ID: b.text("m:", m.Path), Path: m.Path, Label: m.Name, Parent: parent, Module: m, Out: m.Out})
	if m.Block != nil {
		b.block(r)
		return r
	}
	r.Children = b.inner(r)
	r.Note = noteOf(r)
	r.Children = b.foldRuns(r)
	return r
}

// inner returns the rows below a module that isn't a block, in execution order: its
// own kernels, and modules inside it where their first layer runs. Leaf modules
// have no row of their own, as they are named by their kernel.
func (b *builder) inner(r *Row) (rows []*Row) {
	if b.net.Lowered == nil {
		return b.leaves(r)
	}
	seen := map[*nn.Module]bool{}
	var last *nn.Module // saves a look-up: layers of a module are mostly consecutive
	for _, l := range r.Module.Layers {
		c := childToward(r.Module, l.Module)
		switch {
		case c == nil || len(c.Children) == 0:
			rows = b.addLayer(rows, r, l)
		case c != last && !seen[c]:
			seen[c] = true
			last = c
			rows = append(rows, b.module(r, c))
		}
	}
	return rows
}

// leaves returns the rows below a module in a tree without kernels.
func (b *builder) leaves(r *Row) (rows []*Row) {
	for _, c := range r.Module.Children {
		if len(c.Children) > 0 || c.Block != nil {
			rows = append(rows, b.module(r, c))
			continue
		}
		rows = append(rows, b.newRow(Row{
			Kind: LeafRow, ID: b.text("m:", c.Path), Path: c.Path, Label: c.Name, Parent: r,
			Module: c, Layers: c.Layers, Out: c.Out, Cost: c.Cost,
		}))
	}
	return rows
}

// childToward returns the child of m that is leaf or contains it, nil if leaf is m
// itself.
func childToward(m, leaf *nn.Module) *nn.Module {
	for leaf != nil && leaf.Parent != m {
		if leaf == m {
			return nil
		}
		leaf = leaf.Parent
	}
	return leaf
}

// addLayer appends the row of the kernel that l heads; a layer that another kernel
// absorbs has none. Layers that a lesion removed have no kernel: they are grouped
// as kernels usually are, each with the ones before it up to a convolution.
func (b *builder) addLayer(rows []*Row, parent *Row, l *nn.Layer) []*Row {
	if runs := b.runs(l); runs != nil {
		if k := b.headOf[runs.Index]; k >= 0 {
			return append(rows, b.kernelRow(parent, runs, k))
		}
		return rows
	}
	if n := len(rows); n > 0 && rows[n-1].Gone && !beginsRow(l.Kind) {
		rows[n-1].Layers = append(rows[n-1].Layers, l)
		rows[n-1].Label = b.kernelLabel(parent.Module, rows[n-1].Layers)
		return rows
	}
	r := b.layerRow(parent, l, 1)
	r.Gone = true
	r.Label = b.kernelLabel(parent.Module, r.Layers)
	return append(rows, r)
}

// beginsRow reports whether a removed layer starts a row, as it would head a
// kernel if it ran.
func beginsRow(k tensor.Kind) bool { return k == tensor.Conv2d || k == tensor.Linear }

// layerRow returns a row of layer l, with room for the given number of layers in
// all.
func (b *builder) layerRow(parent *Row, l *nn.Layer, layers int) *Row {
	return b.newRow(Row{
		Kind: KernelRow, ID: b.text("l:", l.Path, ":", strconv.Itoa(l.Call)), Path: l.Path, Parent: parent,
		Module: l.Module, Layers: append(b.layers.take(layers)[:0], l),
	})
}

// kernelRow returns the row of kernel k, which l heads, with the layers that it
// absorbed.
func (b *builder) kernelRow(parent *Row, l *nn.Layer, k int) *Row {
	absorbed := b.net.Kernels[k].Absorbed
	r := b.layerRow(parent, l, 1+len(absorbed))
	r.Kernel = k
	for _, op := range absorbed {
		if i := b.net.Lowered.OpLayer[op]; i >= 0 {
			r.Layers = append(r.Layers, b.net.Model.Layers[i])
		}
	}
	for _, l := range r.Layers {
		r.Cost.Add(l.Cost)
		b.ByLayer[l.Index] = r
	}
	r.Out = r.Layers[len(r.Layers)-1].Out
	r.Label = b.kernelLabel(parent.Module, r.Layers)
	return r
}

// foldRuns replaces all but the first of three or more alike blocks in a row by one
// RunRow: the later stages of a ResNet-152 have dozens. The first stays, so that a
// reader sees what is repeated.
func (b *builder) foldRuns(parent *Row) (rows []*Row) {
	for i := 0; i < len(parent.Children); {
		r := parent.Children[i]
		rows = append(rows, r)
		i++
		run := 0
		if r.Kind == BlockRow {
			run = b.alike(r, parent.Children[i:])
		}
		if run >= 2 {
			rows = append(rows, b.runRow(parent, parent.Children[i:i+run]))
			i += run
		}
	}
	return rows
}

// alike returns the number of blocks at the start of rows that are like r. Blocks
// with lesions aren't like any other.
func (b *builder) alike(r *Row, rows []*Row) int {
	rows = rows[:min(r.Module.Alike-1, len(rows))]
	if b.lesioned[r.Path] {
		return 0
	}
	if at := slices.IndexFunc(rows, func(c *Row) bool { return b.lesioned[c.Path] }); at >= 0 {
		return at
	}
	return len(rows)
}

// runRow returns the row of a run of blocks, which become its children.
func (b *builder) runRow(parent *Row, blocks []*Row) *Row {
	first, last := blocks[0], blocks[len(blocks)-1]
	label := first.Label + "…" + last.Label
	r := b.newRow(Row{
		Kind:     RunRow,
		ID:       "r:" + first.Path,
		Path:     label,
		Label:    label,
		Note:     "×" + strconv.Itoa(len(blocks)) + " like this",
		Parent:   parent,
		Children: blocks,
		Skip:     first.Skip,
		Rail:     first.Rail,
		Out:      last.Out,
	})
	for _, c := range blocks {
		c.Parent = r
	}
	return r
}
