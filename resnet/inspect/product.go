package inspect

import (
	"context"
	"errors"

	"resnet-tui/tensor"
)

// product multiplies features of images on a device: y = xᵀx, by the kernel that elsewhere
// adds up a linear layer's gradient over images.
type product struct {
	program tensor.Program
	state   tensor.State
	in, out tensor.Tensor
}

const (
	productIn  tensor.BufferID = 0
	productOut tensor.BufferID = 1
)

// productRows is the number of features whose products are added in float32, before they
// are in float64.
const productRows = 1024

// newProduct compiles the product of some features of n images. It must be closed.
func newProduct(dev tensor.Device, n, threads int) (*product, error) {
	p := &product{
		in:  tensor.Tensor{Shape: tensor.Shape{productRows, n}},
		out: *tensor.New(n, n),
	}
	plan := &tensor.Plan{
		Buffers: []tensor.Buffer{
			{Name: "features", Shape: p.in.Shape, Class: tensor.Input},
			{Name: "products", Shape: p.out.Shape, Class: tensor.Output},
		},
		Ops: []tensor.Op{{
			Kind: tensor.LinearGradWeight, Pass: tensor.Backward, Path: "products", Scalar: tensor.NoScalar,
			In: []tensor.BufferID{productIn, productIn}, Out: []tensor.BufferID{productOut},
		}},
	}
	var err error
	if p.state, err = dev.NewState(nil, nil); err != nil {
		return nil, err
	}
	if p.program, err = dev.Compile(plan, p.state, tensor.Options{Threads: threads, Exact: true}); err != nil {
		return nil, errors.Join(err, p.state.Close())
	}
	return p, nil
}

// Close frees what the product holds.
func (p *product) Close() error { return errors.Join(p.program.Close(), p.state.Close()) }

// add adds the products of features to a Gram matrix. A row of features has one of all
// images; the number of rows is a multiple of productRows.
func (p *product) add(ctx context.Context, g *Gram, features []float32) error {
	size := productRows * g.N
	for ; len(features) > 0; features = features[size:] {
		p.in.Data = features[:size]
		if err := p.program.Write(productIn, &p.in); err != nil {
			return err
		}
		if err := p.program.Run(ctx, tensor.RunOptions{}); err != nil {
			return err
		}
		if err := p.program.Read(productOut, &p.out); err != nil {
			return err
		}
		for i, v := range p.out.Data {
			g.Sum[i] += float64(v)
		}
	}
	return nil
}
