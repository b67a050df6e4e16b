package tensor

import (
	"slices"
	"strings"
	"testing"
)

// residual is a small valid plan with an operation of most kinds.
func residual() *Plan {
	image, features := Shape{2, 4, 6, 6}, Shape{2, 4}
	p := &Plan{Scalars: []string{"seed"}}
	shapes := []Shape{image, image, image, image, {2, 4, 3, 3}, {2, 6, 2, 2}, {2, 6, 1, 1}, {2, 6}, {2, 6}, features, {2}}
	for _, s := range shapes {
		p.Buffers = append(p.Buffers, Buffer{Shape: s})
	}
	p.Buffers[0].Class, p.Buffers[9].Class, p.Buffers[10].Class = Input, Output, Kept
	param := func(name string, role Role, shape ...int) ParamID {
		p.Params = append(p.Params, Param{Name: name, Shape: shape, Role: role})
		return ParamID(len(p.Params) - 1)
	}
	norm := func() []ParamID {
		return []ParamID{param("bn.weight", Gamma, 4), param("bn.bias", Beta, 4),
			param("bn.running_mean", RunningMean, 4), param("bn.running_var", RunningVar, 4)}
	}
	at := func(ids ...BufferID) []BufferID { return ids }
	p.Ops = []Op{
		{Kind: Conv2d, In: at(0), Out: at(1), Window: Square(3, 1, 1), Groups: 2, Params: []ParamID{param("conv.weight", Weight, 4, 2, 3, 3), param("conv.bias", Bias, 4)}},
		{Kind: BatchNorm2d, In: at(1), Out: at(2), Train: true, Eps: 1e-5, Momentum: 0.1, Params: norm()},
		{Kind: Add, In: at(2, 0), Out: at(3), Scalar: NoScalar},
		{Kind: MaxPool2d, In: at(3), Out: at(4), Window: Square(3, 2, 1)},
		{Kind: Pad, In: at(4), Out: at(5), Window: Window{SH: 2, SW: 2}, PadBefore: 1, PadAfter: 1},
		{Kind: AdaptiveAvgPool2d, In: at(5), Out: at(6)},
		{Kind: Flatten, In: at(6), Out: at(7)},
		{Kind: Dropout, In: at(7), Out: at(8), Train: true, Eps: 0.5},
		{Kind: Linear, In: at(8), Out: at(9), Params: []ParamID{param("fc.weight", Weight, 4, 6)}},
		{Kind: Moments, In: at(9), Out: at(10)},
	}
	return p
}

func TestValidateAccepts(t *testing.T) {
	if err := residual().Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestValidateRefuses(t *testing.T) {
	cases := []struct {
		says  string
		spoil func(p *Plan)
	}{
		{"extent", func(p *Plan) { p.Buffers[3].Shape = Shape{2, 0, 6, 6} }},
		{"dimensions", func(p *Plan) { p.Buffers[3].Shape = nil }},
		{"dimensions", func(p *Plan) { p.Buffers[3].Shape = Shape{1, 1, 1, 1, 1} }},
		{"empty or already in use", func(p *Plan) { p.Params[1].Name = "conv.weight" }},
		{"empty or already in use", func(p *Plan) { p.Params[1].Name = "" }},
		{"too many elements", func(p *Plan) { p.Params[0].Shape = Shape{1 << 30, 1 << 30} }},
		{"parameter conv.bias: unknown dtype 9", func(p *Plan) { p.Params[1].DType = 9 }},
		{"unknown dtype 9", func(p *Plan) { p.Buffers[3].DType = 9 }},
		{"no operation writes", func(p *Plan) { p.Ops = p.Ops[:9] }},
		{"unknown kind 0", func(p *Plan) { p.Ops[0].Kind = 0 }},
		{"unknown kind 200", func(p *Plan) { p.Ops[0].Kind = 200 }},
		{"unknown pass 7", func(p *Plan) { p.Ops[0].Pass = 7 }},
		{"can't be in the backward pass", func(p *Plan) { p.Ops[0].Pass = Backward }},
		{"can't be in the update pass", func(p *Plan) { p.Ops[1].Pass = Update }},
		{"can't be in the forward pass", func(p *Plan) { p.Ops[4].Kind = PadGrad }},
		{"1 operands", func(p *Plan) { p.Ops[2].In = p.Ops[2].In[:1] }},
		{"0 results", func(p *Plan) { p.Ops[2].Out = nil }},
		{"reads buffer -1", func(p *Plan) { p.Ops[2].In[0] = -1 }},
		{"reads buffer 99", func(p *Plan) { p.Ops[2].In[0] = 99 }},
		{"reads buffer 2", func(p *Plan) { p.Ops[1], p.Ops[2] = p.Ops[2], p.Ops[1] }},
		{"writes buffer 0", func(p *Plan) { p.Ops[0].Out[0] = 0 }},
		{"writes buffer 1", func(p *Plan) { p.Ops[1].Out[0] = 1 }},
		{"writes buffer 99", func(p *Plan) { p.Ops[1].Out[0] = 99 }},
		{"3 parameters", func(p *Plan) { p.Ops[1].Params = p.Ops[1].Params[:3] }},
		{"invalid parameter 99", func(p *Plan) { p.Ops[1].Params[0] = 99 }},
		{"bn.weight has the role bias, not gamma", func(p *Plan) { p.Params[2].Role = Bias }},
		{"invalid scalar 1", func(p *Plan) { p.Ops[2].Scalar = 1 }},
		{"3 groups", func(p *Plan) { p.Ops[0].Groups = 3 }},
		{"0 groups", func(p *Plan) { p.Ops[0].Groups = 0 }},
		{"stride 0×1", func(p *Plan) { p.Ops[0].SH = 0 }},
		{"negative", func(p *Plan) { p.Ops[0].Left = -1 }},
		{"too large", func(p *Plan) { p.Ops[0].Left = 1 << 62 }},
		{"conv.weight is", func(p *Plan) { p.Ops[0].KH = 5 }},
		{"conv.bias is", func(p *Plan) { p.Params[1].Shape = Shape{5} }},
		{"result is", func(p *Plan) { p.Ops[0].Top = 0 }},
		{"N×C×H×W", func(p *Plan) { p.Buffers[0].Shape = Shape{2, 4, 36} }},
		{"more than one value", func(p *Plan) {
			for _, id := range []int{0, 1, 2} {
				p.Buffers[id].Shape = Shape{1, 4, 1, 1}
			}
		}},
		{"bn.running_var is", func(p *Plan) { p.Params[5].Shape = Shape{5} }},
		{"ε -1", func(p *Plan) { p.Ops[1].Eps = -1 }},
		{"operands are", func(p *Plan) {
			p.Buffers = append(p.Buffers, Buffer{Shape: Shape{2, 4, 6, 5}, Class: Input})
			p.Ops[2].In[1] = 11
		}},
		{"smaller than its window", func(p *Plan) { p.Ops[3].Top = 3 }},
		{"huge", func(p *Plan) { p.Ops[4].PadBefore = 1 << 62 }},
		{"result is", func(p *Plan) { p.Ops[4].PadBefore = 2 }},
		{"result is", func(p *Plan) { p.Buffers[6].Shape = Shape{2, 5, 1, 1} }},
		{"result is", func(p *Plan) { p.Buffers[7].Shape = Shape{2, 7} }},
		{"probability 1", func(p *Plan) { p.Ops[7].Eps = 1 }},
		{"needs a scalar", func(p *Plan) { p.Ops[7].Scalar = NoScalar }},
		{"fc.weight is", func(p *Plan) { p.Params[6].Shape = Shape{6, 4} }},
		{"must be kept", func(p *Plan) { p.Buffers[10].Class = Scratch }},
		{"result is", func(p *Plan) { p.Buffers[10].Shape = Shape{3} }},
	}
	for _, c := range cases {
		p := residual()
		c.spoil(p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want an error that says %q", err, c.says)
		}
	}
}

// TestPassesOfKinds: every kind is in its own passes only. Those that both the forward
// and the backward pass have are measurements and operations that are linear.
func TestPassesOfKinds(t *testing.T) {
	anywhere := []Kind{Add, Flatten, Unflatten, Moments, Scale, Norm, Histogram}
	for k := Conv2d; k <= SGD; k++ {
		var allowed []Pass
		for pass := Forward; pass <= Update; pass++ {
			if rules[k].pass.allows(pass) {
				allowed = append(allowed, pass)
			}
		}
		want := 1
		if slices.Contains(anywhere, k) {
			want = 3
		}
		gradient := strings.Contains(k.String(), "Grad")
		if len(allowed) != want || want == 1 && gradient && allowed[0] != Backward {
			t.Errorf("%v is allowed in %v", k, allowed)
		}
	}
}

func TestPlanString(t *testing.T) {
	p := residual()
	p.Ops[0].Path, p.Ops[2].Call = "conv", 1
	lines := strings.Split(p.String(), "\n")
	for i, want := range map[int]string{
		0: "   0 Conv2d                conv                         input 0[2×4×6×6] → 1[2×4×6×6]  3×3 /1×1 +1,1,1,1 groups 2",
		1: "   1 BatchNorm2d                                        1[2×4×6×6] → 2[2×4×6×6]  ε 1e-05 train momentum 0.1",
		2: "   2 Add                                                2[2×4×6×6], input 0[2×4×6×6] → 3[2×4×6×6]  call 1",
		7: "   7 Dropout                                            7[2×6] → 8[2×6]  p 0.5 train scalar 0",
		9: "   9 Moments                                            output 9[2×4] → kept 10[2]",
	} {
		if lines[i] != want {
			t.Errorf("line %d is\n%q, want\n%q", i, lines[i], want)
		}
	}
}
