package inspect_test

import (
	"context"
	"image"
	"math/rand/v2"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// fieldNets are nets of every kind of block, shortcut and stem. Sizes are odd, so that
// strides leave rows and columns out.
var fieldNets = []string{
	"cifar_resnet8", "cifar_resnet8_b", "cifar_resnet8_d", "cifar_preact_resnet8", "cifar_preact_resnet8_c",
	"cifar_plain8", "cifar_resnet11_bottleneck", "cifar_preact_resnet11_bottleneck",
	"resnext14d_8x8d_1x1x1x1", "resnet10_1x1x1x1_a",
}

// TestFieldsHoldSupports: of 1,000 random units of 10 nets, no gradient leaves the
// theoretical field, and the fields are no larger than they must be: many gradients reach
// all of their edges. A block's gradient by number of branches adds up to the whole.
func TestFieldsHoldSupports(t *testing.T) {
	const layers, units = 5, 20 // in each net, at each layer
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for i, arch := range fieldNets {
		t.Run(arch, func(t *testing.T) {
			m, err := resnet.Build(resnet.Config{Arch: arch, Batch: units, Height: 37, Width: 33, Classes: 5})
			if err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(1, uint64(i)))
			full := 0
			for range layers {
				full += checkSupports(t, dev, m.Model, random)
			}
			if full < layers*units/4 {
				t.Errorf("only %d of %d gradients reach all edges of their field", full, layers*units)
			}
			checkBranches(t, dev, m.Model, random)
		})
	}
}

// checkSupports takes the gradients of one random unit of each image at a random layer,
// and counts those that reach all edges of their field. Algorithms that change rounding
// leave traces of it beside a gradient, so only exact ones have its support.
func checkSupports(t *testing.T, dev tensor.Device, m *nn.Model, random *rand.Rand) (full int) {
	t.Helper()
	l := m.Layers[random.IntN(len(m.Layers))]
	for len(l.Out) != 4 {
		l = m.Layers[random.IntN(len(m.Layers))]
	}
	seed, units := randomUnits(l.Out, random)
	s := session(t, dev, m, nn.Pass{
		Backward: &nn.Backward{From: l.At(), NoParams: true}, Probes: []nn.Probe{{At: nn.Input, What: nn.Keep}},
	})
	if err := s.SetSeed(seed); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	g, err := s.Kept(nn.Input)
	if err != nil {
		t.Fatal(err)
	}
	for i, unit := range units {
		field := cut(inspect.Field(m, l, unit.Y, unit.X), m.Input)
		support := supportOf(g, i)
		if support == field {
			full++
		}
		if !support.Empty() && !support.In(field) {
			t.Errorf("%s, unit %v: the gradient is in %v, outside the field %v", l.At(), unit, support, field)
		}
	}
	return full
}

// checkBranches splits the gradients of units of the last block but one.
func checkBranches(t *testing.T, dev tensor.Device, m *nn.Model, random *rand.Rand) {
	t.Helper()
	block := m.Blocks()[len(m.Blocks())-2]
	if block.Block.Skip == nn.NoSkip {
		return
	}
	l := m.Layers[block.To]
	s := session(t, dev, m, nn.Pass{})
	seed, _ := randomUnits(l.Out, random)
	parts, err := s.PathsFrom(context.Background(), l.At(), seed)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts.Branches) != len(m.Blocks()) || !(parts.SumError <= 1e-5) {
		t.Errorf("%s: %d parts, which are off by %g", block.Path, len(parts.Branches), parts.SumError)
	}
}

// session opens a net with random weights on a random batch.
func session(t *testing.T, dev tensor.Device, m *nn.Model, pass nn.Pass) *nn.Session {
	t.Helper()
	s, err := nn.NewSession(context.Background(), dev, m, nn.SessionOptions{Pass: pass, Fuse: true, Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.SetInput(nn.RandomInput(1, m.Input)); err != nil {
		t.Fatal(err)
	}
	return s
}

// randomUnits are one unit of each image, by row and column, and the gradient that is 1 there.
func randomUnits(shape tensor.Shape, random *rand.Rand) (*tensor.Tensor, []image.Point) {
	seed := tensor.New(shape...)
	units := make([]image.Point, shape[0])
	for i := range units {
		c, y, x := random.IntN(shape[1]), random.IntN(shape[2]), random.IntN(shape[3])
		seed.Data[((i*shape[1]+c)*shape[2]+y)*shape[3]+x] = 1
		units[i] = image.Pt(x, y)
	}
	return seed, units
}

// cut is the part of a box inside the image.
func cut(b inspect.Box, input tensor.Shape) image.Rectangle {
	return b.Rectangle().Intersect(image.Rect(0, 0, input[3], input[2]))
}

// supportOf is the box of what isn't 0 in one image of a gradient.
func supportOf(g *tensor.Tensor, i int) (box image.Rectangle) {
	c, h, w := g.Shape[1], g.Shape[2], g.Shape[3]
	for at, v := range g.Data[i*c*h*w : (i+1)*c*h*w] {
		if v != 0 {
			y, x := at/w%h, at%w
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return box
}
