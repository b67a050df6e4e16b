package resnet

import (
	"fmt"

	"resnet-tui/tensor"
)

// net is a Model under construction. The first error stays, and what is added
// after it has no effect, so that blocks read without error handling.
type net struct {
	*Model
	at    *Module // where layers are added
	part  Part    // of the layers that are added
	total int64   // MACs so far, to bound them
	err   error
}

// value is the result of a layer, which others take.
type value struct {
	shape    tensor.Shape
	layer    int // −1 is the image
	rf, jump int
}

// Build makes the tree of a net: names, shapes and costs, but no weights. An
// image that is too small for some layer is an error that names the layer.
func Build(c Config) (*Model, error) {
	c, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	stages, err := c.stages()
	if err != nil {
		return nil, err
	}
	root := &Module{Kind: "ResNet", Alike: 1}
	n := &net{Model: &Model{Config: c, Name: c.Arch, Root: root}, at: root}
	image := value{shape: c.input(), layer: -1, rf: 1, jump: 1}
	switch {
	case c.Family == VGG:
		root.Kind = "VGG"
		n.vgg(image, stages)
	case c.Plain:
		root.Kind = "PlainNet"
		n.resNet(image, stages)
	default:
		n.resNet(image, stages)
	}
	if n.err != nil {
		return nil, fmt.Errorf("%s on a %v input: %w", c.Arch, c.input(), n.err)
	}
	root.finish()
	n.Total = root.Cost
	return n.Model, nil
}

// within adds a module and, inside it, what build adds.
func (n *net) within(name, kind string, build func() value) value {
	outer := n.at
	n.at = n.child(name, kind)
	v := build()
	n.at = outer
	return v
}

// child is a module by its name, made if need be.
func (n *net) child(name, kind string) *Module {
	for _, m := range n.at.Children {
		if m.Name == name {
			return m
		}
	}
	m := &Module{Name: name, Path: dotted(n.at.Path, name), Kind: kind, Parent: n.at, Alike: 1}
	n.at.Children = append(n.at.Children, m)
	return m
}

func dotted(path, name string) string {
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
	step   int            // stride
	desc   string
}

// add appends one call of the leaf s.name, and gives its result.
func (n *net) add(s layerSpec, in ...value) value {
	if n.err != nil {
		return in[0]
	}
	leaf := n.child(s.name, s.op.Kind.String())
	l := &Layer{
		Index: len(n.Layers), Path: leaf.Path, Call: len(leaf.Layers), Kind: s.op.Kind, Module: leaf, Part: n.part,
		In: in[0].shape, Out: s.out, Desc: s.desc, op: s.op, reach: s.reach, step: s.step,
	}
	for _, v := range in {
		l.Inputs = append(l.Inputs, v.layer)
		l.see(v.rf, v.jump)
	}
	if err := n.check(l); err != nil {
		n.err = err
		return in[0]
	}
	n.addParams(l, s.params)
	l.op.Path, l.op.Call, l.op.Params = l.Path, l.Call, l.Params
	n.cost(l, len(in))
	n.Layers = append(n.Layers, l)
	for m := leaf; m != nil; m = m.Parent {
		m.Layers = append(m.Layers, l)
	}
	return value{shape: l.Out, layer: l.Index, rf: l.RF, jump: l.Jump}
}

// see widens what a layer sees by an operand that sees rf and jump pixels.
func (l *Layer) see(rf, jump int) {
	l.RF = max(l.RF, rf+(l.reach-1)*jump)
	l.Jump = max(l.Jump, jump*l.step)
}

// check reports a layer whose result is empty or too large.
func (n *net) check(l *Layer) error {
	if len(l.Out) == 4 && (l.Out[2] < 1 || l.Out[3] < 1) {
		return fmt.Errorf("%s (%v %s) gets %d×%d pixels, too few for its window: the image must be larger",
			l.Path, l.Kind, l.Desc, l.In[2], l.In[3])
	}
	if err := l.Out.Check(); err != nil {
		return fmt.Errorf("the result of %s: %w", l.Path, err)
	}
	return nil
}

// addParams gives a layer its parameters, or those of its module's first call.
func (n *net) addParams(l *Layer, params []tensor.Param) {
	for _, p := range params {
		if err := p.Shape.Check(); err != nil {
			n.err = fmt.Errorf("%s.%s: %w", l.Path, p.Name, err)
			return
		}
		p.Name = dotted(l.Path, p.Name)
		l.Params = append(l.Params, tensor.ParamID(len(n.Params)))
		n.Params = append(n.Params, p)
	}
}

// finish sums costs and shapes over the tree, from the leaves up.
func (m *Module) finish() {
	for _, c := range m.Children {
		c.finish()
		m.Cost.add(c.Cost)
	}
	if len(m.Children) == 0 {
		for _, l := range m.Layers {
			m.Cost.add(l.Cost)
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
