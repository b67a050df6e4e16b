package tensor_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	. "resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// wholeStep is a small valid plan of a whole training step: a convolution,
// normalisation, ReLU, pools, a classifier, the loss and every gradient.
type wholeStep struct {
	*tensortest.Builder
	x, target, loss, rstd, relu, dpool, dconv, dbn, dw, sum, joined, norm BufferID
}

func newStep() *wholeStep {
	s := &wholeStep{Builder: &tensortest.Builder{}}
	b := s.Builder
	s.x = b.Input(2, 3, 4, 4)
	s.relu = b.ReLU(b.Norm(b.Conv(s.x, 3, Square(3, 1, 1), 1, false), true))
	logits := b.Flatten(b.AvgPool(s.relu, 1, 1))
	s.target = b.Target(2)
	var p BufferID
	s.loss, p = b.CrossEntropy(logits, s.target, 0)
	s.dpool = b.Differentiate(4, b.CrossEntropyGrad(p, s.target, 0), true).In[0]
	drelu := b.Differentiate(3, s.dpool, true).In[0]
	s.dbn = b.Differentiate(2, drelu, true).In[0]
	s.dconv = b.Differentiate(1, s.dbn, true).In[0]
	s.rstd = b.Ops[1].Out[2]
	s.dw = b.Differentiate(0, s.dconv, false).Params[0]
	s.sum, s.joined = b.Join(s.dconv, s.dbn)
	s.norm = b.L2(s.dw)
	b.SGD(0, s.dw, b.Scalar("learning rate"), Op{Momentum: 0.9, Decay: 1e-4})
	b.Keep(s.loss)
	b.Buffers[s.loss].Name, b.Buffers[s.dpool].Name = "loss", "dpool"
	b.Params[0].Name, b.Params[5].Name = "conv.weight", "conv.weight.momentum_buffer"
	return s
}

// fill gives a reference of the step an image.
func (s *wholeStep) fill(r *Reference[float64]) {
	for i := range r.Buffer(s.x) {
		r.Buffer(s.x)[i] = NewStream(1, "x").Normal(uint64(i))
	}
}

func TestValidateTrainingStep(t *testing.T) {
	if err := newStep().Validate(); err != nil {
		t.Fatal(err)
	}
	const norm, grad, weight, joined, probe, sgd = 1, 10, 11, 12, 13, 14
	for _, c := range []struct {
		says  string
		spoil func(s *wholeStep)
	}{
		{"1 operands and 2 results, not 1 and 1 or 3", func(s *wholeStep) { s.Ops[norm].Out = s.Ops[norm].Out[:2] }},
		{"only batch statistics can be saved", func(s *wholeStep) { s.Ops[norm].Train = false }},
		{"buffer", func(s *wholeStep) { s.Buffers[s.rstd].Shape = Shape{4} }},
		{"loss) is", func(s *wholeStep) { s.Ops[5].Out[0], s.Ops[5].Out[1] = s.Ops[5].Out[1], s.Ops[5].Out[0] }},
		{"target) is", func(s *wholeStep) { s.Buffers[s.target].Shape = Shape{3} }},
		{"smoothing 1.5", func(s *wholeStep) { s.Ops[6].Eps = 1.5 }},
		{"not 2 and 1 or 3", func(s *wholeStep) { s.Ops[grad].Train = false }},
		{"2 results", func(s *wholeStep) { s.Ops[grad].Out = s.Ops[grad].Out[:2] }},
		{"ε NaN", func(s *wholeStep) { s.Ops[grad].Eps = math.NaN() }},
		{"as the gradient of an operation 2×3×4×4", func(s *wholeStep) { s.Ops[weight].SH = 2 }},
		{"result is 3×3×3×3", func(s *wholeStep) { s.Ops[weight].KH, s.Ops[weight].Top, s.Ops[weight].Bottom = 1, 0, 0 }},
		{"must be kept", func(s *wholeStep) { s.Buffers[s.joined].Class = Scratch }},
		{"dpool) is", func(s *wholeStep) { s.Ops[9].In[1] = s.dpool }},
		{"2 operands and 1 results, not 2 and 2", func(s *wholeStep) { s.Ops[joined].Out = s.Ops[joined].Out[:1] }},
		{"must be kept", func(s *wholeStep) { s.Buffers[s.norm].Class = Output }},
		{"needs a scalar", func(s *wholeStep) { s.Ops[sgd].Scalar = NoScalar }},
		{"1 results, not 1 and 0", func(s *wholeStep) { s.Ops[sgd].Out = []BufferID{s.sum} }},
		{"has the role running mean, not learnable", func(s *wholeStep) { s.Ops[sgd].Params[0] = 3 }},
		{"momentum requires a slot", func(s *wholeStep) { s.Ops[sgd].Params = s.Ops[sgd].Params[:1] }},
		{"momentum requires a slot", func(s *wholeStep) { s.Ops[sgd].Momentum = 0 }},
		{"momentum 1 ", func(s *wholeStep) { s.Ops[sgd].Momentum = 1 }},
		{"Nesterov", func(s *wholeStep) {
			s.Ops[sgd].Params, s.Ops[sgd].Momentum, s.Ops[sgd].Nesterov = s.Ops[sgd].Params[:1], 0, true
		}},
		{"decay +Inf", func(s *wholeStep) { s.Ops[sgd].Decay = math.Inf(1) }},
		{"momentum_buffer is", func(s *wholeStep) { s.Params[5].Shape = Shape{3, 3, 3} }},
	} {
		s := newStep()
		c.spoil(s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want an error that says %q", err, c.says)
		}
	}
}

// TestReferenceStep runs the step: SGD by hand from the plan's own gradient,
// twice, and the probes by their definitions.
func TestReferenceStep(t *testing.T) {
	s := newStep()
	r, err := NewReference[float64](&s.Plan, seeded{})
	if err != nil {
		t.Fatal(err)
	}
	s.fill(r)
	copy(r.Buffer(s.target), []float64{2, 0})
	w, v := slices.Clone(r.Param("conv.weight")), make([]float64, 81)
	for range 2 {
		if err := r.Run([]float32{0.5}); err != nil {
			t.Fatal(err)
		}
		for i, g := range r.Buffer(s.dw) {
			v[i] = 0.9*v[i] + (g + 1e-4*w[i])
			w[i] -= 0.5 * v[i]
		}
	}
	if !same(r.Param("conv.weight"), w) || !same(r.Param("conv.weight.momentum_buffer"), v) {
		t.Error("two steps of SGD with momentum are not PyTorch's formula")
	}
	joined, a, b := r.Buffer(s.joined), r.Buffer(s.dconv), r.Buffer(s.dbn)
	cosine := (joined[3]*joined[3] - joined[0]*joined[0] - joined[1]*joined[1]) / 2
	if math.Abs(joined[2]-cosine) > 1e-12 || r.Buffer(s.sum)[5] != a[5]+b[5] {
		t.Errorf("joined %v: ‖a+b‖² = ‖a‖² + ‖b‖² + 2⟨a,b⟩ does not hold", joined)
	}
}

func TestReferenceSGD(t *testing.T) {
	for _, c := range []struct {
		name string
		op   Op
		want []float64 // after one step and two
	}{
		{"plain", Op{}, []float64{3, 2}},
		{"decay", Op{Decay: 0.5}, []float64{2, 0.5}},
		{"momentum", Op{Momentum: 0.5}, []float64{3, 1.5}},
		{"nesterov", Op{Momentum: 0.5, Nesterov: true}, []float64{2.5, 0.75}},
	} {
		var b tensortest.Builder
		w := b.Param(Gamma, 1)
		b.SGD(w, b.Input(1), b.Scalar("learning rate"), c.op)
		r, err := NewReference[float64](&b.Plan, values{"p0": {4}, "p1": {0}})
		if err != nil {
			t.Fatal(err)
		}
		r.Buffer(0)[0] = 2
		for i, want := range c.want {
			if err := r.Run([]float32{0.5}); err != nil {
				t.Fatal(err)
			}
			if got := r.Param("p0")[0]; got != want {
				t.Errorf("%s: %v after step %d, want %v", c.name, got, i+1, want)
			}
		}
	}
}

// TestReferenceTies: a window's gradient goes to its first maximum, and to
// nobody if that is the padding.
func TestReferenceTies(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name  string
		zeros bool
		x     []float64
		want  []float64
	}{
		{"ties", false, []float64{1, 1, 1, 1}, []float64{1, 10, 100, 1000}},
		{"zeros before zeros", true, []float64{0, 0, 0, 0}, []float64{0, 0, 0, 1000}},
		{"zeros over negative values", true, []float64{-1, -1, -1, 2}, []float64{0, 0, 0, 1000}},
		{"nothing but −∞", false, []float64{math.Inf(-1), math.Inf(-1), 0, 0}, []float64{1, 10, 100, 1000}},
		{"NaN", false, []float64{nan, 1, nan, 1}, []float64{1, 10, 100, 1000}},
	} {
		d := maxPool(Shape{1, 1, 2, 2}, Square(2, 2, 1), c.zeros)
		if got := d.back(t, c.x, []float64{1, 10, 100, 1000}); !same(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	all := maxPool(Shape{1, 1, 2, 3}, Window{KH: 2, KW: 3, SH: 1, SW: 1}, false)
	if got := all.back(t, []float64{0, 3, 1, 3, 2, 3}, []float64{5}); !same(got, []float64{0, 5, 0, 0, 0, 0}) {
		t.Errorf("%v: the first of three equal values takes the gradient", got)
	}
}

// back is the gradient of the first input for values of x and dy.
func (d *differentiated) back(t *testing.T, x, dy []float64) []float64 {
	t.Helper()
	r, err := NewReference[float64](&d.Plan, seeded{})
	if err != nil {
		t.Fatal(err)
	}
	copy(r.Buffer(0), x)
	copy(r.Buffer(d.dy), dy)
	if err := r.Run(nil); err != nil {
		t.Fatal(err)
	}
	return r.Buffer(d.buffers[0])
}

func TestInvalidTargets(t *testing.T) {
	for _, target := range []float64{-1, 3, 0.5, math.NaN(), math.Inf(1)} {
		s := newStep()
		r, err := NewReference[float64](&s.Plan, seeded{})
		if err != nil {
			t.Fatal(err)
		}
		copy(r.Buffer(s.target), []float64{0, target})
		var wrong *TargetError
		if err := r.Run([]float32{0}); !errors.As(err, &wrong) || wrong.Image != 1 || !strings.Contains(err.Error(), "0 to 2") {
			t.Errorf("target %v: %v", target, err)
		}
	}
}

// TestFrozenNormGrad: without its parameters' gradients, dx is the same.
func TestFrozenNormGrad(t *testing.T) {
	whole, frozen := norm(Shape{2, 3, 2, 2}, true), norm(Shape{2, 3, 2, 2}, true)
	back := &frozen.Ops[1]
	frozen.Buffers = frozen.Buffers[:back.Out[1]]
	back.Out = back.Out[:1]
	x, dy := make([]float64, 24), make([]float64, 24)
	for i := range x {
		x[i], dy[i] = NewStream(1, "x").Normal(uint64(i)), NewStream(1, "dy").Normal(uint64(i))
	}
	if a, b := whole.back(t, x, dy), frozen.back(t, x, dy); !same(a, b) {
		t.Errorf("%v with dγ and dβ, %v without", a, b)
	}
}

func TestStepString(t *testing.T) {
	text := newStep().String()
	for _, want := range []string{
		"Conv2dGradWeight", "3×3 /1×1 +1,1,1,1 backward", "ε 1e-05 train backward", "momentum 0.9 decay 0.0001 scalar 0 update",
		"CrossEntropyGrad", "AdaptiveAvgPool2dGrad",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the step's listing does not say %q:\n%s", want, text)
		}
	}
}

// TestReferenceInParts: two parts are a run, and what is changed between them
// counts.
func TestReferenceInParts(t *testing.T) {
	s := newStep()
	loss := func(double float64) float64 {
		r, err := NewReference[float64](&s.Plan, seeded{})
		if err != nil {
			t.Fatal(err)
		}
		s.fill(r)
		const middle = 3
		if err := r.RunPart(0, middle, []float32{0}); err != nil {
			t.Fatal(err)
		}
		for i := range r.Buffer(s.relu) {
			r.Buffer(s.relu)[i] *= double
		}
		if err := r.RunPart(middle, len(s.Ops), []float32{0}); err != nil {
			t.Fatal(err)
		}
		return r.Buffer(s.loss)[0]
	}
	if a, b := loss(1), loss(2); a == b || math.IsNaN(a) {
		t.Errorf("the losses are %g and %g", a, b)
	}
	if a, b := loss(1), loss(1); a != b {
		t.Errorf("the same parts give %g and %g", a, b)
	}
}
