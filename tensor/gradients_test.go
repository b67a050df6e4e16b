package tensor_test

import (
	"maps"
	"math"
	"slices"
	"testing"

	. "resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// differentiated is a plan of a forward operation and its gradients: y has the
// gradient dy, an input, and each of the others is said by what it is for.
type differentiated struct {
	*tensortest.Builder
	y, dy   BufferID
	buffers map[BufferID]BufferID // gradients of inputs
	params  map[ParamID]BufferID
}

// differentiate adds the gradients of the last operation.
func differentiate(b *tensortest.Builder) *differentiated {
	op := b.Ops[len(b.Ops)-1]
	d := &differentiated{Builder: b, y: op.Out[0], dy: b.Like(op.Out[0]), buffers: map[BufferID]BufferID{}, params: map[ParamID]BufferID{}}
	g := b.Differentiate(len(b.Ops)-1, d.dy, true)
	for i, id := range op.In {
		d.buffers[id] = g.In[i]
	}
	for i, id := range op.Params {
		if g.Params[i] != NoBuffer {
			d.params[id] = g.Params[i]
			b.Output(g.Params[i])
		}
	}
	b.Output(d.y)
	b.Output(slices.Collect(maps.Values(d.buffers))...)
	return d
}

// conv is a convolution with all of its gradients.
func conv(x, w Shape, win Window, groups int) *differentiated {
	var b tensortest.Builder
	b.Conv(b.Input(x...), w[0], win, groups, true)
	return differentiate(&b)
}

func linear(n, c, k int) *differentiated {
	var b tensortest.Builder
	b.Linear(b.Input(n, c), k, true)
	return differentiate(&b)
}

// norm is a batch normalisation in either mode.
func norm(x Shape, train bool) *differentiated {
	var b tensortest.Builder
	b.Norm(b.Input(x...), train)
	b.Ops[0].Eps = 1e-3
	return differentiate(&b)
}

// maxPool is a max pool, over −∞ or zeros.
func maxPool(x Shape, win Window, zeros bool) *differentiated {
	var b tensortest.Builder
	b.MaxPool(b.Input(x...), win, zeros)
	return differentiate(&b)
}

// simple is an operation without parameters. It may read scalar 0.
func simple(op Op, x, y Shape) *differentiated {
	var b tensortest.Builder
	b.Scalar("scalar")
	b.Append(op, []BufferID{b.Input(x...)}, y)
	return differentiate(&b)
}

// sum is y = α·x + x: the gradients of the two operands meet again in a sum,
// an Add or a Join.
func sum(kind Kind) *differentiated {
	var b tensortest.Builder
	x := b.Input(2, 3)
	b.Add(x, x, b.Scalar("α"))
	dy := b.Like(x)
	g := b.Differentiate(0, dy, true)
	d := &differentiated{Builder: &b, y: b.Ops[0].Out[0], dy: dy, buffers: map[BufferID]BufferID{}}
	if kind == Join {
		d.buffers[x], _ = b.Join(g.In[0], g.In[1])
	} else {
		op := Op{Kind: Add, Pass: Backward, Scalar: NoScalar}
		d.buffers[x] = b.Append(op, g.In, b.Shape(x))[0]
	}
	b.Output(d.y, d.buffers[x])
	return d
}

// gradientCases are the operations with their gradients.
func gradientCases() map[string]*differentiated {
	relu := Shape{2, 3, 3, 5}
	return map[string]*differentiated{
		"conv 3×3":                  conv(Shape{2, 3, 5, 4}, Shape{4, 3, 3, 3}, Square(3, 1, 1), 1),
		"conv 3×3 stride 2":         conv(Shape{2, 2, 6, 7}, Shape{3, 2, 3, 3}, Square(3, 2, 1), 1),
		"conv 1×1 stride 2":         conv(Shape{1, 3, 5, 6}, Shape{2, 3, 1, 1}, Square(1, 2, 0), 1),
		"conv 7×7 over 5×3":         conv(Shape{1, 1, 5, 3}, Shape{2, 1, 7, 7}, Square(7, 2, 3), 1),
		"conv 2×3, uneven":          conv(Shape{1, 2, 6, 5}, Shape{2, 2, 2, 3}, Window{KH: 2, KW: 3, SH: 3, SW: 2, Top: 1, Left: 2, Right: 1}, 1),
		"conv in groups":            conv(Shape{2, 6, 4, 3}, Shape{9, 2, 3, 3}, Square(3, 1, 1), 3),
		"conv, stride over kernel":  conv(Shape{1, 4, 7, 8}, Shape{4, 1, 2, 1}, Window{KH: 2, KW: 1, SH: 3, SW: 4, Bottom: 1}, 4),
		"linear":                    linear(3, 5, 4),
		"linear, one image":         linear(1, 1, 7),
		"norm, train":               norm(Shape{2, 3, 3, 2}, true),
		"norm, train, two values":   norm(Shape{2, 2, 1, 1}, true),
		"norm, eval":                norm(Shape{2, 3, 3, 2}, false),
		"relu":                      simple(Op{Kind: ReLU}, relu, relu),
		"max pool":                  maxPool(Shape{2, 2, 7, 6}, Square(3, 2, 1), false),
		"max pool over zeros":       maxPool(Shape{2, 2, 7, 6}, Square(3, 2, 1), true),
		"max pool 1×1":              maxPool(Shape{1, 2, 5, 4}, Square(1, 2, 0), false),
		"max pool, uneven, overlap": maxPool(Shape{1, 1, 5, 6}, Window{KH: 3, KW: 2, SH: 1, SW: 1, Top: 2, Right: 1}, true),
		"average 2×2, rounded up": simple(Op{Kind: AvgPool2d, Window: Window{KH: 2, KW: 2, SH: 2, SW: 2, Bottom: 1}},
			Shape{2, 2, 5, 4}, Shape{2, 2, 3, 2}),
		"average 3×2, overlap": simple(Op{Kind: AvgPool2d, Window: Window{KH: 3, KW: 2, SH: 1, SW: 1, Top: 2, Right: 1}},
			Shape{1, 1, 5, 6}, Shape{1, 1, 5, 6}),
		"average to 1×1":       simple(Op{Kind: AdaptiveAvgPool2d}, Shape{2, 2, 3, 4}, Shape{2, 2, 1, 1}),
		"average, overlapping": simple(Op{Kind: AdaptiveAvgPool2d}, Shape{1, 2, 5, 3}, Shape{1, 2, 3, 7}),
		"shortcut A": simple(Op{Kind: Pad, Window: Window{SH: 2, SW: 3}, PadBefore: 1, PadAfter: 2},
			Shape{2, 2, 5, 7}, Shape{2, 5, 3, 3}),
		"flatten":       simple(Op{Kind: Flatten}, Shape{2, 3, 2, 2}, Shape{2, 12}),
		"dropout":       simple(Op{Kind: Dropout, Path: "classifier.2", Train: true, Eps: 0.4}, Shape{3, 20}, Shape{3, 20}),
		"dropout, eval": simple(Op{Kind: Dropout, Eps: 0.4, Scalar: NoScalar}, Shape{3, 4}, Shape{3, 4}),
		"scale":         simple(Op{Kind: Scale, Pass: Backward}, Shape{2, 3}, Shape{2, 3}),
		"add":           sum(Add),
		"join":          sum(Join),
	}
}

// TestGradients compares every gradient with finite differences of the forward
// operation, in float64.
func TestGradients(t *testing.T) {
	for name, d := range gradientCases() {
		t.Run(name, func(t *testing.T) {
			d.checkDifferences(t, func(r *Reference[float64]) float64 {
				sum := 0.0
				for i, v := range r.Buffer(d.y) {
					sum += v * r.Buffer(d.dy)[i]
				}
				return sum
			})
		})
	}
}

// TestLossGradient does the same for the loss, with and without smoothing.
func TestLossGradient(t *testing.T) {
	for _, smoothing := range []float64{0, 0.1, 1} {
		d := loss(smoothing)
		d.checkDifferences(t, func(r *Reference[float64]) float64 { return r.Buffer(d.y)[0] })
	}
}

func loss(smoothing float64) *differentiated {
	var b tensortest.Builder
	logits, target := b.Input(3, 4), b.Target(3)
	y, p := b.CrossEntropy(logits, target, smoothing)
	dx := b.CrossEntropyGrad(p, target, smoothing)
	b.Output(y, dx)
	return &differentiated{Builder: &b, y: y, buffers: map[BufferID]BufferID{logits: dx}}
}

// TestEveryGradientHasDifferences: every kind of operation is in a case above,
// except probes, which have no gradient, and the update.
func TestEveryGradientHasDifferences(t *testing.T) {
	covered := map[Kind]bool{Moments: true, Norm: true, Histogram: true, SGD: true}
	for _, d := range append(slices.Collect(maps.Values(gradientCases())), loss(0)) {
		for _, op := range d.Ops {
			covered[op.Kind] = true
		}
	}
	kind := Kind(1)
	for ; kind.String() != Kind(0).String(); kind++ {
		if !covered[kind] {
			t.Errorf("no case has %v", kind)
		}
	}
	if kind <= SGD {
		t.Errorf("the kinds end at %d", kind)
	}
}

// checkDifferences compares gradients with central differences of a loss.
func (d *differentiated) checkDifferences(t *testing.T, loss func(r *Reference[float64]) float64) {
	t.Helper()
	r, err := NewReference[float64](&d.Plan, seeded{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range d.Find(Input) {
		x := r.Buffer(id)
		for i := range x {
			if x[i] = NewStream(3, d.Buffers[id].Name).Normal(uint64(i)); d.Buffers[id].Name == "target" {
				x[i] = float64(i)
			}
		}
	}
	run := func() float64 {
		if err := r.Run([]float32{0.75}[:len(d.Scalars)]); err != nil {
			t.Fatal(err)
		}
		return loss(r)
	}
	run()
	for id, grad := range d.buffers {
		checkDifference(t, d.Buffers[id].Name, r.Buffer(id), slices.Clone(r.Buffer(grad)), run)
	}
	for id, grad := range d.params {
		run()
		checkDifference(t, d.Params[id].Name, r.Param(d.Params[id].Name), slices.Clone(r.Buffer(grad)), run)
	}
}

// checkDifference compares a gradient by x, which has been computed already.
func checkDifference(t *testing.T, name string, x, grad []float64, run func() float64) {
	t.Helper()
	if len(x) != len(grad) {
		t.Fatalf("%s has %d elements, its gradient %d", name, len(x), len(grad))
	}
	const h = 1e-5
	for i, v := range x {
		x[i] = v + h
		up := run()
		x[i] = v - h
		down := run()
		x[i] = v
		if want := (up - down) / (2 * h); math.Abs(grad[i]-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("gradient of %s[%d] = %v, differences give %v", name, i, grad[i], want)
		}
	}
}

// seeded is a Source of numbers far from 0 and 1.
type seeded struct{}

func (seeded) Load(p Param, t *Tensor) error {
	if p.Role == Slot {
		return nil
	}
	for i := range t.Data {
		t.Data[i] = 0.5 + float32(NewStream(1, p.Name).Uniform(uint64(i)))
	}
	return nil
}
