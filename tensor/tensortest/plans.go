package tensortest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// RandomNet is a small net of random blocks: what the family is made of, with
// skips that live long, probes and odd sizes.
func RandomNet(r *rand.Rand) *tensor.Plan {
	var b Builder
	one := func(list ...int) int { return list[r.IntN(len(list))] }
	x := b.Input(1+r.IntN(3), one(1, 3, 3, 20), 12+r.IntN(20), 12+r.IntN(20))
	x = b.Conv(x, one(16, 24, 32), tensor.Square(one(3, 7), one(1, 2), one(1, 3)), 1, r.IntN(2) == 0)
	x = b.ReLU(b.Norm(x, false))
	if s := b.Shape(x); r.IntN(2) == 0 && s[2] > 3 && s[3] > 3 {
		x = b.MaxPool(x, tensor.Square(3, 2, 1), r.IntN(2) == 0)
	}
	for range 2 + r.IntN(4) {
		x = b.randomBlock(r, x)
		if r.IntN(4) == 0 {
			b.Moments(x)
		}
	}
	b.Output(b.Linear(b.Flatten(b.AvgPool(x, 1+r.IntN(2), 1)), 1+r.IntN(30), true))
	return &b.Plan
}

// randomBlock adds a residual block.
func (b *Builder) randomBlock(r *rand.Rand, x tensor.BufferID) tensor.BufferID {
	c := b.Shape(x)[1]
	stride, k := 1, c
	if r.IntN(3) == 0 {
		stride, k = 2, c+16*r.IntN(2)
	}
	// Statistics of a handful of values are ill-conditioned, on any device.
	train := b.Shape(x).Elems()/c/stride/stride > 40 && r.IntN(5) == 0
	y := b.ReLU(b.Norm(b.Conv(x, k, tensor.Square(3, stride, 1), 1, false), train))
	if r.IntN(2) == 0 && k%8 == 0 {
		y = b.ReLU(b.Norm(b.Conv(y, k, tensor.Square(3, 1, 1), k/8, false), false))
	}
	kernel := 1 + 2*r.IntN(2)
	y = b.Norm(b.Conv(y, k, tensor.Square(kernel, 1, kernel/2), 1, false), train)
	skip := x
	if !b.Shape(x).Equal(b.Shape(y)) {
		if r.IntN(2) == 0 {
			skip = b.Norm(b.Conv(x, k, tensor.Square(1, stride, 0), 1, false), false)
		} else {
			skip = b.Pad(x, stride, (k-c)/2, k-c-(k-c)/2)
		}
	}
	return b.ReLU(b.Add(y, skip, tensor.NoScalar))
}

// residualPlans compares forward passes of random nets with the oracle.
func (s *suite) residualPlans(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 40 {
		plan := RandomNet(r)
		if !takes(i) {
			continue
		}
		for _, fuse := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d fuse %v", i, fuse), func(t *testing.T) {
				s.check(t, plan, uint64(i), tensor.Options{Threads: 2, Fuse: fuse, Exact: i%2 == 0}, residualBar)
			})
		}
	}
}

// kept compares every buffer of random nets with the oracle: what can be read
// must stay as it was, whatever runs after it.
func (s *suite) kept(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for i := range 8 {
		plan := RandomNet(r)
		(&Builder{*plan}).readAll()
		if takes(i) {
			s.check(t, plan, uint64(i), tensor.Options{Threads: 2, Fuse: i%4 < 2, Exact: i%2 == 0}, residualBar)
		}
	}
}
