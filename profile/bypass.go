package profile

import (
	"strings"

	"resnet-tui/tensor"
)

// ByPass is the profile as rows with the passes outermost, as a call tree,
// measured: each pass, its modules, its layers, and below each layer its kernels
// by name, in the order in which they first run. The overhead is the last row
// below the net, so that the net takes the whole of a pass. The modules that
// hold a layer are the prefixes of its path, which end before its dots. The
// kernels are indices into p.Layers.
func (p *Profile) ByPass() *Tree {
	t := &Tree{Root: &Row{ID: "m:", Label: p.Model.Arch, Kernel: -1}, ByKernel: make([]*Row, len(p.Layers))}
	b := pathTree{t, map[pathKey]*Row{}}
	passes := make([]tensor.Pass, len(p.Layers))
	for k := range p.Layers {
		l := &p.Layers[k]
		passes[k] = l.pass()
		b.ByKernel[k] = b.kernelRow(l, passes[k].String())
	}
	b.child(b.Root, OverheadRow, tailLabels[OverheadRow], tailLabels[OverheadRow])
	t.list(t.Root)
	t.gather(func(kernel int) tensor.Pass { return passes[kernel] })
	t.Measure(p)
	return t
}

// pass is the pass that the row belongs to; what is none is forward.
func (r *LayerRow) pass() tensor.Pass {
	for pass := tensor.Backward; pass <= tensor.Update; pass++ {
		if r.Pass == pass.String() {
			return pass
		}
	}
	return tensor.Forward
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

// kernelRow is the row of a recorded kernel, made with those above it if need be.
func (b pathTree) kernelRow(l *LayerRow, pass string) *Row {
	holder := b.holder(b.child(b.Root, PassRow, pass, pass), l.Path)
	r := b.child(holder, PathRow, l.Path, lastName(l.Path))
	if l.Kernel != "" {
		r = b.child(r, KernelRow, l.Kernel, l.Kernel)
	}
	return r
}

// child is a row's child of that kind and path, made if need be.
func (b pathTree) child(parent *Row, kind RowKind, path, label string) *Row {
	key := pathKey{parent, kind, path}
	if r := b.found[key]; r != nil {
		return r
	}
	r := &Row{Kind: kind, ID: parent.ID + "/" + path, Path: path, Label: label, Parent: parent, Kernel: -1}
	parent.Children = append(parent.Children, r)
	b.found[key] = r
	return r
}

// holder is the innermost module of a path, below the row of a pass.
func (b pathTree) holder(r *Row, path string) *Row {
	for i, c := range path {
		if c == '.' {
			r = b.child(r, ModuleRow, path[:i], lastName(path[:i]))
		}
	}
	return r
}

// lastName is the name of a path's module within the one that holds it.
func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
