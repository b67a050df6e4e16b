package profile

import (
	"slices"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Tree is a net as rows: modules, blocks, and what each kernel computes of them,
// with costs and, once measured, times. The screen, reports and exporters print it.
//
// Every kernel is in the Flat of exactly one row. A row's Kernels and Cost are the
// sums over its children, and its own.
//
// Only Measure changes a tree after it was made. A Tree isn't safe for concurrent
// use with it.
type Tree struct {
	Model *nn.Model // as it runs; nil in a tree by pass
	Root  *Row
	Rows  []*Row // parents before children, then Tail
	Tail  []*Row // rows after the net: loss and probes, if there are any, and overhead

	ByKernel []*Row // by kernel: the row whose Flat has it
	ByLayer  []*Row // by Layer.Index: the row that shows it; nil in a tree without kernels

	// Of the last Measure: what the times are, and what a whole pass takes, overhead
	// included; 0 while that isn't known.
	Statistic Statistic
	Whole     time.Duration
}

// Net is what NewTree makes a tree of.
type Net struct {
	// Model is the net as it runs. Rows that its lesions removed are kept, as Gone.
	Model *nn.Model

	// Lowered is the plan of Model, and Kernels are those of its program, in
	// execution order. Without a plan, the tree's leaves are the net's leaf modules.
	Lowered *nn.Lowered
	Kernels []tensor.KernelInfo
}

// NewTree returns the tree of a net, without times. Every operation of the plan
// must belong to one of the kernels, as those of a program do.
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

// list appends a row and all rows below it to Rows, and numbers them.
func (t *Tree) list(r *Row) {
	r.Index = len(t.Rows)
	t.Rows = append(t.Rows, r)
	for _, c := range r.Children {
		t.list(c)
	}
}

// gather sums up kernels and costs from the leaves to the root. passOf returns the
// pass that a kernel runs in. The cost of a module is that of what runs of it:
// less than the whole module's if a lesion removed a part.
func (t *Tree) gather(passOf func(kernel int) tensor.Pass) {
	t.makeRoom(passOf)
	// Pass by pass and kernel by kernel, so that each list ends up sorted.
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

// makeRoom allocates the kernels of all rows in one slice: it counts them first,
// then cuts each row's room off. Rows without children need no separate Flat.
func (t *Tree) makeRoom(passOf func(kernel int) tensor.Pass) {
	flat := make([]counts, len(t.Rows))  // by row: its own kernels
	below := make([]counts, len(t.Rows)) // by row: with those of the rows below
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

// counts holds numbers of kernels by pass.
type counts [passes]int

// add adds the numbers of o.
func (c *counts) add(o counts) {
	for pass, n := range o {
		c[pass] += n
	}
}

// sum returns the number of kernels of all passes.
func (c *counts) sum() int { return c[tensor.Forward] + c[tensor.Backward] + c[tensor.Update] }

// room returns empty Kernels with capacity for these numbers, cut off the front of
// a slice, and the rest of it.
func (c *counts) room(of []int) (k Kernels, rest []int) {
	n := c.sum()
	k = Kernels{
		all:      of[:0:n],
		backward: c[tensor.Forward],
		update:   c[tensor.Forward] + c[tensor.Backward],
	}
	return k, of[n:]
}

// hold appends a kernel to its row and to the rows above, in the room that they
// have.
func (r *Row) hold(kernel int) {
	if r.Folds() {
		r.Flat.all = append(r.Flat.all, kernel)
	}
	for ; r != nil; r = r.Parent {
		r.Kernels.all = append(r.Kernels.all, kernel)
	}
}

// Fold returns one row that stands for several rows of a tree, with their kernels
// and costs. It isn't part of the tree.
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
