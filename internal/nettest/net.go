package nettest

import (
	"math"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Net is a net at a size that a test can afford.
type Net struct {
	Arch                          string
	Batch, Height, Width, Classes int
	Lesions                       []string // as nn.ParseLesion reads them
}

// Build builds it.
func (n Net) Build(t testing.TB) *nn.Model {
	t.Helper()
	c, err := resnet.ParseArch(n.Arch)
	if err != nil {
		t.Fatal(err)
	}
	c.Batch, c.Height, c.Width, c.Classes = n.Batch, n.Height, n.Width, n.Classes
	var lesions []nn.Lesion
	for _, s := range n.Lesions {
		l, err := nn.ParseLesion(s)
		if err != nil {
			t.Fatal(err)
		}
		lesions = append(lesions, l)
	}
	m, err := resnet.Build(c, lesions...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Model
}

// Lower makes the plan of a pass.
func (n Net) Lower(t testing.TB, pass nn.Pass) *nn.Lowered {
	t.Helper()
	l, err := n.Build(t).Lower(pass)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Everything is a pass with the gradients of all parameters and of the image, the norms
// at all blocks, and the moments of all layers.
func Everything(mode nn.Mode) nn.Pass {
	return nn.Pass{Mode: mode, Backward: &nn.Backward{Smoothing: 0.1}, Probes: []nn.Probe{
		{At: nn.EveryLayer, What: nn.Moments},
		{At: nn.EveryBlock, What: nn.Flow},
		{At: nn.EveryParameter, What: nn.Norm},
		{At: nn.EveryParameter, What: nn.Keep},
		{At: nn.Input, What: nn.Keep},
	}}
}

// Initial are first values that keep a net's activations in a sane range.
type Initial struct{}

// Load fills t. A parameter depends on its name alone.
func (Initial) Load(p tensor.Param, t *tensor.Tensor) error {
	s := tensor.NewStream(3, p.Name)
	switch p.Role {
	case tensor.Gamma, tensor.RunningVar:
		s.Uniforms(t.Data, 0, 0.5, 1.5)
	case tensor.Weight:
		s.Normals(t.Data, 0, math.Sqrt(1/float64(p.Shape.Elems()/p.Shape[0])))
	case tensor.Slot: // as a training run begins
	default:
		s.Normals(t.Data, 0, 0.1)
	}
	return nil
}

// inputs are an image and classes, by buffer.
func inputs(l *nn.Lowered) map[tensor.BufferID]*tensor.Tensor {
	in := map[tensor.BufferID]*tensor.Tensor{l.Input: nn.RandomInput(2, l.Plan.Buffers[l.Input].Shape)}
	if l.Target != tensor.NoBuffer {
		target := tensor.New(l.Plan.Buffers[l.Target].Shape...)
		for i := range target.Data {
			target.Data[i] = float32(i % 5)
		}
		in[l.Target] = target
	}
	return in
}

// scalars are a plan's: the one that makes an addition a difference, and a tenth for
// learning rates and what else there is.
func scalars(p *tensor.Plan) []float32 {
	values := make([]float32, len(p.Scalars))
	for i, name := range p.Scalars {
		if values[i] = 0.1; name == "minus one" {
			values[i] = -1
		}
	}
	return values
}
