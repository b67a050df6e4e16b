package nn

import (
	"fmt"

	"resnet-tui/tensor"
)

// WithBatch is the same net for passes of n images, with the same parameters. It
// is an error if a result would be too large, or n less than 1.
func (m *Model) WithBatch(n int) (*Model, error) {
	if n < 1 {
		return nil, fmt.Errorf("batch %d: it must be at least 1", n)
	}
	c := batchCopy{batch: n, params: m.Params, modules: map[*Module]*Module{}, layers: make([]*Layer, len(m.Layers))}
	next := *m
	next.Input = c.shape(m.Input)
	next.Layers = c.layers
	for i, l := range m.Layers {
		if err := c.layer(i, l); err != nil {
			return nil, err
		}
	}
	next.Root = c.module(m.Root, nil)
	for i, l := range m.Layers {
		c.layers[i].Module = c.modules[l.Module]
	}
	next.Total = next.Root.Cost
	if m.Whole != nil {
		whole, err := m.Whole.WithBatch(n)
		if err != nil {
			return nil, err
		}
		next.Whole = whole
	}
	return &next, nil
}

// batchCopy copies a net for another batch: modules and layers refer to each
// other, and all hold shapes and costs that depend on the batch.
type batchCopy struct {
	batch   int
	params  []tensor.Param
	modules map[*Module]*Module // by the original
	layers  []*Layer
}

// shape is a shape with the new batch.
func (c *batchCopy) shape(s tensor.Shape) tensor.Shape {
	return append(tensor.Shape{c.batch}, s[1:]...)
}

// layer copies a layer. Its module is set once there is a copy of that.
func (c *batchCopy) layer(i int, l *Layer) error {
	next := *l
	next.In, next.Out = c.shape(l.In), c.shape(l.Out)
	next.countBytes(c.params)
	c.layers[i] = &next
	return next.check()
}

// module copies a subtree, whose layers have been copied.
func (c *batchCopy) module(m, parent *Module) *Module {
	next := *m
	next.Parent = parent
	next.Children, next.Layers = nil, nil
	next.In, next.Out = c.shape(m.In), c.shape(m.Out)
	next.Cost = Cost{}
	c.modules[m] = &next
	for _, l := range m.Layers {
		next.Layers = append(next.Layers, c.layers[l.Index])
		next.Cost.Add(c.layers[l.Index].Cost)
	}
	for _, child := range m.Children {
		next.Children = append(next.Children, c.module(child, &next))
	}
	return &next
}
