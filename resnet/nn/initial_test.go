package nn_test

import (
	"math"
	"slices"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

func load(t *testing.T, m *nn.Model, seed uint64, name string) []float32 {
	t.Helper()
	for _, p := range m.Params {
		if p.Name != name {
			continue
		}
		x := tensor.New(p.Shape...)
		if err := m.Initial(seed).Load(p, x); err != nil {
			t.Fatal(err)
		}
		return x.Data
	}
	t.Fatalf("%s has no %s", m.Name, name)
	return nil
}

func TestInitial(t *testing.T) {
	m := build(t, resnet.Config{Arch: "vgg16_bn"})
	near := func(what string, got, want, tolerance float64) {
		t.Helper()
		if math.Abs(got-want) > tolerance*want {
			t.Errorf("%s: %g, want %g", what, got, want)
		}
	}
	conv := load(t, m, 1, "features.40.weight")
	near("deviation of 512 filters of 3×3", deviation(conv), math.Sqrt(2.0/(512*9)), 0.01)
	if d := deviation(load(t, m, 1, "features.40.bias")); d != 0 {
		t.Errorf("the convolution's bias deviates by %g", d)
	}
	for _, name := range []string{"classifier.6.weight", "classifier.6.bias"} {
		x := load(t, m, 1, name)
		bound := 1 / math.Sqrt(4096)
		near(name, deviation(x), bound/math.Sqrt(3), 0.05)
		if hi := float64(slices.Max(x)); hi > bound || hi < 0.98*bound {
			t.Errorf("%s: the largest is %g, the bound %g", name, hi, bound)
		}
	}
	for name, want := range map[string]float32{"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1} {
		x := load(t, m, 1, "features.41."+name)
		if slices.Min(x) != want || slices.Max(x) != want {
			t.Errorf("batch norm's %s is not %g", name, want)
		}
	}
}

// TestInitialIsShared: a twin has the same weights under the same names.
func TestInitialIsShared(t *testing.T) {
	m := build(t, resnet.Config{Depth: 18})
	twin := build(t, resnet.Config{Depth: 18, Plain: true})
	const name = "layer2.0.conv1.weight"
	if !slices.Equal(load(t, m, 7, name), load(t, twin, 7, name)) {
		t.Error("the twin has other weights")
	}
	if slices.Equal(load(t, m, 7, name), load(t, m, 8, name)) {
		t.Error("another seed gives the same weights")
	}
	if other := load(t, m, 7, "layer2.1.conv1.weight"); slices.Equal(load(t, m, 7, name), other[:64*128*9]) {
		t.Error("another name gives the same weights")
	}
	p := m.Params[0]
	if err := m.Initial(1).Load(p, tensor.New(1)); err == nil {
		t.Error("a tensor of another shape is filled")
	}
}

func TestRandomInput(t *testing.T) {
	one, two := nn.RandomInput(1, tensor.Shape{1, 3, 64, 64}), nn.RandomInput(1, tensor.Shape{2, 3, 64, 64})
	if !slices.Equal(one.Data, two.Data[:len(one.Data)]) {
		t.Error("a larger batch begins with other images")
	}
	if d := deviation(two.Data); math.Abs(d-1) > 0.02 {
		t.Errorf("it deviates by %g, want 1", d)
	}
}
