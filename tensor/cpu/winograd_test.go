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
