package nn

import (
	"fmt"
	"math"

	"resnet-tui/tensor"
)

// Initial is a source of a fresh net's parameters. A parameter depends on nothing
// but the seed and its name, so a plain twin has the same weights wherever both
// nets have that parameter. It is safe for concurrent use.
//
// Convolutions are normal with variance 2/(K·KH·KW) (He et al. 2015, "Delving
// Deep into Rectifiers", equation 14, the fan-out form), their biases 0. A
// linear layer's weight and bias are uniform in ±1/√fan-in, as PyTorch's
// kaiming_uniform(a=√5) makes them. Batch norms are 1 and 0, as are their
// running variance and mean.
type Initial struct {
	Seed  uint64
	fanIn map[string]int // of linear layers, by the name of weight and bias
}

// Initial is the source of a fresh net's parameters.
func (m *Model) Initial(seed uint64) Initial {
	init := Initial{Seed: seed, fanIn: map[string]int{}}
	for _, l := range m.Layers {
		if l.Kind == tensor.Linear {
			for _, id := range l.Params {
				init.fanIn[m.Params[id].Name] = l.In[1]
			}
		}
	}
	return init
}

// Load fills t with the parameter's first values.
func (init Initial) Load(p tensor.Param, t *tensor.Tensor) error {
	if !t.Shape.Equal(p.Shape) {
		return fmt.Errorf("%s is %v, not %v", p.Name, p.Shape, t.Shape)
	}
	stream := tensor.NewStream(init.Seed, p.Name)
	fan, isLinear := init.fanIn[p.Name]
	switch {
	case isLinear:
		bound := 1 / math.Sqrt(float64(fan))
		stream.Uniforms(t.Data, 0, -bound, bound)
	case p.Role == tensor.Weight:
		fanOut := p.Shape[0] * p.Shape[2] * p.Shape[3]
		stream.Normals(t.Data, 0, math.Sqrt(2/float64(fanOut)))
	case p.Role == tensor.Gamma || p.Role == tensor.RunningVar:
		fill(t.Data, 1)
	default:
		fill(t.Data, 0)
	}
	return nil
}

func fill(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}

// RandomInput is a batch of standard normal images, N×C×H×W: the same for the
// same seed and shape on any machine. A larger batch begins with the images of a
// smaller one.
func RandomInput(seed uint64, shape tensor.Shape) *tensor.Tensor {
	return normal(seed, "input", shape)
}

func normal(seed uint64, name string, shape tensor.Shape) *tensor.Tensor {
	t := tensor.New(shape...)
	tensor.NewStream(seed, name).Normals(t.Data, 0, 1)
	return t
}
