package tensor

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
)

// step is a forward operation and its gradients on named buffers: x and dy are
// inputs, y is the result.
type step struct {
	*Plan
	at map[string]BufferID
}

// newStep begins a step. The parameters get the names of their roles.
func newStep(op Op, x, y Shape, params map[Role]Shape) *step {
	s := &step{Plan: &Plan{Scalars: []string{"scalar"}}, at: map[string]BufferID{}}
	s.buffer("x", x, Input)
	s.buffer("dy", y, Input)
	for _, role := range slices.Sorted(maps.Keys(params)) {
		op.Params = append(op.Params, ParamID(len(s.Params)))
		s.Params = append(s.Params, Param{Name: fmt.Sprint(role), Shape: params[role], Role: role})
	}
	s.buffer("y", y, Output)
	results := []string{"y"}
	if op.Kind == BatchNorm2d && op.Train {
		s.buffer("mean", Shape{x[1]}, Scratch)
		s.buffer("rstd", Shape{x[1]}, Scratch)
		results = []string{"y", "mean", "rstd"}
	}
	return s.op(op, []string{"x"}, results, nil)
}

func (s *step) buffer(name string, shape Shape, c Class) {
	s.at[name] = BufferID(len(s.Buffers))
	s.Buffers = append(s.Buffers, Buffer{Name: name, Shape: shape, Class: c})
}

// op appends an operation, with its parameters by role.
func (s *step) op(op Op, in, out []string, roles []Role) *step {
	for _, name := range in {
		op.In = append(op.In, s.at[name])
	}
	for _, name := range out {
		op.Out = append(op.Out, s.at[name])
	}
	for i, p := range s.Params {
		if slices.Contains(roles, p.Role) {
			op.Params = append(op.Params, ParamID(i))
		}
	}
	s.Ops = append(s.Ops, op)
	return s
}

// grad appends a gradient of the forward operation: the same geometry, another
// kind, results that are new buffers.
func (s *step) grad(k Kind, in []string, out map[string]Shape, roles ...Role) *step {
	op := s.Ops[0]
	op.Kind, op.Pass, op.In, op.Out, op.Params = k, Backward, nil, nil, nil
	names := slices.SortedFunc(maps.Keys(out), func(a, b string) int { return slices.Index(gradNames, a) - slices.Index(gradNames, b) })
	for _, name := range names {
		s.buffer(name, out[name], Output)
	}
	return s.op(op, in, names, roles)
}

var gradNames = []string{"dx", "dw", "db"}

// convStep is a convolution with all of its gradients.
func convStep(x, w Shape, win Window, groups int) *step {
	oh, ow := win.Out(x[2], x[3])
	y := Shape{x[0], w[0], oh, ow}
	return newStep(Op{Kind: Conv2d, Window: win, Groups: groups, Scalar: NoScalar}, x, y, map[Role]Shape{Weight: w, Bias: {w[0]}}).
		grad(Conv2dGradInput, []string{"dy"}, map[string]Shape{"dx": x}, Weight).
		grad(Conv2dGradWeight, []string{"x", "dy"}, map[string]Shape{"dw": w}).
		grad(Conv2dGradBias, []string{"dy"}, map[string]Shape{"db": {w[0]}})
}

// linearStep is a linear layer with all of its gradients.
func linearStep(n, c, k int) *step {
	x, y, w := Shape{n, c}, Shape{n, k}, Shape{k, c}
	return newStep(Op{Kind: Linear, Scalar: NoScalar}, x, y, map[Role]Shape{Weight: w, Bias: {k}}).
		grad(LinearGradInput, []string{"dy"}, map[string]Shape{"dx": x}, Weight).
		grad(LinearGradWeight, []string{"x", "dy"}, map[string]Shape{"dw": w}).
		grad(LinearGradBias, []string{"dy"}, map[string]Shape{"db": {k}})
}

// normStep is a batch normalisation in either mode.
func normStep(x Shape, train bool) *step {
	c := Shape{x[1]}
	s := newStep(Op{Kind: BatchNorm2d, Train: train, Eps: 1e-3, Momentum: 0.1, Scalar: NoScalar}, x, x,
		map[Role]Shape{Gamma: c, Beta: c, RunningMean: c, RunningVar: c})
	out := map[string]Shape{"dx": x, "dw": c, "db": c}
	if train {
		return s.grad(BatchNorm2dGrad, []string{"x", "dy", "mean", "rstd"}, out, Gamma)
	}
	return s.grad(BatchNorm2dGrad, []string{"x", "dy"}, out, Gamma, RunningMean, RunningVar)
}

// maxPoolStep is a max pool, over −∞ or zeros.
func maxPoolStep(x Shape, win Window, zeros bool) *step {
	oh, ow := win.Out(x[2], x[3])
	return newStep(Op{Kind: MaxPool2d, Window: win, PadZero: zeros, Scalar: NoScalar}, x, Shape{x[0], x[1], oh, ow}, nil).
		grad(MaxPool2dGrad, []string{"x", "dy"}, map[string]Shape{"dx": x})
}

// plainStep is an operation whose gradient needs dy alone.
func plainStep(op Op, back Kind, x, y Shape) *step {
	return newStep(op, x, y, nil).grad(back, []string{"dy"}, map[string]Shape{"dx": x})
}

// addStep is y = α·x + x: the gradients of the two operands meet again in a sum,
// an Add or a Join.
func addStep(sum Kind) *step {
	s := &step{Plan: &Plan{Scalars: []string{"scalar"}}, at: map[string]BufferID{}}
	for name, c := range map[string]Class{"x": Input, "dy": Input, "y": Output, "dbranch": Scratch, "dx": Output} {
		s.buffer(name, Shape{2, 3}, c)
	}
	results := []string{"dx"}
	if sum == Join {
		s.buffer("norms", Shape{4}, Kept)
		results = append(results, "norms")
	}
	return s.op(Op{Kind: Add}, []string{"x", "x"}, []string{"y"}, nil).
		op(Op{Kind: Scale, Pass: Backward}, []string{"dy"}, []string{"dbranch"}, nil).
		op(Op{Kind: sum, Pass: Backward, Scalar: NoScalar}, []string{"dbranch", "dy"}, results, nil)
}

// gradientCases are the operations with their gradients.
func gradientCases() map[string]*step {
	relu := Shape{2, 3, 3, 5}
	return map[string]*step{
		"conv 3×3":                  convStep(Shape{2, 3, 5, 4}, Shape{4, 3, 3, 3}, Square(3, 1, 1), 1),
		"conv 3×3 stride 2":         convStep(Shape{2, 2, 6, 7}, Shape{3, 2, 3, 3}, Square(3, 2, 1), 1),
		"conv 1×1 stride 2":         convStep(Shape{1, 3, 5, 6}, Shape{2, 3, 1, 1}, Square(1, 2, 0), 1),
		"conv 7×7 over 5×3":         convStep(Shape{1, 1, 5, 3}, Shape{2, 1, 7, 7}, Square(7, 2, 3), 1),
		"conv 2×3, uneven":          convStep(Shape{1, 2, 6, 5}, Shape{2, 2, 2, 3}, Window{KH: 2, KW: 3, SH: 3, SW: 2, Top: 1, Left: 2, Right: 1}, 1),
		"conv in groups":            convStep(Shape{2, 6, 4, 3}, Shape{9, 2, 3, 3}, Square(3, 1, 1), 3),
		"conv, stride over kernel":  convStep(Shape{1, 4, 7, 8}, Shape{4, 1, 2, 1}, Window{KH: 2, KW: 1, SH: 3, SW: 4, Bottom: 1}, 4),
		"linear":                    linearStep(3, 5, 4),
		"linear, one image":         linearStep(1, 1, 7),
		"norm, train":               normStep(Shape{2, 3, 3, 2}, true),
		"norm, train, two values":   normStep(Shape{2, 2, 1, 1}, true),
		"norm, eval":                normStep(Shape{2, 3, 3, 2}, false),
		"relu":                      newStep(Op{Kind: ReLU, Scalar: NoScalar}, relu, relu, nil).grad(ReLUGrad, []string{"y", "dy"}, map[string]Shape{"dx": relu}),
		"max pool":                  maxPoolStep(Shape{2, 2, 7, 6}, Square(3, 2, 1), false),
		"max pool over zeros":       maxPoolStep(Shape{2, 2, 7, 6}, Square(3, 2, 1), true),
		"max pool 1×1":              maxPoolStep(Shape{1, 2, 5, 4}, Square(1, 2, 0), false),
		"max pool, uneven, overlap": maxPoolStep(Shape{1, 1, 5, 6}, Window{KH: 3, KW: 2, SH: 1, SW: 1, Top: 2, Right: 1}, true),
		"average to 1×1":            plainStep(Op{Kind: AdaptiveAvgPool2d, Scalar: NoScalar}, AdaptiveAvgPool2dGrad, Shape{2, 2, 3, 4}, Shape{2, 2, 1, 1}),
		"average, overlapping":      plainStep(Op{Kind: AdaptiveAvgPool2d, Scalar: NoScalar}, AdaptiveAvgPool2dGrad, Shape{1, 2, 5, 3}, Shape{1, 2, 3, 7}),
		"shortcut A": plainStep(Op{Kind: Pad, Window: Window{SH: 2, SW: 3}, PadBefore: 1, PadAfter: 2, Scalar: NoScalar}, PadGrad,
			Shape{2, 2, 5, 7}, Shape{2, 5, 3, 3}),
		"flatten":       plainStep(Op{Kind: Flatten, Scalar: NoScalar}, Unflatten, Shape{2, 3, 2, 2}, Shape{2, 12}),
		"dropout":       plainStep(Op{Kind: Dropout, Path: "classifier.2", Train: true, Eps: 0.4}, DropoutGrad, Shape{3, 20}, Shape{3, 20}),
		"dropout, eval": plainStep(Op{Kind: Dropout, Eps: 0.4, Scalar: NoScalar}, DropoutGrad, Shape{3, 4}, Shape{3, 4}),
		"scale":         plainStep(Op{Kind: Scale}, Scale, Shape{2, 3}, Shape{2, 3}),
		"add":           addStep(Add),
		"join":          addStep(Join),
	}
}

// TestGradients compares every gradient with finite differences of the forward
// operation, in float64.
func TestGradients(t *testing.T) {
	for name, s := range gradientCases() {
		t.Run(name, func(t *testing.T) {
			s.checkDifferences(t, func(r *Reference[float64]) float64 {
				sum := 0.0
				for i, v := range r.Buffer(s.at["y"]) {
					sum += v * r.Buffer(s.at["dy"])[i]
				}
				return sum
			})
		})
	}
}

// TestLossGradient does the same for the loss, with and without smoothing.
func TestLossGradient(t *testing.T) {
	for _, smoothing := range []float64{0, 0.1, 1} {
		s := lossStep(smoothing)
		s.checkDifferences(t, func(r *Reference[float64]) float64 { return r.Buffer(s.at["loss"])[0] })
	}
}

func lossStep(smoothing float64) *step {
	s := &step{Plan: &Plan{Scalars: []string{"scalar"}}, at: map[string]BufferID{}}
	logits := Shape{3, 4}
	s.buffer("x", logits, Input)
	s.buffer("target", Shape{3}, Input)
	s.buffer("loss", Shape{1}, Kept)
	s.buffer("p", logits, Scratch)
	s.buffer("dx", logits, Output)
	return s.op(Op{Kind: CrossEntropy, Eps: smoothing, Scalar: NoScalar}, []string{"x", "target"}, []string{"loss", "p"}, nil).
		op(Op{Kind: CrossEntropyGrad, Pass: Backward, Eps: smoothing, Scalar: NoScalar}, []string{"p", "target"}, []string{"dx"}, nil)
}

// TestEveryGradientHasDifferences: every kind of operation is in a case above,
// but for probes and the update, which have no gradient and are none.
func TestEveryGradientHasDifferences(t *testing.T) {
	covered := map[Kind]bool{Moments: true, Norm: true, SGD: true}
	for _, s := range append(slices.Collect(maps.Values(gradientCases())), lossStep(0)) {
		for _, op := range s.Ops {
			covered[op.Kind] = true
		}
	}
	for k, r := range rules {
		if kind := Kind(k); r.check != nil && !covered[kind] {
			t.Errorf("no case has %v", kind)
		}
	}
}

// checkDifferences compares dx, dw and db with central differences of a loss.
func (s *step) checkDifferences(t *testing.T, loss func(r *Reference[float64]) float64) {
	t.Helper()
	r, err := NewReference[float64](s.Plan, seeded{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range s.Find(Input) {
		x := r.Buffer(id)
		for i := range x {
			if x[i] = NewStream(3, s.Buffers[id].Name).Normal(uint64(i)); s.Buffers[id].Name == "target" {
				x[i] = float64(i)
			}
		}
	}
	run := func() float64 {
		if err := r.Run([]float32{0.75}); err != nil {
			t.Fatal(err)
		}
		return loss(r)
	}
	run()
	got := map[string][]float64{}
	for _, name := range gradNames {
		if id, ok := s.at[name]; ok {
			got[name] = slices.Clone(r.Buffer(id))
		}
	}
	of := map[string][]float64{"dx": r.Buffer(s.at["x"])}
	for i, p := range s.Params {
		switch p.Role {
		case Weight, Gamma:
			of["dw"] = r.params[i]
		case Bias, Beta:
			of["db"] = r.params[i]
		}
	}
	const h = 1e-5
	for name, values := range of {
		for i, v := range values {
			values[i] = v + h
			up := run()
			values[i] = v - h
			down := run()
			values[i] = v
			if want := (up - down) / (2 * h); math.Abs(got[name][i]-want) > 1e-8*(1+math.Abs(want)) {
				t.Errorf("%s[%d] = %v, differences give %v", name, i, got[name][i], want)
			}
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
