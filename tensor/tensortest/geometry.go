package tensortest

import (
	"math/rand/v2"

	"resnet-tui/tensor"
)

// Convolution is the geometry of a convolution x[N,C,H,W] → y[N,K,OH,OW].
type Convolution struct {
	N, C, H, W, K, Groups int
	Window                tensor.Window
}

// Tail is what may follow a convolution, as a set of bits.
type Tail int

// What follows, in this order; TailBias is the convolution's own.
const (
	TailNorm Tail = 1 << iota
	TailAdd
	TailReLU
	TailBias
	Tails = 1 << iota // the number of sets
)

// RandomConvolution draws shapes that the family has and many that it lacks:
// channels around the multiples of 16, narrow and odd groups, uneven windows.
func RandomConvolution(r *rand.Rand) Convolution {
	one := func(list ...int) int { return list[r.IntN(len(list))] }
	g := Convolution{N: 1 + r.IntN(3), Groups: 1}
	g.C, g.K = one(1, 2, 3, 4, 7, 16, 17, 24, 32, 48, 64), one(1, 7, 10, 16, 24, 32, 33, 64)
	switch r.IntN(4) {
	case 0:
		g.Groups = one(2, 3, 4, 8)
		g.C, g.K = g.Groups*(1+r.IntN(20)), g.Groups*(1+r.IntN(20))
	case 1:
		g.Groups = one(2, 5, 8, 16)
		g.C = g.Groups * one(1, 2, 4, 8, 16)
		g.K = g.C
	}
	kernel := one(1, 1, 3, 3, 3, 5, 7)
	g.Window = tensor.Square(kernel, one(1, 1, 2, 3), r.IntN(kernel/2+1))
	if r.IntN(4) == 0 {
		g.Window = tensor.Window{
			KH: 1 + r.IntN(4), KW: 1 + r.IntN(4), SH: 1 + r.IntN(3), SW: 1 + r.IntN(3),
			Top: r.IntN(3), Left: r.IntN(3), Bottom: r.IntN(3), Right: r.IntN(3),
		}
	}
	g.H, g.W = g.Window.KH+r.IntN(14), g.Window.KW+r.IntN(20)
	return g
}

// Plan is the convolution with a tail; the result is the Output.
func (g Convolution) Plan(tail Tail) *tensor.Plan {
	var b Builder
	y := b.Conv(b.Input(g.N, g.C, g.H, g.W), g.K, g.Window, g.Groups, tail&TailBias != 0)
	if tail&TailNorm != 0 {
		y = b.Norm(y, false)
	}
	if tail&TailAdd != 0 {
		y = b.Add(y, b.Like(y), tensor.NoScalar)
	}
	if tail&TailReLU != 0 {
		y = b.ReLU(y)
	}
	b.Output(y)
	return &b.Plan
}

// Gradients is the plan of all gradients of the convolution, for a dy that is
// an input; the forward operation itself is left out.
func (g Convolution) Gradients() *tensor.Plan {
	var b Builder
	oh, ow := g.Window.Out(g.H, g.W)
	x, dy := b.Input(g.N, g.C, g.H, g.W), b.Input(g.N, g.K, oh, ow)
	w := b.Param(tensor.Weight, g.K, g.C/g.Groups, g.Window.KH, g.Window.KW)
	op := tensor.Op{Kind: tensor.Conv2dGradInput, Pass: tensor.Backward, Window: g.Window, Groups: g.Groups}
	op.Params = []tensor.ParamID{w}
	b.Append(op, []tensor.BufferID{dy}, b.Shape(x))
	op.Kind, op.Params = tensor.Conv2dGradWeight, nil
	b.Append(op, []tensor.BufferID{x, dy}, b.Params[w].Shape)
	op.Kind = tensor.Conv2dGradBias
	b.Append(op, []tensor.BufferID{dy}, tensor.Shape{g.K})
	b.readAll()
	return &b.Plan
}
