package profile

import (
	"slices"

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
	b.attach()
	b.gather(b.passOf)
	return b.Tree
}

// list adds a row and all below it to Rows.
func (t *Tree) list(r *Row) {
	r.Index = len(t.Rows)
	t.Rows = append(t.Rows, r)
	for _, c := range r.Children {
		t.list(c)
	}
}

// gather sums kernels and costs from the leaves up; passOf is the pass that a
// kernel runs in. A module costs what runs of it: less than the whole where a
// lesion took a part away.
func (t *Tree) gather(passOf func(kernel int) tensor.Pass) {
	t.makeRoom(passOf)
	for pass := range tensor.Pass(passes) {
		for k, r := range t.ByKernel {
			if passOf(k) == pass {
				r.hold(k)
			}
		}
	}
	for _, r := range slices.Backward(t.Rows) {
		if !r.Folds() {
			r.Flat = r.Kernels
			continue
		}
		r.Cost = nn.Cost{}
		for _, c := range r.Children {
			r.Cost.Add(c.Cost)
		}
	}
}

// makeRoom gives every row room for the kernels that it will hold, all of them
// in one slice.
func (t *Tree) makeRoom(passOf func(kernel int) tensor.Pass) {
	flat, below := make([]counts, len(t.Rows)), make([]counts, len(t.Rows))
	for k, r := range t.ByKernel {
		flat[r.Index][passOf(k)]++
	}
	total := 0
	for i, r := range slices.Backward(t.Rows) {
		below[i].add(flat[i])
		total += below[i].sum()
		if r.Folds() {
			total += flat[i].sum()
		}
		if r.Parent != nil {
			below[r.Parent.Index].add(below[i])
		}
	}
	room := make([]int, total)
	for i, r := range t.Rows {
		r.Kernels, room = below[i].room(room)
		if r.Folds() {
			r.Flat, room = flat[i].room(room)
		}
	}
}

// counts are numbers of kernels by pass.
type counts [passes]int

func (c *counts) add(o counts) {
	for pass, n := range o {
		c[pass] += n
	}
}

func (c *counts) sum() int { return c[tensor.Forward] + c[tensor.Backward] + c[tensor.Update] }

// room cuts room for that many kernels off what there is.
func (c *counts) room(of []int) (k Kernels, rest []int) {
	n := c.sum()
	return Kernels{of[:0:n], c[tensor.Forward], c[tensor.Forward] + c[tensor.Backward]}, of[n:]
}

// hold adds a kernel to its row and those above it, in the room that they have.
func (r *Row) hold(kernel int) {
	if r.Folds() {
		r.Flat.all = append(r.Flat.all, kernel)
	}
	for ; r != nil; r = r.Parent {
		r.Kernels.all = append(r.Kernels.all, kernel)
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
