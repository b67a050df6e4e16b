package profile

import (
	"slices"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// RowKind is what a row stands for.
type RowKind uint8

// The kinds of row.
const (
	ModuleRow   RowKind = iota // the net, a stage, a container
	BlockRow                   // a residual block, or a plain net's
	RunRow                     // blocks like the one before, folded into one row
	KernelRow                  // the layers that one kernel of the forward pass computes
	JoinRow                    // ⊕, where the skip is added: with its kernel, if it has one
	LeafRow                    // all calls of a leaf module, in a tree without kernels
	LossRow                    // the loss and its gradient
	ProbesRow                  // measurements that belong to no layer
	OverheadRow                // what a pass takes beyond its kernels
	PassRow                    // forward, backward or update, in a tree by pass
	PathRow                    // what runs for one layer there; below it a KernelRow per name of a kernel
)

// Rail is the part of a block's skip that runs beside a row.
type Rail uint8

// The rails, from where a block's input enters to where it is added.
const (
	NoRail Rail = iota
	RailTop
	RailMid
	RailEnd
)

// Row is a line of a Tree: a module, or what one kernel computes of it.
type Row struct {
	Index int // in Tree.Rows
	Kind  RowKind
	ID    string // lasts when the net is compiled another way
	Path  string // PyTorch's path of the module or of the first layer; the label of what has none
	Label string // the name within the row above: "layer1", "conv1 bn1 relu", "conv3 bn3 ⊕ relu", "downsample"
	Note  string // "3 blocks", "stride 2", "×4 like this"

	Parent   *Row
	Children []*Row

	Skip nn.SkipKind // of the block that the rail belongs to
	Rail Rail

	Module *nn.Module   // that the row shows or its layers lie in; nil for a run and after the net
	Layers []*nn.Layer  // of KernelRow, JoinRow and LeafRow, the head first
	Gone   bool         // a lesion took it away: nothing runs for it
	Out    tensor.Shape // of the last layer, with the batch; nil if unknown
	Cost   nn.Cost      // of what runs, the rows below included

	Kernel  int     // that computes it in the forward pass, −1 if none does
	Flat    Kernels // the row's own
	Kernels Kernels // the rows' below included
	Took    Took    // zero before Tree.Measure
}

// Folds reports whether the row has others below it.
func (r *Row) Folds() bool { return len(r.Children) > 0 }

// Last is the last layer that runs at or below the row, nil if there is none.
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

// Toward is the row's child at or above another row, nil if that is not below it.
func (r *Row) Toward(below *Row) *Row {
	for below != nil && below.Parent != r {
		below = below.Parent
	}
	return below
}

// passes is the number of values of tensor.Pass.
const passes = int(tensor.Update) + 1

// Kernels are indices into a program's kernels, by the pass that they run in
// and, within it, in order of execution.
type Kernels struct {
	all              []int
	backward, update int // where these begin in all
}

// newKernels sorts the kernels of each pass.
func newKernels(by [passes][]int) Kernels {
	for _, list := range by {
		slices.Sort(list)
	}
	return Kernels{slices.Concat(by[:]...), len(by[tensor.Forward]), len(by[tensor.Forward]) + len(by[tensor.Backward])}
}

// All are the kernels of every pass.
func (k Kernels) All() []int { return k.all }

// In are the kernels of one pass.
func (k Kernels) In(p tensor.Pass) []int {
	switch p {
	case tensor.Forward:
		return k.all[:k.backward]
	case tensor.Backward:
		return k.all[k.backward:k.update]
	}
	return k.all[k.update:]
}

// After are the kernels of the backward pass and of the update.
func (k Kernels) After() []int { return k.all[k.backward:] }

// Took is the time of a row in a pass of the net. Flat and Cumulative add up:
// the flat times of all rows make up the pass, and a row's cumulative time is
// the sum of the flat times of the rows at and below it. The medians are of
// what the row's kernels took together, so they don't.
type Took struct {
	Flat, Cumulative [passes]time.Duration // by tensor.Pass, of the row's own kernels and with those below
	ForwardP50       time.Duration         // of the forward pass, the rows below included
	AfterP50         time.Duration         // of the backward pass and the update
}

// Total is the cumulative time of all passes.
func (t *Took) Total() time.Duration {
	return t.Cumulative[tensor.Forward] + t.Cumulative[tensor.Backward] + t.Cumulative[tensor.Update]
}
