package tensortest

import (
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// operation adds to a plan what a case is about, on the operand x.
type operation struct {
	name string
	add  func(b *Builder, r *rand.Rand, x tensor.BufferID) tensor.BufferID
}

// window is a small pool's.
func window(r *rand.Rand) tensor.Window { return tensor.Square(2+r.IntN(2), 1+r.IntN(3), r.IntN(2)) }

// halving is a 2×2 window of stride 2 that takes in the last row and column of odd
// images s.
func halving(s tensor.Shape) tensor.Window {
	return tensor.Window{KH: 2, KW: 2, SH: 2, SW: 2, Bottom: s[2] % 2, Right: s[3] % 2}
}

// operations are those of a forward pass, alone and with what may fuse.
var operations = []operation{
	{"relu", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID { return b.ReLU(x) }},
	{"norm", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID { return b.Norm(x, false) }},
	{"batch statistics", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID { return b.Norm(x, true) }},
	{"batch statistics, addition, relu", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.ReLU(b.Add(b.Norm(x, true), x, tensor.NoScalar))
	}},
	{"batch statistics, norm", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.Norm(b.Norm(x, true), false)
	}},
	{"addition", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.Add(x, b.ReLU(x), tensor.NoScalar)
	}},
	{"scaled addition", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.Add(x, b.ReLU(x), b.Scalar("α"))
	}},
	{"max pool", func(b *Builder, r *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.MaxPool(x, window(r), false)
	}},
	{"max pool over zeros", func(b *Builder, r *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.MaxPool(x, window(r), true)
	}},
	{"max pool padded on one side", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.MaxPool(x, tensor.Window{KH: 3, KW: 3, SH: 2, SW: 2, Bottom: 1, Right: 1}, false)
	}},
	{"average pool of windows", func(b *Builder, r *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.WindowPool(x, window(r))
	}},
	{"average pool 2×2, rounded up", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.WindowPool(x, halving(b.Shape(x)))
	}},
	{"average pool of wide windows", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.WindowPool(x, tensor.Window{KH: 3, KW: 5, SH: 1, SW: 2, Top: 2, Left: 4, Right: 1})
	}},
	{"global average pool", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.AvgPool(x, 1, 1)
	}},
	{"average pool", func(b *Builder, r *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.AvgPool(x, 1+r.IntN(8), 1+r.IntN(8))
	}},
	{"pad", func(b *Builder, r *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.Pad(x, 1+r.IntN(3), r.IntN(40), r.IntN(40))
	}},
	{"flatten", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID { return b.Flatten(x) }},
	{"flatten of pixels", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.Flatten(b.AvgPool(x, 1, 1))
	}},
	{"linear", func(b *Builder, r *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.Linear(b.Flatten(x), 1+r.IntN(50), r.IntN(2) == 0)
	}},
	{"linear, relu", func(b *Builder, r *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.ReLU(b.Linear(b.Flatten(x), 1+r.IntN(50), true))
	}},
	{"dropout in eval mode", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.Dropout(x, 0.5, false, tensor.NoScalar)
	}},
	{"dropout", func(b *Builder, _ *rand.Rand, x tensor.BufferID) tensor.BufferID {
		return b.Dropout(x, 0.3, true, b.Scalar("seed"))
	}},
}

// oddImages is an input of odd sizes.
func oddImages(b *Builder, r *rand.Rand) tensor.BufferID {
	return b.Input(1+r.IntN(4), 1+r.IntN(40), 3+r.IntN(15), 3+r.IntN(15))
}

// operations compares each operation with the oracle, at odd sizes: what it
// computes, a probe of that and, every other time, a convolution that reads it,
// for which a device may lay it out in another way.
func (s *suite) operations(t *testing.T) {
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 6))
			for i := range 12 {
				var b Builder
				y := op.add(&b, r, oddImages(&b, r))
				b.Moments(y)
				if i%2 == 0 && len(b.Shape(y)) == 4 {
					b.Output(b.Conv(y, 5, tensor.Square(3, 1, 1), 1, false))
				}
				b.Output(y)
				if takes(i) {
					s.check(t, &b.Plan, uint64(i), tensor.Options{Threads: 2, Fuse: i%3 > 0}, operationBar)
				}
			}
		})
	}
}
