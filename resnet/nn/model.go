package nn

import "resnet-tui/tensor"

// Model is a net as a tree of modules and, flat, as the layers that a forward
// pass calls. It knows shapes and costs, and holds no weights. It does not change
// once it is built, so any number of goroutines may read it.
type Model struct {
	Name    string       // "resnet101"
	Input   tensor.Shape // of the batch, N×C×H×W
	Root    *Module
	Layers  []*Layer       // every call of a forward pass, in execution order
	Params  []tensor.Param // in the order of PyTorch's state_dict
	Total   Cost
	Lesions []Lesion // in which it differs from Whole
	Whole   *Model   // the net without its lesions; nil if it has none
}

// Batch is the number of images in a pass.
func (m *Model) Batch() int { return m.Input[0] }

// Classes is the number of logits per image.
func (m *Model) Classes() int { return m.Layers[len(m.Layers)-1].Out[1] }

// Unlesioned is the net without lesions: m itself if it has none.
func (m *Model) Unlesioned() *Model {
	if m.Whole != nil {
		return m.Whole
	}
	return m
}

// Module is a node of the tree: the net, a stage, a block or a leaf. What is no
// module in PyTorch, such as a block's addition, is a leaf here too.
type Module struct {
	Name, Path string // "conv2", "layer3.0.conv2"; the root's path is empty
	Kind       string // "ResNet", "Sequential", "Bottleneck", "Conv2d", "Add" …
	Parent     *Module
	Children   []*Module    // in order of their first call
	Layers     []*Layer     // calls in this subtree, in execution order
	Block      *Block       // of a block, else nil
	In, Out    tensor.Shape // of the subtree, with the batch
	Cost       Cost         // summed over the subtree
	// Alike counts this module and the siblings after it that are blocks of the
	// same shapes and kinds; 1 if there are none.
	Alike int

	// From and To are, of a block, the layers whose results are its input and its
	// output; −1 is the net's input. A block that lesions reduced to its identity
	// has the same twice.
	From, To int
}

// SkipKind is what a block adds to its branch.
type SkipKind uint8

// The kinds of skip.
const (
	NoSkip     SkipKind = iota
	Identity            // x
	Projection          // a 1×1 convolution of x
	ZeroPad             // x subsampled, zero channels beside it
	PoolSkip            // x subsampled by a max pool of 1×1 (Keras's V2 nets)
	// PooledProjection is a projection of x subsampled by an average pool (ResNet-D).
	PooledProjection
)

// String is the skip in a word, "identity".
func (s SkipKind) String() string {
	return [...]string{"none", "identity", "projection", "zero pad", "pool", "average pool, projection"}[s]
}

// Block is what a residual block, or its plain twin, has beyond its module.
type Block struct {
	Skip   SkipKind
	Stride int
	PreAct bool
	Lesion string // what lesions have done to it: "drop-branch", "scale:0.5, freeze"; "" if nothing
}

// Part is the part of a block that a layer belongs to.
type Part uint8

// The parts. For y = f(F(x) + S(x)), F is the branch, S the skip, and f with the
// addition the join. What feeds both paths, or lies outside blocks, is trunk.
const (
	Trunk Part = iota
	Branch
	Skip
	Join
)

// String is the part's name.
func (p Part) String() string { return [...]string{"trunk", "branch", "skip", "join"}[p] }

// Layer is one call of a leaf module. A module called twice makes two layers.
type Layer struct {
	Index  int    // in Model.Layers
	Path   string // its module's
	Call   int    // 0 for the module's first call, 1 for its second …
	Kind   tensor.Kind
	Module *Module
	Inputs []int            // the layers whose results it reads, branch before skip; −1 is the net's input
	In     tensor.Shape     // of the first operand, with the batch; PyTorch's
	Out    tensor.Shape     // with the batch
	Params []tensor.ParamID // indices into Model.Params
	Part   Part
	Cost   Cost
	RF     int    // receptive field, in pixels of the image
	Jump   int    // cumulative stride: pixels of the image between neighbouring outputs
	Desc   string // "64→128, 3×3, stride 2"
	Frozen bool   // by a lesion: its parameters get no gradient, and its statistics stay

	Op tensor.Op // without its buffers and what depends on the mode
	// Scaled names the scalar input that scales the first operand, "" for none.
	Scaled string

	reach  int // receptive field in units of the input's jump
	stride int
}
