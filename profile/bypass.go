package profile

import (
	"strings"

	"resnet-tui/tensor"
)

// ByPass returns the profile as a measured tree in the shape of a call tree, as
// other profilers expect: the net, each pass, its modules, its layers, and below
// each layer its kernels by name. Rows are in the order in which they first run.
// The overhead is the last row below the net, so that the net's time is the
// whole pass.
//
// Modules come from the paths alone: layer1.0.conv1 is below layer1.0, which is
// below layer1. So the profile may be of any net. The kernels of rows are indices
// into p.Layers.
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

// pass returns the pass that the row belongs to. A name that is not known, from a
// file, counts as forward.
func (r *LayerRow) pass() tensor.Pass {
	for pass := tensor.Backward; pass <= tensor.Update; pass++ {
		if r.Pass == pass.String() {
			return pass
		}
	}
	return tensor.Forward
}

// pathTree is a tree under construction that is made of paths alone, without the
// net's modules.
type pathTree struct {
	*Tree
	found map[pathKey]*Row // all rows but the root
}

// pathKey identifies a row below its parent.
type pathKey struct {
	parent *Row
	kind   RowKind
	path   string
}

// kernelRow returns the row of a recorded kernel. It adds it and the rows above it
// if they are missing.
func (b pathTree) kernelRow(l *LayerRow, pass string) *Row {
	holder := b.holder(b.child(b.Root, PassRow, pass, pass), l.Path)
	r := b.child(holder, PathRow, l.Path, lastName(l.Path))
	if l.Kernel != "" {
		r = b.child(r, KernelRow, l.Kernel, l.Kernel)
	}
	return r
}

// child returns a row's child of this kind and path, and adds it if the row has
// none.
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

// holder returns the row of the innermost module that contains a path, below the
// row of a pass. It adds the modules that are missing.
func (b pathTree) holder(r *Row, path string) *Row {
	for i, c := range path {
		if c == '.' {
			r = b.child(r, ModuleRow, path[:i], lastName(path[:i]))
		}
	}
	return r
}

// lastName returns the last component of a path.
func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
