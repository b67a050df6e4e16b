package profile

import (
	"slices"
	"strconv"
	"strings"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// builder makes the rows of a net.
type builder struct {
	*Tree
	net    Net
	headOf []int // layer → the kernel of the forward pass that it heads, −1 for none

	// Of a net with lesions, whose rows are those of the whole net:
	running  map[call]*nn.Layer
	modules  map[string]*nn.Module // as they run
	lesioned map[string]bool       // blocks by path

	// What rows are made of, and the parts of the block in the making.
	rows     slab[Row]
	children slab[*Row]
	layers   slab[*nn.Layer]
	names    strings.Builder
	parts    parts
}

// call is one of a module's calls, whichever the net.
type call struct {
	path string
	n    int
}

func callOf(l *nn.Layer) call { return call{l.Path, l.Call} }

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

// passOf is the pass that a kernel runs in.
func (b *builder) passOf(kernel int) tensor.Pass {
	return b.net.Lowered.Plan.Ops[b.net.Kernels[kernel].Op].Pass
}

func (b *builder) indexLesioned() {
	b.running, b.modules, b.lesioned = map[call]*nn.Layer{}, map[string]*nn.Module{}, map[string]bool{}
	for _, l := range b.net.Model.Layers {
		b.running[callOf(l)] = l
	}
	for _, l := range b.net.Model.Lesions {
		b.lesioned[l.Path], b.lesioned[l.Other] = true, true
	}
	b.indexModules(b.net.Model.Root)
}

func (b *builder) indexModules(m *nn.Module) {
	b.modules[m.Path] = m
	for _, c := range m.Children {
		b.indexModules(c)
	}
}

// runs is the layer that runs for one of the whole net's, nil if a lesion took
// it away.
func (b *builder) runs(l *nn.Layer) *nn.Layer {
	if b.running == nil {
		return l
	}
	return b.running[callOf(l)]
}

// newRow is a row without a kernel.
func (b *builder) newRow(r Row) *Row {
	made := &b.rows.take(1)[0]
	*made = r
	made.Kernel = -1
	return made
}

// text is the parts as one string. It is cut from a longer one.
func (b *builder) text(parts ...string) string {
	from := b.names.Len()
	for _, p := range parts {
		b.names.WriteString(p)
	}
	return b.names.String()[from:]
}

// attach finds each kernel's row: that of the layer which its head computes,
// differentiates or updates, or one after the net.
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

// tailKind is the row for an operation that belongs to no layer.
func tailKind(k tensor.Kind) RowKind {
	if k == tensor.CrossEntropy || k == tensor.CrossEntropyGrad {
		return LossRow
	}
	return ProbesRow
}

var tailLabels = map[RowKind]string{LossRow: "loss", ProbesRow: "probes", OverheadRow: "overhead"}

// tail adds the rows after the net.
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

// inner are the rows of a module that is no block, in the order in which they
// run: its own kernels, and its inner modules.
func (b *builder) inner(r *Row) (rows []*Row) {
	if b.net.Lowered == nil {
		return b.leaves(r)
	}
	seen, last := map[*nn.Module]bool{}, (*nn.Module)(nil)
	for _, l := range r.Module.Layers {
		c := childToward(r.Module, l.Module)
		switch {
		case c == nil || len(c.Children) == 0:
			rows = b.addLayer(rows, r, l)
		case c != last && !seen[c]:
			seen[c], last = true, c
			rows = append(rows, b.module(r, c))
		}
	}
	return rows
}

// leaves are the rows of a module's children where there are no kernels.
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

// childToward is m's child above leaf, or nil if the leaf is m itself.
func childToward(m, leaf *nn.Module) *nn.Module {
	for leaf != nil && leaf.Parent != m {
		if leaf == m {
			return nil
		}
		leaf = leaf.Parent
	}
	return leaf
}

// addLayer adds the row of the kernel that l heads, if no other's absorbs it.
// A layer that a lesion took away joins the row of those before it.
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
	r.Gone, r.Label = true, b.kernelLabel(parent.Module, r.Layers)
	return append(rows, r)
}

// beginsRow reports whether a layer that does not run begins a row of its own,
// as it would head a kernel.
func beginsRow(k tensor.Kind) bool { return k == tensor.Conv2d || k == tensor.Linear }

// layerRow is the row of a layer, with room for what else its kernel computes.
func (b *builder) layerRow(parent *Row, l *nn.Layer, layers int) *Row {
	return b.newRow(Row{
		Kind: KernelRow, ID: b.text("l:", l.Path, ":", strconv.Itoa(l.Call)), Path: l.Path, Parent: parent,
		Module: l.Module, Layers: append(b.layers.take(layers)[:0], l),
	})
}

// kernelRow is the row of kernel k, which l heads.
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

// foldRuns puts runs of at least three alike blocks, but the first, under one row.
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

// alike counts the blocks at the start of rows that are like r. One with a
// lesion is like no other.
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

func (b *builder) runRow(parent *Row, blocks []*Row) *Row {
	first, last := blocks[0], blocks[len(blocks)-1]
	label := first.Label + "…" + last.Label
	r := b.newRow(Row{
		Kind: RunRow, ID: "r:" + first.Path, Path: label, Label: label, Note: "×" + strconv.Itoa(len(blocks)) + " like this",
		Parent: parent, Children: blocks, Skip: first.Skip, Rail: first.Rail, Out: last.Out,
	})
	for _, c := range blocks {
		c.Parent = r
	}
	return r
}
