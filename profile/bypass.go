package profile

import (
	"slices"
	"strings"
)

// ByPass is a tree of the same kernels with the passes outermost, as a call
// tree: each pass, its modules, its layers, and below each layer its kernels
// by name, in the order in which they first run. The overhead is the last row
// below the net, so that the net takes the whole of a pass. The modules that
// hold a layer are the prefixes of its path, which end before its dots.
func (t *Tree) ByPass() *Tree {
	b := newPathTree(t)
	for k, name := range b.kernels {
		label := name.pass.String()
		pass := b.child(b.Root, PassRow, label, label)
		r := b.child(b.holder(pass, name.path), PathRow, name.path, lastName(name.path))
		if name.kernel != "" {
			r = b.child(r, KernelRow, name.kernel, name.kernel)
		}
		b.ByKernel[k] = r
	}
	b.child(b.Root, OverheadRow, tailLabels[OverheadRow], tailLabels[OverheadRow])
	return b.finish()
}

// pathTree is a tree under construction whose rows are found by their paths.
type pathTree struct {
	*Tree
	found map[pathKey]*Row
}

type pathKey struct {
	parent *Row
	kind   RowKind
	path   string
}

// newPathTree is a tree of another's kernels, without rows.
func newPathTree(of *Tree) *pathTree {
	root := &Row{ID: "m:", Label: of.Root.Label, Kernel: -1}
	return &pathTree{&Tree{Root: root, kernels: of.kernels, ByKernel: make([]*Row, len(of.kernels))}, map[pathKey]*Row{}}
}

// child is a row's child of that kind and path, made if need be.
func (b *pathTree) child(parent *Row, kind RowKind, path, label string) *Row {
	key := pathKey{parent, kind, path}
	if r := b.found[key]; r != nil {
		return r
	}
	r := &Row{Kind: kind, ID: parent.ID + "/" + path, Path: path, Label: label, Parent: parent, Kernel: -1}
	parent.Children = append(parent.Children, r)
	b.found[key] = r
	return r
}

// holder is the innermost module of a path, below the row of a pass or the net.
func (b *pathTree) holder(r *Row, path string) *Row {
	for i, c := range path {
		if c == '.' {
			r = b.child(r, ModuleRow, path[:i], lastName(path[:i]))
		}
	}
	return r
}

// lastName is the name of a path's module within the one that holds it.
func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// finish lists the rows and sums their kernels.
func (b *pathTree) finish() *Tree {
	b.list(b.Root)
	b.Rows = slices.Concat(b.Rows, b.Tail)
	for i, r := range b.Rows {
		r.Index = i
	}
	b.gather()
	return b.Tree
}
