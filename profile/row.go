package profile

import (
	"slices"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// RowKind is the kind of thing that a row stands for.
type RowKind uint8

// The kinds of row.
const (
	ModuleRow   RowKind = iota // the net, a stage, a container
	BlockRow                   // a residual block, or a plain net's
	RunRow                     // a run of blocks that are like the one before them, which are its children
	KernelRow                  // the layers that one kernel of the forward pass computes
	JoinRow                    // ⊕, where the skip is added: with its kernel, if it has one
	LeafRow                    // all calls of a leaf module, in a tree without kernels
	LossRow                    // the loss and its gradient
	ProbesRow                  // measurements of no particular layer
	OverheadRow                // the time of a pass outside of its kernels
	PassRow                    // forward, backward or update, in a tree by pass
	PathRow                    // a layer in a tree by pass, above one KernelRow per kernel name
)

// Rail is the segment of a block's skip to draw beside a row.
type Rail uint8

// The rails, from the row where the skip leaves the block's input to the row
// where it is added.
const (
	NoRail  Rail = iota
	RailTop      // the block's own row
	RailMid      // rows that the skip passes by
	RailEnd      // the row of the addition
)

// Row is a line of a Tree: a module, or what one kernel computes of it. Rows
// belong to their tree; readers must not change them.
type Row struct {
	Index int // in Tree.Rows
	Kind  RowKind
	ID    string // unique in the tree; the same if the net is compiled with other options
	Path  string // PyTorch's path of the module or of the first layer; the label if it has none
	Label string // name within the row above: "layer1", "conv1 bn1 relu", "conv3 bn3 ⊕ relu", "downsample"
	Note  string // "3 blocks", "stride 2", "×4 like this"

	Parent   *Row
	Children []*Row

	Skip nn.SkipKind // of the block that the rail belongs to
	Rail Rail

	Module *nn.Module   // the row's module, or the one that its layers are in; nil for runs and the tail
	Layers []*nn.Layer  // of KernelRow, JoinRow and LeafRow, the kernel's head first
	Gone   bool         // a lesion removed it: nothing runs for it
	Out    tensor.Shape // output of the last layer, batch included; nil if unknown
	Cost   nn.Cost      // of what runs at and below the row

	Kernel  int     // index of its kernel in the forward pass, −1 if it has none
	Flat    Kernels // kernels of the row itself
	Kernels Kernels // kernels of the row and the rows below
	Took    Took    // zero before Tree.Measure
}

// Folds reports whether the row has rows below it.
func (r *Row) Folds() bool { return len(r.Children) > 0 }

// Last returns the last layer at or below the row, nil if it has none.
func (r *Row) Last() *nn.Layer {
	switch {
	case len(r.Layers) > 0:
		return r.Layers[len(r.Layers)-1]
	case r.Module != nil && len(r.Module.Layers) > 0:
		return r.Module.Layers[len(r.Module.Layers)-1]
	case r.Kind == RunRow:
		return r.Children[len(r.Children)-1].Last()
	}
	return nil
}

// Toward returns the child of r through which another row is reached: below
// itself or an ancestor of it. It is nil if that row is not below r.
func (r *Row) Toward(below *Row) *Row {
	for below != nil && below.Parent != r {
		below = below.Parent
	}
	return below
}

// passes is the number of values of tensor.Pass.
const passes = int(tensor.Update) + 1

// Kernels is a set of a program's kernels, as indices in the order of execution:
// those of the forward pass, then of the backward pass, then of the update. Its
// slices are shared and must not be changed.
type Kernels struct {
	all              []int
	backward, update int // where these passes start in all
}

// newKernels sorts the kernels of each pass, in place, and joins them.
func newKernels(by [passes][]int) Kernels {
	for _, list := range by {
		slices.Sort(list)
	}
	backward := len(by[tensor.Forward])
	return Kernels{
		all:      slices.Concat(by[:]...),
		backward: backward,
		update:   backward + len(by[tensor.Backward]),
	}
}

// All returns the kernels of all passes.
func (k Kernels) All() []int { return k.all }

// In returns the kernels of one pass.
func (k Kernels) In(p tensor.Pass) []int {
	switch p {
	case tensor.Forward:
		return k.all[:k.backward]
	case tensor.Backward:
		return k.all[k.backward:k.update]
	}
	return k.all[k.update:]
}

// After returns the kernels of the backward pass and of the update.
func (k Kernels) After() []int { return k.all[k.backward:] }

// Took holds the times of a row per run of the net, in pprof's terms: Flat is
// the time of the row's own kernels, Cumulative includes the rows below. Both
// are of the tree's Statistic and add up: the flat times of all rows are the whole
// run, and a row's cumulative time is the sum of the flat times at and below it.
type Took struct {
	Flat       [passes]time.Duration // by tensor.Pass
	Cumulative [passes]time.Duration // by tensor.Pass
	Partial    bool                  // a kernel has not run yet, so that no time is known
}

// Forward returns the cumulative time of the forward pass.
func (t *Took) Forward() time.Duration { return t.Cumulative[tensor.Forward] }

// After returns the cumulative time of the backward pass and the update together.
func (t *Took) After() time.Duration {
	return t.Cumulative[tensor.Backward] + t.Cumulative[tensor.Update]
}

// Total returns the cumulative time of all passes.
func (t *Took) Total() time.Duration {
	return t.Cumulative[tensor.Forward] + t.Cumulative[tensor.Backward] + t.Cumulative[tensor.Update]
}
