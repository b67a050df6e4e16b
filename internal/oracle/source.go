package oracle

import (
	"math"

	"resnet-tui/tensor"
)

// seed is that of all weights and inputs.
const seed = 7

// Source gives the goldens' parameters: weights He normal by fan-in, and batch
// norms far from 1 and 0.
type Source struct{}

// Load fills t by the parameter's name and role.
func (Source) Load(p tensor.Param, t *tensor.Tensor) error {
	s := tensor.NewStream(seed, p.Name)
	switch p.Role {
	case tensor.Weight:
		s.Normals(t.Data, 0, math.Sqrt(2/float64(p.Shape[1:].Elems())))
	case tensor.Gamma, tensor.RunningVar:
		s.Uniforms(t.Data, 0, 0.5, 1.5)
	case tensor.Bias, tensor.Beta:
		s.Normals(t.Data, 0, 0.2)
	case tensor.RunningMean:
		s.Normals(t.Data, 0, 0.1)
	}
	return nil
}

// Input is the goldens' input of a shape: standard normal.
func Input(shape tensor.Shape) *tensor.Tensor {
	t := tensor.New(shape...)
	tensor.NewStream(seed, "input").Normals(t.Data, 0, 1)
	return t
}
