package cpu

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// backward adds an operation of the backward pass, with results of the given
// shapes that can all be read.
func (p *planner) backward(op tensor.Op, in []tensor.BufferID, shapes ...tensor.Shape) []tensor.BufferID {
	var out []tensor.BufferID
	for _, s := range shapes {
		out = append(out, p.buffer(tensor.Kept, s...))
	}
	op.Pass, op.In, op.Out, op.Path = tensor.Backward, in, out, fmt.Sprintf("op%d", len(p.Ops))
	if op.Kind != tensor.Scale && op.Kind != tensor.DropoutGrad {
		op.Scalar = tensor.NoScalar
	}
	p.Ops = append(p.Ops, op)
	return out
}

// gradients is all gradients of a convolution.
func (g geometry) gradients() *tensor.Plan {
	var p planner
	oh, ow := g.win.Out(g.h, g.w)
	x, dy := p.input(g.n, g.c, g.h, g.w), p.input(g.n, g.k, oh, ow)
	w := p.param(tensor.Weight, g.k, g.c/g.groups, g.win.KH, g.win.KW)
	op := tensor.Op{Kind: tensor.Conv2dGradInput, Window: g.win, Groups: g.groups, Params: []tensor.ParamID{w}}
	p.backward(op, []tensor.BufferID{dy}, p.shape(x))
	op.Kind, op.Params = tensor.Conv2dGradWeight, nil
	p.backward(op, []tensor.BufferID{x, dy}, p.Params[w].Shape)
	op.Kind = tensor.Conv2dGradBias
	p.backward(op, []tensor.BufferID{dy}, tensor.Shape{g.k})
	return &p.Plan
}

func TestConvGradients(t *testing.T) {
	eachSet(t, func(t *testing.T, d tensor.Device) {
		r := rand.New(rand.NewPCG(7, 8))
		for i := range 120 {
			g := randomGeometry(r)
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Logf("%+v", g)
				compare(t, d, g.gradients(), uint64(i), tensor.Options{Threads: 2, Fuse: i%3 != 0, Exact: i%2 == 0}, 3e-6)
			})
		}
	})
}

// TestConvGradientsOfNets takes the family's own layers, scaled down.
func TestConvGradientsOfNets(t *testing.T) {
	three := tensor.Square(3, 1, 1)
	eachSet(t, func(t *testing.T, d tensor.Device) {
		for i, g := range []geometry{
			{2, 3, 64, 64, 64, 1, tensor.Square(7, 2, 3)},
			{2, 3, 32, 32, 16, 1, three},
			{3, 1, 28, 28, 16, 1, three},
			{2, 64, 28, 28, 32, 1, tensor.Square(1, 1, 0)},
			{1, 64, 29, 27, 64, 1, three},
			{2, 32, 14, 14, 48, 1, tensor.Square(3, 2, 1)},
			{2, 64, 8, 8, 96, 1, tensor.Square(1, 2, 0)},
			{1, 304, 4, 4, 33, 1, three},
			{1, 128, 9, 9, 128, 32, three},
			{1, 128, 7, 7, 128, 16, tensor.Square(3, 2, 1)},
			{1, 64, 6, 6, 64, 2, three},
			{2, 32, 1, 1, 32, 1, three},
			{2, 16, 9, 9, 16, 1, tensor.Window{KH: 3, KW: 3, SH: 2, SW: 2, Bottom: 1, Right: 1}},
		} {
			compare(t, d, g.gradients(), uint64(i), tensor.Options{Threads: 2}, 3e-6)
		}
	})
}

// TestWinogradGradients forces Winograd on all gradients that it can do.
func TestWinogradGradients(t *testing.T) {
	forceWinograd(t)
	eachSet(t, func(t *testing.T, d tensor.Device) {
		r := rand.New(rand.NewPCG(9, 10))
		for i := range 30 {
			g := geometry{n: 1 + r.IntN(3), c: 1 + r.IntN(70), k: 1 + r.IntN(100), h: 3 + r.IntN(20), w: 3 + r.IntN(20), groups: 1, win: tensor.Square(3, 1, r.IntN(3))}
			compare(t, d, g.gradients(), uint64(i), tensor.Options{Threads: 1 + i%3}, 5e-6)
		}
	})
}

// TestGradientOps compares each gradient alone with the reference, at odd sizes.
func TestGradientOps(t *testing.T) {
	type build func(p *planner, r *rand.Rand, x tensor.BufferID) []float32
	like := func(p *planner, x tensor.BufferID) tensor.BufferID { return p.input(p.shape(x)...) }
	norm := func(train, parameters bool) build {
		return func(p *planner, _ *rand.Rand, x tensor.BufferID) []float32 {
			c := p.shape(x)[1]
			op := tensor.Op{Kind: tensor.BatchNorm2dGrad, Train: train, Eps: 1e-5, Params: []tensor.ParamID{p.param(tensor.Gamma, c)}}
			in := []tensor.BufferID{x, like(p, x)}
			if train {
				y := p.norm(x, true)
				p.Ops[len(p.Ops)-1].Out = []tensor.BufferID{y, p.buffer(tensor.Kept, c), p.buffer(tensor.Scratch, c)}
				in = append(in, y+1, y+2)
				p.output(y)
			} else {
				op.Params = append(op.Params, p.param(tensor.RunningMean, c), p.param(tensor.RunningVar, c))
			}
			shapes := []tensor.Shape{p.shape(x), {c}, {c}}
			if !parameters {
				shapes = shapes[:1]
			}
			p.backward(op, in, shapes...)
			return nil
		}
	}
	pool := func(zero bool) build {
		return func(p *planner, r *rand.Rand, x tensor.BufferID) []float32 {
			w := tensor.Square(2+r.IntN(2), 1+r.IntN(3), r.IntN(2))
			s := p.shape(x)
			oh, ow := w.Out(s[2], s[3])
			x = p.relu(x) // whose zeros are alike
			p.backward(tensor.Op{Kind: tensor.MaxPool2dGrad, Window: w, PadZero: zero}, []tensor.BufferID{x, p.input(s[0], s[1], oh, ow)}, s)
			return nil
		}
	}
	for name, f := range map[string]build{
		"batch norm":                                norm(false, true),
		"batch norm without parameters":             norm(false, false),
		"batch statistics":                          norm(true, true),
		"batch statistics, norm without parameters": norm(true, false),
		"max pool":                                  pool(false),
		"max pool, zeros":                           pool(true),
		"relu": func(p *planner, _ *rand.Rand, x tensor.BufferID) []float32 {
			p.backward(tensor.Op{Kind: tensor.ReLUGrad}, []tensor.BufferID{x, like(p, x)}, p.shape(x))
			return nil
		},
		"average pool": func(p *planner, r *rand.Rand, x tensor.BufferID) []float32 {
			s := p.shape(x)
			p.backward(tensor.Op{Kind: tensor.AdaptiveAvgPool2dGrad}, []tensor.BufferID{x}, tensor.Shape{s[0], s[1], 1 + r.IntN(20), 1 + r.IntN(20)})
			return nil
		},
		"pad": func(p *planner, r *rand.Rand, x tensor.BufferID) []float32 {
			s, stride, before, after := p.shape(x), 1+r.IntN(3), r.IntN(40), r.IntN(40)
			dy := p.input(s[0], before+s[1]+after, ceilDiv(s[2], stride), ceilDiv(s[3], stride))
			w := tensor.Window{SH: stride, SW: stride}
			p.backward(tensor.Op{Kind: tensor.PadGrad, Window: w, PadBefore: before, PadAfter: after}, []tensor.BufferID{dy}, s)
			p.output(p.relu(x))
			return nil
		},
		"flatten": func(p *planner, _ *rand.Rand, x tensor.BufferID) []float32 {
			s := p.shape(x)
			p.backward(tensor.Op{Kind: tensor.Unflatten}, []tensor.BufferID{p.flatten(x)}, s)
			p.backward(tensor.Op{Kind: tensor.Unflatten}, []tensor.BufferID{p.input(s[0], s[1])}, tensor.Shape{s[0], s[1], 1, 1})
			return nil
		},
		"linear": func(p *planner, r *rand.Rand, x tensor.BufferID) []float32 {
			x = p.flatten(x)
			s, k := p.shape(x), 1+r.IntN(50)
			dy := p.input(s[0], k)
			p.backward(tensor.Op{Kind: tensor.LinearGradInput, Params: []tensor.ParamID{p.param(tensor.Weight, k, s[1])}}, []tensor.BufferID{dy}, s)
			p.backward(tensor.Op{Kind: tensor.LinearGradWeight}, []tensor.BufferID{x, dy}, tensor.Shape{k, s[1]})
			p.backward(tensor.Op{Kind: tensor.LinearGradBias}, []tensor.BufferID{dy}, tensor.Shape{k})
			return nil
		},
		"dropout": func(p *planner, _ *rand.Rand, x tensor.BufferID) []float32 {
			p.backward(tensor.Op{Kind: tensor.DropoutGrad, Train: true, Eps: 0.3, Scalar: p.scalar("seed")}, []tensor.BufferID{x}, p.shape(x))
			return []float32{7}
		},
		"scale": func(p *planner, _ *rand.Rand, x tensor.BufferID) []float32 {
			p.backward(tensor.Op{Kind: tensor.Scale, Scalar: p.scalar("α")}, []tensor.BufferID{x}, p.shape(x))
			return []float32{-0.7}
		},
		"join, norms": func(p *planner, _ *rand.Rand, x tensor.BufferID) []float32 {
			sum := p.backward(tensor.Op{Kind: tensor.Join}, []tensor.BufferID{x, like(p, x)}, p.shape(x), tensor.Shape{4})
			p.backward(tensor.Op{Kind: tensor.Norm}, sum[:1], tensor.Shape{1})
			p.backward(tensor.Op{Kind: tensor.Norm}, []tensor.BufferID{p.input(37)}, tensor.Shape{1})
			return nil
		},
		"cross-entropy": func(p *planner, r *rand.Rand, x tensor.BufferID) []float32 {
			n, k := p.shape(x)[0], 3+r.IntN(40)
			logits, target := p.input(n, k), p.input(n)
			p.Buffers[target].Name = "target"
			op := tensor.Op{Kind: tensor.CrossEntropy, Eps: float64(r.IntN(2)) * 0.1}
			out := p.backward(op, []tensor.BufferID{logits, target}, tensor.Shape{1}, tensor.Shape{n, k})
			p.Ops[len(p.Ops)-1].Pass = tensor.Forward
			op.Kind = tensor.CrossEntropyGrad
			p.backward(op, []tensor.BufferID{out[1], target}, tensor.Shape{n, k})
			p.output(p.relu(x))
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachSet(t, func(t *testing.T, d tensor.Device) {
				r := rand.New(rand.NewPCG(11, 12))
				for i := range 12 {
					var p planner
					x := p.input(1+r.IntN(4), 1+r.IntN(40), 3+r.IntN(15), 3+r.IntN(15))
					scalars := f(&p, r, x)
					compare(t, d, &p.Plan, uint64(i), tensor.Options{Threads: 2}, 3e-6, scalars...)
				}
			})
		})
	}
}

func TestTargetThatIsNoClass(t *testing.T) {
	var p planner
	logits, target := p.input(3, 5), p.input(3)
	p.op(tensor.Op{Kind: tensor.CrossEntropy, Scalar: tensor.NoScalar}, []tensor.BufferID{logits, target}, 1)
	p.Ops[0].Out = append(p.Ops[0].Out, p.buffer(tensor.Output, 3, 5))
	prog, _ := compile(t, open(t, ""), &p.Plan, 1, tensor.Options{})
	for _, class := range []float32{5, -1, 1.5} {
		x := tensor.New(3)
		x.Data[2] = class
		if err := prog.Write(target, x); err != nil {
			t.Fatal(err)
		}
		var wrong *tensor.TargetError
		if err := prog.Run(context.Background(), tensor.RunOptions{}); !errors.As(err, &wrong) || wrong.Image != 2 {
			t.Errorf("class %v: error %v", class, err)
		}
	}
}
