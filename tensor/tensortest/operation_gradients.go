package tensortest

import (
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// gradient adds the operations of a backward pass that a case is about, on the
// operand x. All of their results are read.
type gradient struct {
	name string
	add  func(b *Builder, r *rand.Rand, x tensor.BufferID)
}

var gradientCases = []gradient{
	{"batch norm", func(b *Builder, _ *rand.Rand, x tensor.BufferID) { b.normGradient(x, false, true) }},
	{"batch norm, frozen", func(b *Builder, _ *rand.Rand, x tensor.BufferID) { b.normGradient(x, false, false) }},
	{"batch statistics", func(b *Builder, _ *rand.Rand, x tensor.BufferID) { b.normGradient(x, true, true) }},
	{"batch statistics, frozen", func(b *Builder, _ *rand.Rand, x tensor.BufferID) { b.normGradient(x, true, false) }},
	{"max pool", func(b *Builder, r *rand.Rand, x tensor.BufferID) {
		b.backThrough(b.MaxPool(b.ReLU(x), window(r), false)) // after a ReLU many values are equal
	}},
	{"max pool over zeros", func(b *Builder, r *rand.Rand, x tensor.BufferID) {
		b.backThrough(b.MaxPool(b.ReLU(x), window(r), true))
	}},
	{"relu", func(b *Builder, _ *rand.Rand, x tensor.BufferID) {
		b.Append(tensor.Op{Kind: tensor.ReLUGrad, Pass: tensor.Backward}, []tensor.BufferID{x, b.Like(x)}, b.Shape(x))
	}},
	{"average pool of windows", func(b *Builder, r *rand.Rand, x tensor.BufferID) {
		b.backThrough(b.WindowPool(x, window(r)))
	}},
	{"average pool 2×2, rounded up", func(b *Builder, _ *rand.Rand, x tensor.BufferID) {
		b.backThrough(b.WindowPool(x, halving(b.Shape(x))))
	}},
	{"average pool", func(b *Builder, r *rand.Rand, x tensor.BufferID) {
		s := b.Shape(x)
		op := tensor.Op{Kind: tensor.AdaptiveAvgPool2dGrad, Pass: tensor.Backward}
		b.Append(op, []tensor.BufferID{x}, tensor.Shape{s[0], s[1], 1 + r.IntN(20), 1 + r.IntN(20)})
	}},
	{"pad", func(b *Builder, r *rand.Rand, x tensor.BufferID) {
		b.backThrough(b.Pad(x, 1+r.IntN(3), r.IntN(40), r.IntN(40)))
	}},
	{"flatten", func(b *Builder, _ *rand.Rand, x tensor.BufferID) {
		s, op := b.Shape(x), tensor.Op{Kind: tensor.Unflatten, Pass: tensor.Backward}
		b.Append(op, []tensor.BufferID{b.Flatten(x)}, s)
		b.Append(op, []tensor.BufferID{b.Input(s[0], s[1])}, tensor.Shape{s[0], s[1], 1, 1})
	}},
	{"linear", func(b *Builder, r *rand.Rand, x tensor.BufferID) {
		b.backThrough(b.Linear(b.Flatten(x), 1+r.IntN(50), true))
	}},
	{"dropout", func(b *Builder, _ *rand.Rand, x tensor.BufferID) {
		b.backThrough(b.Dropout(x, 0.3, true, b.Scalar("seed")))
	}},
	{"dropout in eval mode", func(b *Builder, _ *rand.Rand, x tensor.BufferID) {
		b.backThrough(b.Dropout(x, 0.3, false, tensor.NoScalar))
	}},
	{"scale", func(b *Builder, _ *rand.Rand, x tensor.BufferID) { b.Scale(x, b.Scalar("α")) }},
	{"scaled addition", func(b *Builder, _ *rand.Rand, x tensor.BufferID) {
		b.backThrough(b.Add(x, b.Like(x), b.Scalar("α")))
	}},
	{"join, norms", func(b *Builder, _ *rand.Rand, x tensor.BufferID) {
		sum, _ := b.Join(x, b.Like(x))
		b.L2(sum)
		b.L2(b.Input(37))
	}},
	{"cross-entropy", func(b *Builder, r *rand.Rand, x tensor.BufferID) {
		n, k := b.Shape(x)[0], 3+r.IntN(40)
		smoothing := float64(r.IntN(2)) * 0.1
		target := b.Target(n)
		_, p := b.CrossEntropy(b.Input(n, k), target, smoothing)
		b.CrossEntropyGrad(p, target, smoothing)
	}},
}

// backThrough adds the gradients of the operation that has just been added,
// for a dy of its own.
func (b *Builder) backThrough(y tensor.BufferID) {
	b.Differentiate(len(b.Ops)-1, b.Like(y), true)
}

// normGradient adds a batch norm and its gradient or, if it is frozen, the part
// of it that leads to x.
func (b *Builder) normGradient(x tensor.BufferID, train, parameters bool) {
	b.backThrough(b.Norm(x, train))
	if !parameters {
		last := &b.Ops[len(b.Ops)-1]
		b.Buffers = b.Buffers[:last.Out[1]] // the last two that were added
		last.Out = last.Out[:1]
	}
}

// readAll lets every result be read, so that a plan keeps everything.
func (b *Builder) readAll() {
	for i := range b.Buffers {
		if b.Buffers[i].Class == tensor.Scratch {
			b.Buffers[i].Class = tensor.Kept
		}
	}
}

// gradients compares each gradient with the oracle, at odd sizes.
func (s *suite) gradients(t *testing.T) {
	for _, g := range gradientCases {
		t.Run(g.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(11, 12))
			for i := range 12 {
				var b Builder
				g.add(&b, r, oddImages(&b, r))
				b.readAll()
				if takes(i) {
					s.check(t, &b.Plan, uint64(i), tensor.Options{Threads: 2, Fuse: i%2 == 1}, operationBar)
				}
			}
		})
	}
}
