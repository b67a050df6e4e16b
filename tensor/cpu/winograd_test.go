package cpu

import (
	"math/rand/v2"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

func TestWinogradIsChosen(t *testing.T) {
	d := open(t, "")
	g := tensortest.Convolution{N: 1, C: 64, H: 28, W: 28, K: 64, Groups: 1, Window: three}
	name := func(o tensor.Options) string {
		p, _ := compile(t, d, g.Plan(0), 1, o)
		return p.Kernels()[0].Name
	}
	if n := name(tensor.Options{}); !strings.HasPrefix(n, "winograd") {
		t.Errorf("28×28×64 runs as %q", n)
	}
	if n := name(tensor.Options{Exact: true}); strings.HasPrefix(n, "winograd") {
		t.Errorf("exact runs as %q", n)
	}
}

// forceWinograd makes every convolution that can be one a Winograd.
func forceWinograd(t *testing.T) {
	chooseWinograd = func(op *tensor.Op, _, _ tensor.Shape, _ alternatives) bool { return canWinograd(op) }
	t.Cleanup(func() { chooseWinograd = winogradGains })
}

// winogradBar is the relative error that its transforms may add.
const winogradBar = 5e-6

// TestWinograd forces it on all geometries that it can do, in both forms.
func TestWinograd(t *testing.T) {
	forceWinograd(t)
	eachSet(t, func(t *testing.T, d tensor.Device) {
		r := rand.New(rand.NewPCG(3, 4))
		for i := range 60 {
			g := tensortest.Convolution{
				N: 1 + r.IntN(3), C: 1 + r.IntN(100), K: 1 + r.IntN(70), H: 1 + r.IntN(20), W: 1 + r.IntN(20),
				Groups: 1, Window: three,
			}
			g.Window.Bottom, g.Window.Right = r.IntN(3), r.IntN(3)
			if g.H+g.Window.Bottom < 2 || g.W+g.Window.Right < 2 {
				continue
			}
			tail := tensortest.Tail(i % tensortest.Tails)
			compare(t, d, g.Plan(tail), uint64(i), tensor.Options{Threads: 1 + i%3, Fuse: true}, winogradBar)
		}
	})
}

// TestWinogradGradients forces Winograd on all gradients that it can do.
func TestWinogradGradients(t *testing.T) {
	forceWinograd(t)
	eachSet(t, func(t *testing.T, d tensor.Device) {
		r := rand.New(rand.NewPCG(9, 10))
		for i := range 30 {
			g := tensortest.Convolution{
				N: 1 + r.IntN(3), C: 1 + r.IntN(70), K: 1 + r.IntN(100), H: 3 + r.IntN(20), W: 3 + r.IntN(20),
				Groups: 1, Window: tensor.Square(3, 1, r.IntN(3)),
			}
			compare(t, d, g.Gradients(), uint64(i), tensor.Options{Threads: 1 + i%3}, winogradBar)
		}
	})
}

// TestWinogradOfAnyScale: weights in bf16 may be as large or small as in float32.
func TestWinogradOfAnyScale(t *testing.T) {
	forceWinograd(t)
	g := tensortest.Convolution{N: 2, C: 40, K: 35, H: 9, W: 13, Groups: 1, Window: three}
	eachSet(t, func(t *testing.T, d tensor.Device) {
		for tail := range tensortest.Tail(tensortest.Tails) {
			for _, scale := range []float32{1e-30, 1e-7, 1, 1e6, 1e30} {
				plan := g.Plan(tail)
				want := scaledResult(t, d, plan, scale, tensor.Options{Fuse: true, Exact: true})
				got := scaledResult(t, d, plan, scale, tensor.Options{Fuse: true, Precision: tensor.BF16})
				for o := range g.K {
					if e := tensortest.Distance(channelOf(got, o), asFloat64(channelOf(want, o))); !(e < 2e-2) {
						t.Fatalf("tail %v, weights times %g: channel %d is off by %g", tail, scale, o, e)
					}
				}
			}
		}
	})
}

// scaledResult runs a plan with every second output channel's weights scaled.
func scaledResult(t *testing.T, d tensor.Device, plan *tensor.Plan, scale float32, o tensor.Options) *tensor.Tensor {
	t.Helper()
	p, s := compile(t, d, plan, 5, o)
	for _, param := range plan.Params {
		if len(param.Shape) != 4 {
			continue
		}
		w := tensor.New(param.Shape...)
		if err := s.Read(param.Name, w); err != nil {
			t.Fatal(err)
		}
		each := len(w.Data) / param.Shape[0]
		for i := range w.Data {
			if i/each%2 == 0 {
				w.Data[i] *= scale
			}
		}
		if err := s.Write(param.Name, w); err != nil {
			t.Fatal(err)
		}
	}
	runOnce(t, p, plan, 5)
	id := plan.Find(tensor.Output)[0]
	out := tensor.New(plan.Buffers[id].Shape...)
	if err := p.Read(id, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// channelOf is the values of a channel.
func channelOf(x *tensor.Tensor, c int) (values []float32) {
	plane := x.Shape[2] * x.Shape[3]
	for n := range x.Shape[0] {
		values = append(values, x.Data[(n*x.Shape[1]+c)*plane:][:plane]...)
	}
	return values
}

func asFloat64(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
