package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

const (
	overheadLabel = "overhead"
	probesLabel   = "probes"
	lossLabel     = "loss"
)

// builder makes the rows of a lowered net.
type builder struct {
	*tree
	headOf  map[int]int // layer → the group of the forward pass that it heads
	ran     map[call]*resnet.Layer
	lesions map[string]lesionMark // by block
}

// call is one of a module's calls, whatever else the net has lost.
type call struct {
	path string
	n    int
}

// newTree makes the rows: what is really run, under the modules that hold it.
// whole is the net without lesions, whose rows all stay; m is what runs.
func newTree(whole, m *resnet.Model, l *resnet.Lowered) *tree {
	b := builder{
		&tree{model: m, lowered: l, byLayer: make([]*node, len(m.Layers)), byBlock: map[string]*node{}},
		make(map[int]int, len(l.Groups)), make(map[call]*resnet.Layer, len(m.Layers)), lesionMarks(m.Lesions),
	}
	for _, layer := range m.Layers {
		b.ran[call{layer.Path, layer.Call}] = layer
	}
	b.heads()
	b.root = b.moduleRow(nil, whole.Root)
	b.root.label, b.root.open = m.Name, true
	b.root.each(func(n *node) {
		b.nodes = append(b.nodes, n)
		if n.group >= 0 {
			b.order = append(b.order, n)
		}
		if n.kind == blockNode {
			b.byBlock[n.module.Path] = n
		}
	})
	slices.SortFunc(b.order, func(x, y *node) int { return x.group - y.group })
	b.markLesions(m.Lesions)
	b.backward()
	b.ends()
	b.gather()
	return b.tree
}

// heads finds the layers that head a kernel of the forward pass, and what
// belongs to no layer.
func (b builder) heads() {
	for g, group := range b.lowered.Groups {
		op := &b.lowered.Plan.Ops[group.Head]
		switch layer := b.lowered.OpLayer[group.Head]; {
		case layer >= 0 && op.Pass == tensor.Forward:
			b.headOf[layer] = g
		case layer >= 0:
		case op.Kind == tensor.CrossEntropy || op.Kind == tensor.CrossEntropyGrad:
			b.loss = append(b.loss, g)
		default:
			b.probes = append(b.probes, g)
		}
	}
}

// backward gives rows the kernels that take the gradient back through them.
func (b builder) backward() {
	for g, group := range b.lowered.Groups {
		layer := b.lowered.OpLayer[group.Head]
		if layer < 0 || b.lowered.Plan.Ops[group.Head].Pass == tensor.Forward {
			continue
		}
		if n := b.byLayer[layer]; n != nil {
			n.behind = append(n.behind, g)
		}
	}
}

// gather tells each row the groups of all that is under it, and what that costs:
// less than the module's own cost where a lesion took a part away.
func (b builder) gather() {
	for _, n := range slices.Backward(b.nodes) {
		if n.folds() {
			n.cost = resnet.Cost{}
		}
		for _, c := range n.children {
			n.cost = add(n.cost, c.cost)
		}
		if n.group >= 0 {
			n.ahead = append(n.ahead, n.group)
		}
		n.after = append(n.after, n.behind...)
		if p := n.parent; p != nil {
			p.ahead, p.after = append(p.ahead, n.ahead...), append(p.after, n.after...)
		}
	}
	for _, n := range b.tail {
		switch n.label {
		case lossLabel:
			n.ahead = b.loss
		case probesLabel:
			n.ahead = b.probes
		}
	}
}

// ends adds the rows after the net, and what the filter looks at.
func (b builder) ends() {
	labels := []string{overheadLabel}
	if len(b.probes) > 0 {
		labels = append([]string{probesLabel}, labels...)
	}
	if len(b.loss) > 0 {
		labels = append([]string{lossLabel}, labels...)
	}
	for _, label := range labels {
		b.tail = append(b.tail, &node{kind: overheadNode, id: label, label: label, group: -1})
	}
	for _, n := range append(b.nodes, b.tail...) {
		n.search = searchText(n)
	}
}

// moduleRow is a module with all that is under it.
func (b builder) moduleRow(parent *node, m *resnet.Module) *node {
	n := &node{kind: moduleNode, id: "m:" + m.Path, label: m.Name, parent: parent, module: m, group: -1, out: m.Out}
	if parent != nil && parent.parent != nil {
		n.depth = parent.depth + 1
	}
	if m.Block != nil {
		b.fillBlock(n)
		return n
	}
	b.fillModule(n)
	n.note = noteOf(n)
	n.children = b.foldRuns(n)
	return n
}

// fillModule adds the kernels of m itself and its inner modules, in the order
// in which they run.
func (b builder) fillModule(n *node) {
	seen := map[*resnet.Module]bool{}
	for _, l := range n.module.Layers {
		c := childToward(n.module, l.Module)
		switch {
		case c == nil || len(c.Children) == 0:
			n.children = b.addRow(n.children, n, l)
		case !seen[c]:
			seen[c] = true
			n.children = append(n.children, b.moduleRow(n, c))
		}
	}
}

// childToward is m's child above leaf, or nil if the leaf is m itself.
func childToward(m, leaf *resnet.Module) *resnet.Module {
	for leaf != nil && leaf.Parent != m {
		if leaf == m {
			return nil
		}
		leaf = leaf.Parent
	}
	return leaf
}

// addRow adds the row of the kernel that l heads, if no other's absorbs it. A
// layer that a lesion took away goes to the row of those before it.
func (b builder) addRow(rows []*node, parent *node, l *resnet.Layer) []*node {
	if ran := b.ran[call{l.Path, l.Call}]; ran != nil {
		if g, ok := b.headOf[ran.Index]; ok {
			return append(rows, b.layerRow(parent, ran, g))
		}
		return rows
	}
	if n := len(rows); n > 0 && rows[n-1].gone && !weighted(l.Kind) {
		rows[n-1].layers = append(rows[n-1].layers, l)
		rows[n-1].label = kernelLabel(parent.module, rows[n-1].layers)
		return rows
	}
	row := newRow(parent, l)
	row.gone, row.label = true, kernelLabel(parent.module, row.layers)
	return append(rows, row)
}

// weighted reports whether a kind of layer begins a row.
func weighted(k tensor.Kind) bool { return k == tensor.Conv2d || k == tensor.Linear }

func newRow(parent *node, l *resnet.Layer) *node {
	n := &node{kind: layerNode, parent: parent, module: l.Module, group: -1, layers: []*resnet.Layer{l}}
	n.id = "l:" + l.Path + ":" + strconv.Itoa(l.Call)
	if parent.parent != nil {
		n.depth = parent.depth + 1
	}
	return n
}

// layerRow is the row of group g, which l heads.
func (b builder) layerRow(parent *node, l *resnet.Layer, g int) *node {
	n := newRow(parent, l)
	n.group = g
	for _, op := range b.lowered.Groups[g].Absorbed {
		if i := b.lowered.OpLayer[op]; i >= 0 {
			n.layers = append(n.layers, b.model.Layers[i])
		}
	}
	for _, l := range n.layers {
		n.cost = add(n.cost, l.Cost)
		b.byLayer[l.Index] = n
	}
	n.out = n.layers[len(n.layers)-1].Out
	n.label = kernelLabel(parent.module, n.layers)
	return n
}

// add sums two costs.
func add(a, c resnet.Cost) resnet.Cost {
	return resnet.Cost{
		Params: a.Params + c.Params, Buffers: a.Buffers + c.Buffers, MACs: a.MACs + c.MACs, FLOPs: a.FLOPs + c.FLOPs,
		ReadBytes: a.ReadBytes + c.ReadBytes, WriteBytes: a.WriteBytes + c.WriteBytes, ActivationBytes: a.ActivationBytes + c.ActivationBytes,
	}
}

// noteOf says how much a module holds.
func noteOf(n *node) string {
	if n.parent == nil || len(n.children) == 0 {
		return ""
	}
	what := "kernels"
	if n.children[0].kind == blockNode {
		what = "blocks"
	}
	return plural(len(n.children), what)
}

func plural(n int, what string) string {
	if n == 1 {
		what = strings.TrimSuffix(what, "s")
	}
	return fmt.Sprintf("%d %s", n, what)
}

// foldRuns puts runs of alike blocks after the first under one row.
func (b builder) foldRuns(parent *node) []*node {
	var rows []*node
	for i := 0; i < len(parent.children); {
		n := parent.children[i]
		rows = append(rows, n)
		i++
		run := 0
		if n.kind == blockNode {
			run = b.sameAs(parent.children[i:], n)
		}
		if run >= 2 {
			rows = append(rows, runRow(parent, parent.children[i:i+run]))
			i += run
		}
	}
	return rows
}

// sameAs counts the blocks at the start of rows that are like n; what has a
// lesion is like nothing else.
func (b builder) sameAs(rows []*node, n *node) int {
	if _, lesioned := b.lesions[n.module.Path]; lesioned {
		return 0
	}
	for i, c := range rows[:min(n.module.Alike-1, len(rows))] {
		if _, lesioned := b.lesions[c.module.Path]; lesioned {
			return i
		}
	}
	return min(n.module.Alike-1, len(rows))
}

func runRow(parent *node, blocks []*node) *node {
	first, last := blocks[0], blocks[len(blocks)-1]
	n := &node{
		kind: runNode, id: "r:" + first.module.Path, parent: parent, children: blocks, depth: first.depth, group: -1,
		label: first.label + "…" + last.label, note: fmt.Sprintf("×%d like this", len(blocks)),
		skip: first.skip, rail: first.rail, out: last.out,
	}
	for _, c := range blocks {
		c.parent = n
	}
	return n
}

// searchText is what a filter compares: path, label and kinds, in small letters.
func searchText(n *node) string {
	parts := []string{n.path(), n.label, n.note}
	for _, l := range n.layers {
		parts = append(parts, l.Path, kindLabel(l.Kind)) // "conv": Conv2d would be found by conv2
	}
	if len(n.layers) == 0 && n.module != nil {
		parts = append(parts, n.module.Kind)
	}
	return strings.ToLower(strings.Join(parts, " "))
}

// kernelLabel names the layers of a kernel as they stand in a module:
// "conv1 bn1 relu", "conv3 bn3 ⊕ relu", "downsample".
func kernelLabel(in *resnet.Module, layers []*resnet.Layer) string {
	if whole := wholeModule(in, layers); whole != "" {
		return whole
	}
	names := make([]string, len(layers))
	for i, l := range layers {
		names[i] = layerLabel(in, l, i == 0)
	}
	return strings.Join(names, " ")
}

// wholeModule is the name of the inner module that the layers make up.
func wholeModule(in *resnet.Module, layers []*resnet.Layer) string {
	p := layers[0].Module.Parent
	if p == nil || in != nil && p.Path == in.Path || len(p.Layers) != len(layers) || in != nil && layers[0].Path == in.Path {
		return ""
	}
	for _, l := range layers {
		if l.Module.Parent != p {
			return ""
		}
	}
	return below(in, p.Path)
}

// below is a path as seen from a module above it.
func below(in *resnet.Module, path string) string {
	if in == nil || in.Path == "" {
		return path
	}
	return strings.TrimPrefix(path, in.Path+".")
}

// layerLabel is a layer's name; one that is only a number also has its kind.
func layerLabel(in *resnet.Module, l *resnet.Layer, head bool) string {
	if l.Kind == tensor.Add {
		return "⊕"
	}
	name := below(in, l.Path)
	last := name[strings.LastIndexByte(name, '.')+1:]
	if _, err := strconv.Atoi(last); err != nil {
		return name
	}
	if !head {
		return kindLabel(l.Kind)
	}
	return name + " " + kindLabel(l.Kind)
}

func kindLabel(k tensor.Kind) string {
	switch k {
	case tensor.Conv2d:
		return "conv"
	case tensor.BatchNorm2d:
		return "bn"
	case tensor.Linear:
		return "fc"
	case tensor.MaxPool2d:
		return "maxpool"
	case tensor.AdaptiveAvgPool2d:
		return "avgpool"
	}
	return strings.ToLower(k.String())
}
