package oracle

import (
	"math"

	"resnet-tui/tensor"
)

// seed is the seed of all weights and inputs.
const seed = 7

// Source provides the goldens' parameters: weights that are He normal by fan-in, and batch
// norms that aren't near the identity.
type Source struct{}

// Load fills t according to the parameter's name and role.
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

// Input returns the goldens' input of a shape, which is standard normal.
func Input(shape tensor.Shape) *tensor.Tensor {
	t := tensor.New(shape...)
	tensor.NewStream(seed, "input").Normals(t.Data, 0, 1)
	return t
}
