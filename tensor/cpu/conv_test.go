package cpu

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// geometry is a convolution to test.
type geometry struct {
	n, c, h, w, k, groups int
	win                   tensor.Window
}

// randomGeometry draws shapes that the family has and many that it has not.
func randomGeometry(r *rand.Rand) geometry {
	one := func(list ...int) int { return list[r.IntN(len(list))] }
	g := geometry{n: 1 + r.IntN(3), groups: 1}
	g.c, g.k = one(1, 2, 3, 4, 7, 16, 17, 24, 32, 48, 64), one(1, 7, 10, 16, 24, 32, 33, 64)
	switch r.IntN(4) {
	case 0:
		g.groups = one(2, 3, 4, 8)
		g.c, g.k = g.groups*(1+r.IntN(20)), g.groups*(1+r.IntN(20))
	case 1:
		g.groups = one(2, 5, 8, 16)
		g.c = g.groups * one(1, 2, 4, 8, 16)
		g.k = g.c
	}
	kh := one(1, 1, 3, 3, 3, 5, 7)
	g.win = tensor.Square(kh, one(1, 1, 2, 3), r.IntN(kh/2+1))
	if r.IntN(4) == 0 {
		g.win = tensor.Window{KH: 1 + r.IntN(4), KW: 1 + r.IntN(4), SH: 1 + r.IntN(3), SW: 1 + r.IntN(3), Top: r.IntN(3), Left: r.IntN(3), Bottom: r.IntN(3), Right: r.IntN(3)}
	}
	g.h, g.w = g.win.KH+r.IntN(14), g.win.KW+r.IntN(20)
	return g
}

// plan is the convolution with what may follow it: bit 0 batch norm, 1 the
// addition, 2 ReLU, 3 a bias.
func (g geometry) plan(tail int) *tensor.Plan {
	var p planner
	x := p.input(g.n, g.c, g.h, g.w)
	y := p.conv(x, g.k, g.win, g.groups, tail&8 != 0)
	if tail&1 != 0 {
		y = p.norm(y, false)
	}
	if tail&2 != 0 {
		y = p.add(y, p.input(p.shape(y)...), tensor.NoScalar)
	}
	if tail&4 != 0 {
		y = p.relu(y)
	}
	p.output(y)
	return &p.Plan
}

func TestConvGeometries(t *testing.T) {
	eachSet(t, func(t *testing.T, d tensor.Device) {
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 150 {
			g, tail := randomGeometry(r), r.IntN(16)
			t.Run(fmt.Sprintf("%d", i), func(t *testing.T) {
				t.Logf("%+v tail %d", g, tail)
				compare(t, d, g.plan(tail), uint64(i), tensor.Options{Threads: 2, Fuse: i%3 != 0, Exact: i%2 == 0}, 2e-6)
			})
		}
	})
}

// TestConvShapesOfNets takes the family's own layers, scaled down, and those
// that need the reduction in chunks.
func TestConvShapesOfNets(t *testing.T) {
	three := tensor.Square(3, 1, 1)
	eachSet(t, func(t *testing.T, d tensor.Device) {
		for _, g := range []geometry{
			{1, 3, 64, 64, 64, 1, tensor.Square(7, 2, 3)},
			{2, 3, 32, 32, 16, 1, three},
			{1, 1, 28, 28, 16, 1, three},
			{1, 64, 56, 56, 32, 1, tensor.Square(1, 1, 0)},
			{1, 64, 29, 27, 64, 1, three},
			{1, 80, 14, 14, 48, 1, three},
			{3, 48, 7, 7, 96, 1, three},
			{2, 32, 7, 7, 64, 1, three},
			{1, 704, 4, 4, 33, 1, three},
			{1, 64, 8, 8, 96, 1, tensor.Square(1, 2, 0)},
			{1, 128, 9, 9, 128, 32, three},
			{1, 256, 7, 7, 256, 32, tensor.Square(3, 2, 1)},
			{1, 64, 6, 6, 64, 2, three},
			{2, 32, 1, 1, 32, 1, three},
			{5, 32, 1, 1, 48, 1, tensor.Square(1, 1, 0)},
		} {
			for tail := range 8 {
				compare(t, d, g.plan(tail), uint64(tail), tensor.Options{Threads: 2, Fuse: true}, 2e-6)
			}
		}
	})
}

func TestWinogradIsChosen(t *testing.T) {
	d := open(t, "")
	g := geometry{1, 64, 28, 28, 64, 1, tensor.Square(3, 1, 1)}
	name := func(o tensor.Options) string {
		p, _ := compile(t, d, g.plan(0), 1, o)
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
	chooseWinograd = func(op *tensor.Op, _, _ tensor.Shape, _ *asm.Kernels) bool { return canWinograd(op) }
	t.Cleanup(func() { chooseWinograd = winogradGains })
}

// TestWinograd forces it on all geometries that it can do, in both forms.
func TestWinograd(t *testing.T) {
	forceWinograd(t)
	eachSet(t, func(t *testing.T, d tensor.Device) {
		r := rand.New(rand.NewPCG(3, 4))
		for i := range 60 {
			g := geometry{n: 1 + r.IntN(3), c: 1 + r.IntN(100), k: 1 + r.IntN(70), h: 1 + r.IntN(20), w: 1 + r.IntN(20), groups: 1, win: tensor.Square(3, 1, 1)}
			g.win.Bottom, g.win.Right = r.IntN(3), r.IntN(3)
			if g.h+g.win.Bottom < 2 || g.w+g.win.Right < 2 {
				continue
			}
			compare(t, d, g.plan(i%16), uint64(i), tensor.Options{Threads: 1 + i%3, Fuse: true}, 5e-6)
		}
	})
}

func TestTilingCoversTheRow(t *testing.T) {
	for maxPx := 1; maxPx <= asm.MaxPix; maxPx++ {
		for width := 1; width < 100; width++ {
			c := newTiling(width, maxPx)
			if c.px > maxPx || c.wide < 1 || c.wide*c.px+c.narrow*(c.px-1) != width {
				t.Errorf("%d pixels in tiles of %d: %+v", width, maxPx, c)
			}
		}
	}
}
