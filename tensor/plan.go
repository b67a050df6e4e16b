package tensor

// BufferID is an index into Plan.Buffers.
type BufferID int

// NoBuffer is the id of no buffer.
const NoBuffer BufferID = -1

// ParamID is an index into Plan.Params.
type ParamID int

// Class says whether the caller may read or write a buffer, and when.
type Class uint8

// The classes of buffers. The arena reuses Scratch as soon as its last reader
// has run; only Output and Kept can be read after a run.
const (
	Scratch Class = iota
	Input
	Output
	Kept
)

// Buffer is an activation or another value that lives during a run. Every
// buffer is written once, by one operation or, if it is an Input, by the caller.
type Buffer struct {
	Name  string // the path of the operation that writes it
	Shape Shape
	Class Class
	DType DType
}

// Bytes is the size of its values, densely stored.
func (b *Buffer) Bytes() int64 { return b.DType.Bytes(b.Shape) }

// Role says what a layer uses a parameter for.
type Role uint8

// The roles of parameters. Running statistics and slots are state, but not
// learnable.
const (
	Weight Role = iota // of a convolution or linear layer
	Bias
	Gamma // batch norm's weight
	Beta  // batch norm's bias
	RunningMean
	RunningVar
	Slot // an optimiser's: a momentum buffer, "conv1.weight.momentum_buffer"
)

var roleNames = [...]string{
	Weight: "weight", Bias: "bias", Gamma: "gamma", Beta: "beta",
	RunningMean: "running mean", RunningVar: "running variance", Slot: "slot",
}

// String is the role's name.
func (r Role) String() string {
	if r == anyLearnable {
		return "learnable"
	}
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "Role?"
}

// Learnable reports whether an optimiser may change it.
func (r Role) Learnable() bool { return r < RunningMean }

// Param is a tensor that outlives programs, by PyTorch's name.
type Param struct {
	Name  string // "layer1.0.conv1.weight"
	Shape Shape
	Role  Role
	DType DType
}

// Bytes is the size of its values, densely stored.
func (p *Param) Bytes() int64 { return p.DType.Bytes(p.Shape) }

// Plan is a net lowered to operations in execution order: pure data. It may be
// read from several goroutines at once.
type Plan struct {
	Params  []Param
	Buffers []Buffer
	Ops     []Op     // Forward, then Backward, then Update
	Scalars []string // names of the scalar inputs, in the order of RunOptions.Scalars
}

// InShape is the shape of operation i's first operand, nil if it has none (a Histogram
// of a parameter).
func (p *Plan) InShape(i int) Shape { return p.firstIn(&p.Ops[i]) }

func (p *Plan) firstIn(op *Op) Shape {
	if len(op.In) == 0 {
		return nil
	}
	return p.Buffers[op.In[0]].Shape
}

// OutShape is the shape of operation i's first result, nil if it has no result (SGD).
func (p *Plan) OutShape(i int) Shape { return p.firstOut(&p.Ops[i]) }

func (p *Plan) firstOut(op *Op) Shape {
	if len(op.Out) == 0 {
		return nil
	}
	return p.Buffers[op.Out[0]].Shape
}

// Find returns the buffers of a class, in order.
func (p *Plan) Find(c Class) []BufferID {
	var ids []BufferID
	for i, b := range p.Buffers {
		if b.Class == c {
			ids = append(ids, BufferID(i))
		}
	}
	return ids
}
