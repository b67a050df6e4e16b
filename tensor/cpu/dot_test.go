package cpu

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
	"resnet-tui/tensor/tensortest"
)

// directOnly makes every convolution a direct one.
func directOnly(t *testing.T) {
	chooseWinograd = func(*tensor.Op, tensor.Shape, tensor.Shape, alternatives) bool { return false }
	t.Cleanup(func() { chooseWinograd = winogradGains })
}

// outputs runs a plan on inputs that bf16 holds, and reads what it gives.
func outputs(t *testing.T, d tensor.Device, plan *tensor.Plan, seed uint64, o tensor.Options) (list [][]float32, kernels []string) {
	p, _ := compile(t, d, plan, seed, o)
	for _, id := range plan.Find(tensor.Input) {
		x := tensortest.InputValues(plan, id, seed)
		for i, v := range x.Data {
			x.Data[i] = asm.RoundBF16(v).Float32()
		}
		if err := p.Write(id, x); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Run(context.Background(), tensor.RunOptions{Scalars: tensortest.ScalarValues(plan)}); err != nil {
		t.Fatal(err)
	}
	for _, id := range append(plan.Find(tensor.Output), plan.Find(tensor.Kept)...) {
		x := tensor.New(plan.Buffers[id].Shape...)
		if err := p.Read(id, x); err != nil {
			t.Fatal(err)
		}
		list = append(list, x.Data)
	}
	for _, k := range p.Kernels() {
		kernels = append(kernels, k.Name)
	}
	return list, kernels
}

func doubles(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// TestDots compares products of pairs with the same net on kernels of float32. Both
// round each result once to bf16, most of them alike: sums differ in their order.
func TestDots(t *testing.T) {
	directOnly(t)
	plain, dots := open(t, "generic"), open(t, "generic_dot")
	r := rand.New(rand.NewPCG(5, 6))
	ran, stems := 0, 0
	for i := range 80 {
		g := tensortest.RandomConvolution(r)
		plan := g.Gradients()
		if i%2 == 0 {
			plan = g.Plan(tensortest.Tail(i / 2 % tensortest.Tails))
		}
		o := tensor.Options{Threads: 1 + i%3, Fuse: true, Precision: tensor.BF16}
		want, _ := outputs(t, plain, plan, uint64(i), o)
		got, kernels := outputs(t, dots, plan, uint64(i), o)
		names := strings.Join(kernels, "\n")
		ran += strings.Count(names, "generic_dot")
		stems += strings.Count(names, "generic_dot direct stem")
		for j := range want {
			if e := tensortest.Distance(got[j], doubles(want[j])); !(e <= 3e-4) {
				t.Errorf("%+v: output %d: relative error %g; kernels %q", g, j, e, kernels)
			}
		}
	}
	if ran < 60 || stems < 3 {
		t.Errorf("%d kernels multiplied pairs, %d of them stems: too few", ran, stems)
	}
}

// TestWinogradBesideDots: where direct convolutions take half of the time, those whose
// Winograd gains little, or reads many more weights, are direct.
func TestWinogradBesideDots(t *testing.T) {
	d := open(t, "generic_dot")
	for _, c := range []struct {
		size, channels int
		precision      tensor.Precision
		winograd       bool
	}{
		{56, 64, tensor.FP32, true}, {56, 64, tensor.BF16, true},
		{14, 256, tensor.FP32, true}, {14, 256, tensor.BF16, false},
	} {
		g := tensortest.Convolution{N: 1, C: c.channels, H: c.size, W: c.size, K: c.channels, Groups: 1, Window: three}
		e, err := d.Estimate(g.Plan(0), tensor.Options{Precision: c.precision})
		if err != nil {
			t.Fatal(err)
		}
		if name := e.Kernels[0].Name; strings.HasPrefix(name, "winograd") != c.winograd {
			t.Errorf("%d×%d×%d in %v runs as %q", c.size, c.size, c.channels, c.precision, name)
		}
	}
}
