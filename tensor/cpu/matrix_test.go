package cpu

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
	"resnet-tui/tensor/tensortest"
)

// inBF16 are options for a case.
func inBF16(i int) tensor.Options {
	return tensor.Options{Precision: tensor.BF16, Fuse: true, Threads: 1 + i%3}
}

// TestMatrix compares with the same convolution on kernels of float32, as TestDots
// does: forward, and gradients, whose convolutions have negative padding, parities,
// and results of float32.
func TestMatrix(t *testing.T) {
	directOnly(t)
	plain, unit := open(t, "generic"), open(t, "generic_matrix")
	r := rand.New(rand.NewPCG(7, 8))
	ran := 0
	for i := range 48 {
		g := tensortest.RandomConvolution(r)
		g.Groups = 1
		plan := g.Gradients()
		if i%2 == 0 {
			plan = g.Plan(tensortest.Tail(i / 2 % tensortest.Tails))
		}
		want, _ := outputs(t, plain, plan, uint64(i), inBF16(i))
		got, kernels := outputs(t, unit, plan, uint64(i), inBF16(i))
		if strings.HasPrefix(kernels[0], "generic_matrix direct 32") {
			ran++
		}
		for j := range want {
			if e := tensortest.Distance(got[j], doubles(want[j])); !(e <= 3e-4) {
				t.Errorf("%+v: output %d: relative error %g; kernels %q", g, j, e, kernels)
			}
		}
	}
	if ran < 30 {
		t.Errorf("%d convolutions ran on the unit: too few", ran)
	}
}

// TestMatrixSplit demands pieces that cover the work, whose input a cache keeps, and
// that read heavy weights no more often than they must.
func TestMatrixSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 1000 {
		w := matrixWork{
			units: 1 + r.IntN(4000), pixels: 1 + r.IntN(3)*r.IntN(60), panels: 1 + r.IntN(70),
			pixelMACs: 1 << (10 + r.IntN(10)), unitBytes: 64 << r.IntN(12), weightBytes: 1 << (10 + r.IntN(15)),
		}
		units, panels := w.split()
		if units.count != w.units || panels.count != w.panels || min(units.parts, panels.parts) < 1 {
			t.Fatalf("%+v is cut into %+v × %+v", w, units, panels)
		}
		for _, p := range []partition{units, panels} {
			if last := p.part(p.parts - 1); last.to != p.count || last.len() < 1 {
				t.Fatalf("%+v: the last part of %+v is %+v", w, p, last)
			}
		}
		heavy := w.weightBytes > heavyBytes
		limit := sourceBytes
		if heavy {
			limit = heavySourceBytes
		}
		spare := w.unitBytes // a unit, or a group of pixels
		if w.pixels == 1 {
			spare *= asm.MatrixGroup
		}
		if units.size*w.unitBytes > limit+spare {
			t.Errorf("%+v: a piece of %d units reads %d bytes", w, units.size, units.size*w.unitBytes)
		}
		if heavy && units.parts > ceilDiv(w.units*w.unitBytes, heavySourceBytes) {
			t.Errorf("%+v: %d parts read heavy weights", w, units.parts)
		}
	}
}

// TestMatrixBits demands the same bits from any number of threads.
func TestMatrixBits(t *testing.T) {
	d := open(t, "generic_matrix")
	for _, g := range []tensortest.Convolution{
		{N: 3, C: 40, H: 18, W: 13, K: 72, Groups: 1, Window: three},
		{N: 2, C: 48, H: 50, W: 50, K: 66, Groups: 1, Window: tensor.Square(1, 1, 0)},
		{N: 2, C: 32, H: 33, W: 40, K: 96, Groups: 1, Window: tensor.Square(3, 2, 1)},
	} {
		plan := g.Plan(tensortest.TailAdd | tensortest.TailReLU)
		p, _ := compile(t, d, plan, 1, inBF16(0))
		if n := p.launches[0].phases[0].pieces; n < 3 {
			t.Errorf("%+v: only %d pieces", g, n)
		}
		want, _ := outputs(t, d, plan, 1, inBF16(0))
		for threads := 2; threads < 4; threads++ {
			if got, _ := outputs(t, d, plan, 1, inBF16(threads-1)); !slices.Equal(got[0], want[0]) {
				t.Errorf("%+v: other bits with %d threads", g, threads)
			}
		}
	}
}
