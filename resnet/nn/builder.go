package nn

import (
	"errors"
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// Builder makes a Model, layer by layer in execution order. The first error
// sticks: calls after it have no effect, and Model returns it. So code that
// builds blocks reads like the paper, without error handling. A Builder is not
// safe for concurrent use.
type Builder struct {
	model   *Model
	at      *Module                   // where layers are added
	part    Part                      // of the layers that are added
	frozen  bool                      // a lesion freezes the layers that are added
	skipped bool                      // a lesion takes away the layers that are added
	calls   map[string]int            // of a net with lesions: those of each leaf so far, skipped ones included
	params  map[string]tensor.ParamID // of a net with lesions: those of the whole net
	lesions lesionPlan
	macs    int64 // so far, to bound them
	err     error
}

// Value is the result of a layer, or the net's input, for other layers to read.
type Value struct {
	Shape    tensor.Shape // with the batch
	layer    int          // −1 is the net's input
	rf, jump int          // as of Layer
}

// NewBuilder begins a net and returns its input, N×C×H×W. kind is that of the
// root module: "ResNet".
func NewBuilder(name, kind string, input tensor.Shape) (*Builder, Value) {
	root := &Module{Kind: kind, Alike: 1}
	b := &Builder{model: &Model{Name: name, Input: input, Root: root}, at: root}
	return b, Value{Shape: input, layer: -1, rf: 1, jump: 1}
}

// NewLesionedBuilder begins a copy of the net whole with lesions: the caller
// builds the same net again, and the builder leaves out, moves or scales what the
// lesions say. The copy has the parameters of whole, so that both run on the same
// state, even those that it doesn't use. A lesion that the net can't have is an
// error.
func NewLesionedBuilder(whole *Model, lesions []Lesion) (*Builder, Value, error) {
	plan, err := planLesions(whole, lesions)
	if err != nil {
		return nil, Value{}, err
	}
	b, image := NewBuilder(whole.Name, whole.Root.Kind, whole.Input)
	b.model.Params = whole.Params
	b.model.Lesions = slices.Clone(lesions)
	b.model.Whole = whole
	b.calls = make(map[string]int, len(whole.Layers))
	b.params = make(map[string]tensor.ParamID, len(whole.Params))
	for id, p := range whole.Params {
		b.params[p.Name] = tensor.ParamID(id)
	}
	b.lesions = plan
	return b, image, nil
}

// Model is the finished net, or the first error. The builder must not be used
// afterwards.
func (b *Builder) Model() (*Model, error) {
	switch {
	case b.err != nil:
		return nil, b.err
	case len(b.model.Layers) == 0:
		return nil, errors.New("the net has no layers")
	}
	b.model.Root.finish()
	b.model.Total = b.model.Root.Cost
	return b.model, nil
}

// Within adds a module and, inside it, what build adds. Within a module of the
// same name it adds to that. A module that a lesion leaves nothing of is not
// added.
func (b *Builder) Within(name, kind string, build func() Value) Value {
	outer := b.at
	b.at = b.child(name, kind)
	v := build()
	b.at = outer
	return v
}

// child is the module of that name where layers are added, made if necessary.
func (b *Builder) child(name, kind string) *Module {
	for _, m := range b.at.Children {
		if m.Name == name {
			return m
		}
	}
	m := &Module{Name: name, Path: Dotted(b.at.Path, name), Kind: kind, Parent: b.at, Alike: 1}
	if !b.skipped {
		b.at.Children = append(b.at.Children, m)
	}
	return m
}

// Dotted is the path of a module's child: "layer1.0" and "conv1" make
// "layer1.0.conv1".
func Dotted(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// layerSpec is a layer to be added.
type layerSpec struct {
	name   string
	op     tensor.Op // kind and geometry
	out    tensor.Shape
	params []tensor.Param // names without the module's path
	reach  int            // receptive field in units of the input's jump
	stride int
	desc   string
	scaled string // the scalar input that scales the first operand
}

// add appends one call of the leaf module s.name, and returns its result. The
// first operand decides the layer's In.
func (b *Builder) add(s layerSpec, in ...Value) Value {
	if b.err != nil {
		return in[0]
	}
	leaf := b.child(s.name, s.op.Kind.String())
	call := b.countCall(leaf)
	if b.skipped {
		return Value{Shape: s.out, layer: in[0].layer, rf: in[0].rf, jump: in[0].jump}
	}
	l := &Layer{
		Index: len(b.model.Layers), Path: leaf.Path, Call: call, Kind: s.op.Kind, Module: leaf,
		Part: b.part, Frozen: b.frozen, In: in[0].Shape, Out: s.out, Desc: s.desc, Op: s.op, Scaled: s.scaled,
		reach: s.reach, stride: s.stride,
	}
	l.Inputs = make([]int, len(in))
	for i, v := range in {
		l.Inputs[i] = v.layer
		l.see(v.rf, v.jump)
	}
	if err := l.check(); err != nil {
		b.err = err
		return in[0]
	}
	b.addParams(l, s.params)
	l.Op.Path, l.Op.Call = l.Path, l.Call
	l.Op.Params = l.Params
	b.addCost(l)
	b.model.Layers = append(b.model.Layers, l)
	for m := leaf; m != nil; m = m.Parent {
		m.Layers = append(m.Layers, l)
	}
	return Value{Shape: l.Out, layer: l.Index, rf: l.RF, jump: l.Jump}
}

// countCall is the number of a leaf's next call. Those that a lesion takes away count
// too, but leave no layers by which to count them.
func (b *Builder) countCall(leaf *Module) int {
	if b.calls == nil {
		return len(leaf.Layers)
	}
	call := b.calls[leaf.Path]
	b.calls[leaf.Path]++
	return call
}

// see widens a layer's receptive field and jump by those of an operand. A window
// of n adds n−1 steps of the operand's jump (Araujo, Norris and Sim 2019,
// "Computing Receptive Fields of Convolutional Neural Networks").
func (l *Layer) see(rf, jump int) {
	l.RF = max(l.RF, rf+(l.reach-1)*jump)
	l.Jump = max(l.Jump, jump*l.stride)
}

// check reports a layer whose result is empty or too large.
func (l *Layer) check() error {
	if len(l.Out) == 4 && (l.Out[2] < 1 || l.Out[3] < 1) {
		return fmt.Errorf("%s (%v %s) gets %d×%d pixels, too few for its window: use a larger image",
			l.Path, l.Kind, l.Desc, l.In[2], l.In[3])
	}
	if err := l.Out.Check(); err != nil {
		return fmt.Errorf("the result of %s: %w", l.Path, err)
	}
	return nil
}

// addParams gives a layer its parameters.
func (b *Builder) addParams(l *Layer, params []tensor.Param) {
	if len(params) > 0 {
		l.Params = make([]tensor.ParamID, 0, len(params))
	}
	for _, p := range params {
		if err := p.Shape.Check(); err != nil {
			b.err = fmt.Errorf("%s.%s: %w", l.Path, p.Name, err)
			return
		}
		p.Name = Dotted(l.Path, p.Name)
		id, known := b.params[p.Name]
		if !known {
			id = tensor.ParamID(len(b.model.Params))
			b.model.Params = append(b.model.Params, p)
		}
		l.Params = append(l.Params, id)
	}
}

// finish sums costs and shapes over the tree, from the leaves up.
func (m *Module) finish() {
	for _, c := range m.Children {
		c.finish()
		m.Cost.Add(c.Cost)
	}
	if len(m.Children) == 0 {
		for _, l := range m.Layers {
			m.Cost.Add(l.Cost)
		}
	}
	if n := len(m.Layers); n > 0 { // a block may have lost them all to a lesion
		m.In, m.Out = m.Layers[0].In, m.Layers[n-1].Out
	}
	for i := len(m.Children) - 2; i >= 0; i-- {
		if c, next := m.Children[i], m.Children[i+1]; c.like(next) {
			c.Alike = next.Alike + 1
		}
	}
}

// like reports whether two blocks have the same kind, shapes and cost.
func (m *Module) like(o *Module) bool {
	return m.Block != nil && o.Block != nil && *m.Block == *o.Block && m.Kind == o.Kind &&
		m.In.Equal(o.In) && m.Out.Equal(o.Out) && m.Cost == o.Cost
}
