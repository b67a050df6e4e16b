package profile

import (
	"strconv"
	"strings"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Tree is the profile as rows, measured: those of its net where that can be
// built from what the profile says of it, else rows by path.
func (p *Profile) Tree() *Tree {
	t := p.netTree()
	if t == nil {
		t = p.pathTree()
	}
	t.Measure(p)
	return t
}

// ByPass is the profile as rows with the passes outermost, measured.
func (p *Profile) ByPass() *Tree {
	t := (&Tree{Root: &Row{Label: p.Model.Arch}, kernels: p.kernelNames()}).ByPass()
	t.Measure(p)
	return t
}

func (p *Profile) kernelNames() []kernelName {
	names := make([]kernelName, len(p.Layers))
	for i := range p.Layers {
		r := &p.Layers[i]
		names[i] = kernelName{r.pass(), r.Path, r.Kernel}
	}
	return names
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

// netTree is the tree of the net that the profile is of, nil if it can't be
// built or has other rows in this version.
func (p *Profile) netTree() *Tree {
	m, err := p.Net()
	if err != nil {
		return nil
	}
	lowered, kernels, err := p.program(m.Model)
	if err != nil {
		return nil
	}
	return NewTree(Net{Model: m.Model, Lowered: lowered, Kernels: kernels})
}

// pathTree is the tree of rows that are no known net's: modules by path, and a
// row per call of a layer, which also holds the kernels of its gradient and
// its update.
func (p *Profile) pathTree() *Tree {
	b := newPathTree(&Tree{Root: &Row{Label: p.Model.Arch}, kernels: p.kernelNames()})
	shown := map[call]*Row{} // by the calls of layers that a row shows
	for k := range p.Layers {
		l := &p.Layers[k]
		at := call{l.Path, l.Call}
		r := shown[at]
		if r == nil {
			r = b.recordedRow(l)
			shown[at] = r
			for _, path := range l.Absorbed {
				shown[call{path, l.Call}] = r
			}
		}
		if r.Kernel < 0 && b.kernels[k].pass == tensor.Forward {
			r.Kernel = k
		}
		b.ByKernel[k] = r
	}
	overhead := tailLabels[OverheadRow]
	b.Tail = []*Row{{Kind: OverheadRow, ID: overhead, Path: overhead, Label: overhead, Kernel: -1}}
	return b.finish()
}

// recordedRow is a new row of a recorded layer and what it absorbed.
func (b *pathTree) recordedRow(l *LayerRow) *Row {
	holder := b.holder(b.Root, l.Path)
	names := []string{lastName(l.Path)}
	for _, a := range l.Absorbed {
		names = append(names, strings.TrimPrefix(a, strings.TrimSuffix(l.Path, names[0])))
	}
	r := &Row{
		Kind: KernelRow, ID: "l:" + l.Path + ":" + strconv.Itoa(l.Call), Path: l.Path, Label: strings.Join(names, " "),
		Parent: holder, Kernel: -1, Out: l.OutShape, Cost: nn.Cost{Params: l.Params, MACs: l.MACs},
	}
	holder.Children = append(holder.Children, r)
	return r
}
