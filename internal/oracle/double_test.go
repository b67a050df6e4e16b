package oracle_test

import (
	"context"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// double is the reference as a device that computes in float64, so that nothing but
// formulas can differ from goldens. Values are rounded to float32 as they are read.
type double struct{ *tensortest.ReferenceDevice }

// newDouble opens the device.
func newDouble() double { return double{tensortest.Reference()} }

// Compile makes a program that runs in float64.
func (d double) Compile(p *tensor.Plan, s tensor.State, o tensor.Options) (tensor.Program, error) {
	single, err := d.ReferenceDevice.Compile(p, s, o)
	if err != nil {
		return nil, err
	}
	r, err := tensor.NewReference[float64](p, stored{s})
	if err != nil {
		return nil, err
	}
	return doubleProgram{single, r}, nil
}

// stored are the parameters of a state.
type stored struct{ tensor.State }

// Load reads a parameter.
func (s stored) Load(p tensor.Param, t *tensor.Tensor) error { return s.Read(p.Name, t) }

// doubleProgram runs one program in the place of another.
type doubleProgram struct {
	tensor.Program
	run *tensor.Reference[float64]
}

// Write sets an input.
func (p doubleProgram) Write(id tensor.BufferID, t *tensor.Tensor) error {
	return p.run.Set(id, t.Data)
}

// Run computes all operations.
func (p doubleProgram) Run(ctx context.Context, o tensor.RunOptions) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.run.Run(o.Scalars)
}

// Read rounds what a buffer holds.
func (p doubleProgram) Read(id tensor.BufferID, t *tensor.Tensor) error {
	for i, v := range p.run.Buffer(id) {
		t.Data[i] = float32(v)
	}
	return nil
}
