package profile

import (
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Tree is a net as rows: modules, blocks, and what each kernel computes of
// them, with costs and, once measured, times. The screen, the reports and the
// exporters print it. A Tree is not safe for concurrent use.
//
// Every kernel is in the Flat of exactly one row.
type Tree struct {
	Model *nn.Model // that runs; nil for recorded rows of no net that is known
	Root  *Row
	Rows  []*Row // parents before children, then Tail
	Tail  []*Row // after the net: loss and probes, as far as there are any, and overhead

	ByKernel []*Row // the row whose Flat holds each kernel
	ByLayer  []*Row // by Layer.Index: the row that shows it; nil in a tree without kernels

	kernels []kernelName
}

// Net is what a Tree is made of.
type Net struct {
	// Model is the net as it runs. The rows that its lesions took away stay.
	Model *nn.Model
	// Lowered is Model as a plan, and Kernels are the program's, in order of
	// execution. Without them the tree's leaves are the net's leaf modules.
	Lowered *nn.Lowered
	Kernels []tensor.KernelInfo
}

// kernelName says where a kernel belongs, whatever the shape of the tree.
type kernelName struct {
	pass   tensor.Pass
	path   string // of its head
	kernel string // the device's name
}

// NewTree makes the rows of a net. Every operation of the plan must belong to one
// of the kernels, as a program's do.
func NewTree(n Net) *Tree {
	b := newBuilder(n)
	b.Root = b.module(nil, n.Model.Unlesioned().Root)
	b.Root.Label = n.Model.Name
	b.list(b.Root)
	if n.Lowered != nil {
		b.tail()
	}
	for i, r := range b.Rows {
		r.Index = i
	}
	b.attach()
	b.gather()
	return b.Tree
}

// list adds a row and all below it to Rows.
func (t *Tree) list(r *Row) {
	t.Rows = append(t.Rows, r)
	for _, c := range r.Children {
		t.list(c)
	}
}

// gather sums kernels and costs from the leaves up. A module costs what runs
// of it: less than the whole where a lesion took a part away.
func (t *Tree) gather() {
	own := make([][passes][]int, len(t.Rows))
	for k, r := range t.ByKernel {
		pass := t.kernels[k].pass
		own[r.Index][pass] = append(own[r.Index][pass], k)
	}
	for i := len(t.Rows) - 1; i >= 0; i-- {
		r := t.Rows[i]
		r.Flat = newKernels(own[i])
		r.Kernels = r.Flat
		if !r.Folds() {
			continue
		}
		r.Cost = nn.Cost{}
		for _, c := range r.Children {
			r.Cost.Add(c.Cost)
			for p := range passes {
				own[i][p] = append(own[i][p], own[c.Index][p]...)
			}
		}
		r.Kernels = newKernels(own[i])
	}
}

// Fold is one row for several of a tree, with their kernels and costs.
func Fold(label string, rows []*Row) *Row {
	r := &Row{Kind: RunRow, Path: label, Label: label, Kernel: -1}
	var kernels [passes][]int
	for _, of := range rows {
		r.Cost.Add(of.Cost)
		for p := range passes {
			kernels[p] = append(kernels[p], of.Kernels.In(tensor.Pass(p))...)
		}
	}
	r.Kernels = newKernels(kernels)
	return r
}
