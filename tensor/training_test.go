package tensor

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// backwardStep is a small valid plan of a whole training step: a convolution,
// normalisation, ReLU, pools, a classifier, the loss and every gradient.
func backwardStep() *step {
	s := &step{Plan: &Plan{Scalars: []string{"learning rate"}}, at: map[string]BufferID{}}
	image, c := Shape{2, 3, 4, 4}, Shape{3}
	s.Params = []Param{
		{Name: "conv.weight", Shape: Shape{3, 3, 3, 3}, Role: Weight}, {Name: "bn.weight", Shape: c, Role: Gamma}, {Name: "bn.bias", Shape: c, Role: Beta},
		{Name: "bn.running_mean", Shape: c, Role: RunningMean}, {Name: "bn.running_var", Shape: c, Role: RunningVar}, {Name: "conv.weight.momentum_buffer", Shape: Shape{3, 3, 3, 3}, Role: Slot},
	}
	for name, shape := range map[string]Shape{
		"conv": image, "bn": image, "mean": c, "rstd": c, "relu": image, "pool": {2, 3, 1, 1}, "flat": {2, 3}, "p": {2, 3},
		"dlogits": {2, 3}, "dpool": {2, 3, 1, 1}, "drelu": image, "dbn": image, "dconv": image, "dgamma": c, "dbeta": c, "dw": {3, 3, 3, 3}, "sum": image,
	} {
		s.buffer(name, shape, Scratch)
	}
	s.buffer("x", image, Input)
	s.buffer("target", Shape{2}, Input)
	s.buffer("loss", Shape{1}, Kept)
	s.buffer("joined", Shape{4}, Kept)
	s.buffer("norm", Shape{1}, Kept)
	in := func(names ...string) []string { return names }
	s.op(Op{Kind: Conv2d, Window: Square(3, 1, 1), Groups: 1, Scalar: NoScalar}, in("x"), in("conv"), []Role{Weight})
	s.op(Op{Kind: BatchNorm2d, Train: true, Eps: 1e-5, Momentum: 0.1, Scalar: NoScalar}, in("conv"), in("bn", "mean", "rstd"), []Role{Gamma, Beta, RunningMean, RunningVar})
	s.op(Op{Kind: ReLU, Scalar: NoScalar}, in("bn"), in("relu"), nil)
	s.op(Op{Kind: AdaptiveAvgPool2d, Scalar: NoScalar}, in("relu"), in("pool"), nil)
	s.op(Op{Kind: Flatten, Scalar: NoScalar}, in("pool"), in("flat"), nil)
	s.op(Op{Kind: CrossEntropy, Scalar: NoScalar}, in("flat", "target"), in("loss", "p"), nil)
	back := func(op Op, from, to []string, roles ...Role) {
		if op.Pass = Backward; op.Kind != Scale {
			op.Scalar = NoScalar
		}
		s.op(op, from, to, roles)
	}
	back(Op{Kind: CrossEntropyGrad}, in("p", "target"), in("dlogits"))
	back(Op{Kind: Unflatten}, in("dlogits"), in("dpool"))
	back(Op{Kind: AdaptiveAvgPool2dGrad}, in("dpool"), in("drelu"))
	back(Op{Kind: ReLUGrad}, in("relu", "drelu"), in("dbn"))
	back(Op{Kind: BatchNorm2dGrad, Train: true, Eps: 1e-5}, in("conv", "dbn", "mean", "rstd"), in("dconv", "dgamma", "dbeta"), Gamma)
	back(Op{Kind: Conv2dGradWeight, Window: Square(3, 1, 1), Groups: 1}, in("x", "dconv"), in("dw"))
	back(Op{Kind: Join}, in("dconv", "dbn"), in("sum", "joined"))
	back(Op{Kind: Norm}, in("dw"), in("norm"))
	s.op(Op{Kind: SGD, Pass: Update, Momentum: 0.9, Decay: 1e-4}, in("dw"), nil, []Role{Weight, Slot})
	return s
}

func TestValidateTrainingStep(t *testing.T) {
	if err := backwardStep().Validate(); err != nil {
		t.Fatal(err)
	}
	const norm, grad, weight, joined, probe, sgd = 1, 10, 11, 12, 13, 14
	for _, c := range []struct {
		says  string
		spoil func(s *step)
	}{
		{"1 operands and 2 results, not 1 and 1 or 3", func(s *step) { s.Ops[norm].Out = s.Ops[norm].Out[:2] }},
		{"only batch statistics are saved", func(s *step) { s.Ops[norm].Train = false }},
		{"buffer", func(s *step) { s.Buffers[s.at["rstd"]].Shape = Shape{4} }},
		{"loss) is", func(s *step) { s.Ops[5].Out[0], s.Ops[5].Out[1] = s.Ops[5].Out[1], s.Ops[5].Out[0] }},
		{"target) is", func(s *step) { s.Buffers[s.at["target"]].Shape = Shape{3} }},
		{"smoothing 1.5", func(s *step) { s.Ops[6].Eps = 1.5 }},
		{"not 2 and 1 or 3", func(s *step) { s.Ops[grad].Train = false }},
		{"2 results", func(s *step) { s.Ops[grad].Out = s.Ops[grad].Out[:2] }},
		{"ε is NaN", func(s *step) { s.Ops[grad].Eps = math.NaN() }},
		{"as the gradient of an operation 2×3×4×4", func(s *step) { s.Ops[weight].SH = 2 }},
		{"result is 3×3×3×3", func(s *step) { s.Ops[weight].KH, s.Ops[weight].Top, s.Ops[weight].Bottom = 1, 0, 0 }},
		{"must be kept", func(s *step) { s.Buffers[s.at["joined"]].Class = Scratch }},
		{"dpool) is", func(s *step) { s.Ops[9].In[1] = s.at["dpool"] }},
		{"2 operands and 1 results, not 2 and 2", func(s *step) { s.Ops[joined].Out = s.Ops[joined].Out[:1] }},
		{"must be kept", func(s *step) { s.Buffers[s.at["norm"]].Class = Output }},
		{"needs a scalar", func(s *step) { s.Ops[sgd].Scalar = NoScalar }},
		{"1 results, not 1 and 0", func(s *step) { s.Ops[sgd].Out = []BufferID{s.at["sum"]} }},
		{"place of role", func(s *step) { s.Ops[sgd].Params[0] = 3 }},
		{"momentum needs a slot", func(s *step) { s.Ops[sgd].Params = s.Ops[sgd].Params[:1] }},
		{"momentum needs a slot", func(s *step) { s.Ops[sgd].Momentum = 0 }},
		{"momentum 1 ", func(s *step) { s.Ops[sgd].Momentum = 1 }},
		{"Nesterov", func(s *step) {
			s.Ops[sgd].Params, s.Ops[sgd].Momentum, s.Ops[sgd].Nesterov = s.Ops[sgd].Params[:1], 0, true
		}},
		{"decay +Inf", func(s *step) { s.Ops[sgd].Decay = math.Inf(1) }},
		{"momentum_buffer is", func(s *step) { s.Params[5].Shape = Shape{3, 3, 3} }},
	} {
		s := backwardStep()
		c.spoil(s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want an error that says %q", err, c.says)
		}
	}
}

// TestReferenceStep runs the step: SGD by hand from the plan's own gradient,
// twice, and the probes by their definitions.
func TestReferenceStep(t *testing.T) {
	s := backwardStep()
	r, err := NewReference[float64](s.Plan, seeded{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Buffer(s.at["x"]) {
		r.Buffer(s.at["x"])[i] = NewStream(1, "x").Normal(uint64(i))
	}
	copy(r.Buffer(s.at["target"]), []float64{2, 0})
	w, v := slices.Clone(r.Param("conv.weight")), make([]float64, 81)
	for range 2 {
		if err := r.Run([]float32{0.5}); err != nil {
			t.Fatal(err)
		}
		for i, g := range r.Buffer(s.at["dw"]) {
			v[i] = 0.9*v[i] + (g + 1e-4*w[i])
			w[i] -= 0.5 * v[i]
		}
	}
	if !same(r.Param("conv.weight"), w) || !same(r.Param("conv.weight.momentum_buffer"), v) {
		t.Error("two steps of SGD with momentum are not PyTorch's formula")
	}
	joined, a, b := r.Buffer(s.at["joined"]), r.Buffer(s.at["dconv"]), r.Buffer(s.at["dbn"])
	cosine := (joined[3]*joined[3] - joined[0]*joined[0] - joined[1]*joined[1]) / 2
	if math.Abs(joined[2]-cosine) > 1e-12 || r.Buffer(s.at["sum"])[5] != a[5]+b[5] {
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
		s := &step{Plan: &Plan{Scalars: []string{"learning rate"}}, at: map[string]BufferID{}}
		s.buffer("g", Shape{1}, Input)
		s.Params = []Param{{Name: "w", Shape: Shape{1}, Role: Gamma}, {Name: "w.momentum_buffer", Shape: Shape{1}, Role: Slot}}
		roles := []Role{Gamma, Slot}
		if c.op.Momentum == 0 {
			roles = roles[:1]
		}
		c.op.Kind, c.op.Pass = SGD, Update
		s.op(c.op, []string{"g"}, nil, roles)
		r, err := NewReference[float64](s.Plan, values{"w": {4}, "w.momentum_buffer": {0}})
		if err != nil {
			t.Fatal(err)
		}
		r.Buffer(0)[0] = 2
		for i, want := range c.want {
			if err := r.Run([]float32{0.5}); err != nil {
				t.Fatal(err)
			}
			if got := r.Param("w")[0]; got != want {
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
		s := maxPoolStep(Shape{1, 1, 2, 2}, Square(2, 2, 1), c.zeros)
		r, err := NewReference[float64](s.Plan, nil)
		if err != nil {
			t.Fatal(err)
		}
		copy(r.Buffer(s.at["x"]), c.x)
		copy(r.Buffer(s.at["dy"]), []float64{1, 10, 100, 1000})
		if err := r.Run([]float32{1}); err != nil {
			t.Fatal(err)
		}
		if got := r.Buffer(s.at["dx"]); !same(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	all := maxPoolStep(Shape{1, 1, 2, 3}, Window{KH: 2, KW: 3, SH: 1, SW: 1}, false)
	r, err := NewReference[float64](all.Plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	copy(r.Buffer(all.at["x"]), []float64{0, 3, 1, 3, 2, 3})
	r.Buffer(all.at["dy"])[0] = 5
	if err := r.Run([]float32{1}); err != nil || !same(r.Buffer(all.at["dx"]), []float64{0, 5, 0, 0, 0, 0}) {
		t.Errorf("%v (%v): the first of three equal values takes the gradient", r.Buffer(all.at["dx"]), err)
	}
}

func TestTargetsThatAreNoClass(t *testing.T) {
	for _, target := range []float64{-1, 3, 0.5, math.NaN(), math.Inf(1)} {
		s := backwardStep()
		r, err := NewReference[float64](s.Plan, seeded{})
		if err != nil {
			t.Fatal(err)
		}
		copy(r.Buffer(s.at["target"]), []float64{0, target})
		var wrong *TargetError
		if err := r.Run([]float32{0}); !errors.As(err, &wrong) || wrong.Image != 1 || !strings.Contains(err.Error(), "0 to 2") {
			t.Errorf("target %v: %v", target, err)
		}
	}
}

// TestFrozenNormGrad: without its parameters' gradients, dx is the same.
func TestFrozenNormGrad(t *testing.T) {
	whole, frozen := normStep(Shape{2, 3, 2, 2}, true), normStep(Shape{2, 3, 2, 2}, true)
	back := &frozen.Ops[1]
	back.Out = back.Out[:1]
	frozen.Buffers = frozen.Buffers[:back.Out[0]+1]
	dx := func(s *step) []float64 {
		r, err := NewReference[float64](s.Plan, seeded{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Buffer(0) {
			r.Buffer(0)[i], r.Buffer(1)[i] = NewStream(1, "x").Normal(uint64(i)), NewStream(1, "dy").Normal(uint64(i))
		}
		if err := r.Run([]float32{0}); err != nil {
			t.Fatal(err)
		}
		return r.Buffer(s.at["dx"])
	}
	if a, b := dx(whole), dx(frozen); !same(a, b) {
		t.Errorf("%v with dγ and dβ, %v without", a, b)
	}
}

func TestStepString(t *testing.T) {
	text := backwardStep().String()
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
	s := backwardStep()
	loss := func(double float64) float64 {
		r, err := NewReference[float64](s.Plan, seeded{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Buffer(s.at["x"]) {
			r.Buffer(s.at["x"])[i] = NewStream(1, "x").Normal(uint64(i))
		}
		const middle = 3
		if err := r.RunPart(0, middle, []float32{0}); err != nil {
			t.Fatal(err)
		}
		for i := range r.Buffer(s.at["relu"]) {
			r.Buffer(s.at["relu"])[i] *= double
		}
		if err := r.RunPart(middle, len(s.Ops), []float32{0}); err != nil {
			t.Fatal(err)
		}
		return r.Buffer(s.at["loss"])[0]
	}
	if a, b := loss(1), loss(2); a == b || math.IsNaN(a) {
		t.Errorf("the losses are %g and %g", a, b)
	}
	if a, b := loss(1), loss(1); a != b {
		t.Errorf("the same parts give %g and %g", a, b)
	}
}
