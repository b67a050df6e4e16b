package tensortest

import (
	"math"

	"resnet-tui/tensor"
)

// Values is a Source of seeded values that keep a net's activations in a sane
// range. Slots get values too, so that a step shows whether it reads them. A
// parameter depends on the seed and its name alone.
type Values struct{ Seed uint64 }

// Load fills t.
func (v Values) Load(p tensor.Param, t *tensor.Tensor) error {
	s := tensor.NewStream(v.Seed, p.Name)
	switch p.Role {
	case tensor.Gamma, tensor.RunningVar:
		s.Uniforms(t.Data, 0, 0.5, 1.5)
	case tensor.Weight: // He's initialisation
		s.Normals(t.Data, 0, math.Sqrt(2/float64(p.Shape.Elems()/p.Shape[0])))
	case tensor.Slot: // small, or the first steps leave the range
		s.Normals(t.Data, 0, 0.05)
	default:
		s.Normals(t.Data, 0, 0.5)
	}
	return nil
}

// Random is a tensor of standard normal values.
func Random(seed uint64, shape tensor.Shape) *tensor.Tensor {
	t := tensor.New(shape...)
	tensor.NewStream(seed, "input").Normals(t.Data, 0, 1)
	return t
}

// InputValues is what tests write to an Input buffer: the classes 0, 1 and 2 in
// turn to a target, else standard normal values that depend on seed and buffer.
func InputValues(p *tensor.Plan, id tensor.BufferID, seed uint64) *tensor.Tensor {
	t := Random(seed+uint64(id), p.Buffers[id].Shape)
	if p.Buffers[id].Name == targetName {
		for i := range t.Data {
			t.Data[i] = float32(i % 3)
		}
	}
	return t
}

// ScalarValues are values for a plan's scalars, by name: a small learning rate
// for "rate", for others numbers that are neither 0 nor 1.
func ScalarValues(p *tensor.Plan) []float32 {
	values := make([]float32, len(p.Scalars))
	for i, name := range p.Scalars {
		if values[i] = 0.3 + float32(i); name == "rate" {
			values[i] = 0.01
		}
	}
	return values
}
