package onnxcases

import (
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// builder makes a plan of one node.
type builder struct {
	node     node
	operands []array
	outputs  []array
	c        *Case
}

// operators make an operation of a node. They are all that plans know.
var operators = map[string]func(*builder) (tensor.Op, error){
	"Conv":               (*builder).conv,
	"BatchNormalization": (*builder).batchNorm,
	"MaxPool":            (*builder).maxPool,
	"AveragePool":        (*builder).averagePool,
	"GlobalAveragePool": func(*builder) (tensor.Op, error) {
		return tensor.Op{Kind: tensor.AdaptiveAvgPool2d, Scalar: tensor.NoScalar}, nil
	},
	"Gemm":    (*builder).gemm,
	"MatMul":  (*builder).gemm,
	"Relu":    func(*builder) (tensor.Op, error) { return tensor.Op{Kind: tensor.ReLU, Scalar: tensor.NoScalar}, nil },
	"Add":     (*builder).add,
	"Sum":     (*builder).add,
	"Flatten": (*builder).flatten,
	"Dropout": (*builder).dropout,
}

// build fills the case in.
func (b *builder) build() error {
	isFloat := func(list []array) bool { return len(list) > 0 && list[0].dtype == float32Type }
	if !isFloat(b.operands) || !isFloat(b.outputs) {
		return unfit("not of float32")
	}
	op, err := operators[b.node.op](b)
	if err != nil {
		return err
	}
	in, err := images(b.operands[0].shape)
	if err != nil {
		return err
	}
	out, err := images(b.outputs[0].shape)
	if err != nil {
		return err
	}
	op.Path = b.c.Name
	op.In = append([]tensor.BufferID{b.input(in, b.operands[0].floats)}, op.In...)
	if op.Kind == tensor.Add {
		op.In = append(op.In, b.input(in, b.operands[1].floats))
	}
	b.c.Output = tensor.BufferID(len(b.c.Plan.Buffers))
	op.Out = []tensor.BufferID{b.c.Output}
	b.c.Plan.Buffers = append(b.c.Plan.Buffers, tensor.Buffer{Name: op.Path, Shape: out, Class: tensor.Output})
	b.c.Plan.Ops = []tensor.Op{op}
	b.c.Want = b.outputs[0].floats
	return b.c.Plan.Validate()
}

// images is a shape as plans have them: N×C, or N×C×H×W with H = 1 for rows.
func images(s tensor.Shape) (tensor.Shape, error) {
	switch len(s) {
	case 1:
		return tensor.Shape{1, s[0]}, nil
	case 2, 4:
		return s, nil
	case 3:
		return tensor.Shape{s[0], s[1], 1, s[2]}, nil
	}
	return nil, unfit(fmt.Sprintf("%d dimensions", len(s)))
}

func (b *builder) input(s tensor.Shape, x []float32) tensor.BufferID {
	id := tensor.BufferID(len(b.c.Plan.Buffers))
	b.c.Plan.Buffers = append(b.c.Plan.Buffers, tensor.Buffer{Name: "input", Shape: s, Class: tensor.Input})
	b.c.Inputs[id] = x
	return id
}

func (b *builder) param(op *tensor.Op, name string, role tensor.Role, s tensor.Shape, x []float32) {
	op.Params = append(op.Params, tensor.ParamID(len(b.c.Plan.Params)))
	b.c.Plan.Params = append(b.c.Plan.Params, tensor.Param{Name: name, Shape: s, Role: role})
	b.c.Params[name] = x
}

func (b *builder) conv() (tensor.Op, error) {
	w := b.operands[1]
	shape, err := images(w.shape)
	if err != nil {
		return tensor.Op{}, err
	}
	win, err := b.window(w.shape[2:])
	op := tensor.Op{Kind: tensor.Conv2d, Window: win, Groups: max(1, b.node.integer["group"]), Scalar: tensor.NoScalar}
	b.param(&op, "weight", tensor.Weight, shape, w.floats)
	if len(b.operands) > 2 {
		b.param(&op, "bias", tensor.Bias, b.operands[2].shape, b.operands[2].floats)
	}
	return op, err
}

func (b *builder) maxPool() (tensor.Op, error) {
	win, err := b.window(b.node.list["kernel_shape"])
	return tensor.Op{Kind: tensor.MaxPool2d, Window: win, Scalar: tensor.NoScalar}, err
}

// averagePool: padding that counts as zeros makes another mean.
func (b *builder) averagePool() (tensor.Op, error) {
	win, err := b.window(b.node.list["kernel_shape"])
	if b.node.integer["count_include_pad"] == 1 && max(win.Top, win.Left, win.Bottom, win.Right) > 0 {
		return tensor.Op{}, unfit("padding that counts")
	}
	return tensor.Op{Kind: tensor.AvgPool2d, Window: win, Scalar: tensor.NoScalar}, err
}

// batchNorm: ONNX's momentum is the weight of the old value, and its running
// variance moves towards the biased variance of the batch, PyTorch's towards
// the unbiased one.
func (b *builder) batchNorm() (tensor.Op, error) {
	get := func(name string, otherwise float64) float64 {
		if v, ok := b.node.float[name]; ok {
			return v
		}
		return otherwise
	}
	keep := get("momentum", 0.9)
	op := tensor.Op{Kind: tensor.BatchNorm2d, Eps: get("epsilon", 1e-5), Momentum: 1 - keep,
		Train: b.node.integer["training_mode"] == 1, Scalar: tensor.NoScalar}
	names := []string{"weight", "bias", "running_mean", "running_var"}
	roles := []tensor.Role{tensor.Gamma, tensor.Beta, tensor.RunningMean, tensor.RunningVar}
	for i, a := range b.operands[1:] {
		b.param(&op, names[i], roles[i], a.shape, a.floats)
	}
	if op.Train {
		b.c.After["running_mean"] = b.outputs[1].floats
		m := float64(b.operands[0].shape.Elems() / b.operands[0].shape[1])
		variance := slices.Clone(b.outputs[2].floats)
		for i, v := range variance {
			kept := keep * float64(b.operands[4].floats[i])
			variance[i] = float32(kept + (float64(v)-kept)*m/(m-1))
		}
		b.c.After["running_var"] = variance
	}
	return op, nil
}

// gemm: a matrix product is a linear layer of the second operand, transposed.
func (b *builder) gemm() (tensor.Op, error) {
	n, op := b.node, tensor.Op{Kind: tensor.Linear, Scalar: tensor.NoScalar}
	for _, name := range []string{"alpha", "beta"} {
		if v, ok := n.float[name]; ok && v != 1 {
			return op, unfit(name + " is not 1")
		}
	}
	if len(b.operands[0].shape) != 2 {
		return op, unfit("a batch of matrix products")
	}
	if n.integer["transA"] == 1 {
		b.operands[0] = b.operands[0].transposed()
	}
	w := b.operands[1]
	if n.integer["transB"] == 0 {
		w = w.transposed()
	}
	b.param(&op, "weight", tensor.Weight, w.shape, w.floats)
	if len(b.operands) > 2 {
		bias, k := b.operands[2].floats, w.shape[0]
		if len(bias) == 1 {
			bias = slices.Repeat(bias, k)
		}
		if len(bias) != k {
			return op, unfit("a bias for each element")
		}
		b.param(&op, "bias", tensor.Bias, tensor.Shape{k}, bias)
	}
	return op, nil
}

// transposed is a matrix with its dimensions exchanged.
func (a array) transposed() array {
	rows, cols := a.shape[0], a.shape[1]
	t := array{dtype: a.dtype, shape: tensor.Shape{cols, rows}, floats: make([]float32, len(a.floats))}
	for i, v := range a.floats {
		t.floats[i%cols*rows+i/cols] = v
	}
	return t
}

func (b *builder) add() (tensor.Op, error) {
	if len(b.operands) != 2 {
		return tensor.Op{}, unfit(fmt.Sprintf("%d operands", len(b.operands)))
	}
	if !b.operands[0].shape.Equal(b.operands[1].shape) {
		return tensor.Op{}, unfit("operands of different shapes")
	}
	return tensor.Op{Kind: tensor.Add, Scalar: tensor.NoScalar}, nil
}

func (b *builder) flatten() (tensor.Op, error) {
	in, out := b.operands[0].shape, b.outputs[0].shape
	if len(in) != 4 || out[0] != in[0] {
		return tensor.Op{}, unfit("not flattened after the first of four dimensions")
	}
	return tensor.Op{Kind: tensor.Flatten, Scalar: tensor.NoScalar}, nil
}

// dropout: a random mask is the generator's own affair, and can't be compared.
func (b *builder) dropout() (tensor.Op, error) {
	op := tensor.Op{Kind: tensor.Dropout, Eps: 0.5, Scalar: tensor.NoScalar}
	if v, ok := b.node.float["ratio"]; ok {
		op.Eps = v
	}
	if len(b.operands) > 1 {
		op.Eps = float64(b.operands[1].floats[0])
	}
	if len(b.operands) > 2 && b.operands[2].ints[0] != 0 {
		if op.Eps != 0 {
			return op, unfit("a random mask")
		}
		op.Train, op.Scalar = true, 0
		b.c.Plan.Scalars = []string{"seed"}
	}
	return op, nil
}
