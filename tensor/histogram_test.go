package tensor_test

import (
	"math"
	"strings"
	"testing"

	. "resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// TestHistogramByHand counts a few values of every sort, in two channels.
func TestHistogramByHand(t *testing.T) {
	var b tensortest.Builder
	x := b.Input(1, 2, 1, 6)
	out := b.Histogram(x, 1)
	r, err := NewReference[float64](&b.Plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	zero, nan := float32(math.Copysign(0, -1)), float32(math.NaN())
	tiny, inf := float32(math.SmallestNonzeroFloat32), float32(math.Inf(1))
	if err := r.Set(x, []float32{0, zero, 3, -3, -2, tiny, nan, inf, -inf, nan, nan, nan}); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(nil); err != nil {
		t.Fatal(err)
	}
	want := map[int]float64{
		CountZeros: 2, CountNaN: 4, CountInf: 2, HistogramExponents: 1,
		1 - MinExponent: 2, HistogramExponents + 1 - MinExponent: 1,
	}
	for i, n := range r.Buffer(out[0]) {
		if n != want[i] {
			t.Errorf("count %d is %v, want %v", i, n, want[i])
		}
	}
	mean := -2 / 6. // of 0, −0, 3, −3, −2 and next to nothing
	rms := math.Sqrt(22 / 6.)
	std := math.Sqrt(22/6. - mean*mean)
	for i, want := range []float64{FigureMean: mean, FigureStd: std, FigureMin: -3, FigureMax: 3, FigureRMS: rms} {
		if got := r.Buffer(out[1])[i]; math.Abs(got-want) > 1e-15 {
			t.Errorf("figure %d is %v, want %v", i, got, want)
		}
	}
	for i, want := range []float64{mean, 0, std, 0, 3, 0, 2, 0, 0, 0, 6, 0, 0, 0} {
		if got := r.Buffer(out[2])[i]; math.Abs(got-want) > 1e-15 {
			t.Errorf("channel %d, row %d is %v, want %v", i%2, i/2, got, want)
		}
	}
}

// TestCountsSplit: counts that a float32 can't hold come back to the unit.
func TestCountsSplit(t *testing.T) {
	for _, n := range []int64{0, 1, CountRadix - 1, CountRadix, CountRadix + 1, 1<<40 - 1} {
		if got := JoinCount(SplitCount(n)); got != n {
			t.Errorf("%d comes back as %d", n, got)
		}
	}
}

func TestValidateHistograms(t *testing.T) {
	for says, spoil := range map[string]func(p *Plan){
		"kept":                          func(p *Plan) { p.Buffers[p.Ops[0].Out[1]].Class = Scratch },
		"not 2×557":                     func(p *Plan) { p.Buffers[p.Ops[0].Out[0]].Shape = Shape{2, 5} },
		"not 5":                         func(p *Plan) { p.Buffers[p.Ops[0].Out[1]].Shape = Shape{4} },
		"not 7×3":                       func(p *Plan) { p.Ops[0].Axis = 0 },
		"it must be 0 or 1":             func(p *Plan) { p.Ops[0].Axis = 2 },
		"1 or 2 or 3":                   func(p *Plan) { p.Ops[0].Out = nil },
		"operands and 3":                func(p *Plan) { p.Ops[0].In = append(p.Ops[0].In, 0) },
		"0 parameters":                  func(p *Plan) { p.Ops[1].Params = nil },
		"along dimension 1 of 3":        func(p *Plan) { p.Ops[1].Axis = 1 },
		"has the role running variance": func(p *Plan) { p.Params[0].Role = RunningVar },
	} {
		var b tensortest.Builder
		b.Histogram(b.Input(3, 2), 1)
		b.ParamHistogram(b.Param(Bias, 3), 0)
		if err := b.Validate(); err != nil {
			t.Fatal(err)
		}
		spoil(&b.Plan)
		if err := b.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want an error that says %q", err, says)
		}
	}
}

func TestHistogramString(t *testing.T) {
	var b tensortest.Builder
	b.ParamHistogram(b.Param(Bias, 3), 0)
	want := "   0 Histogram             op0                          p0 → kept 0[2×557] kept 1[5] kept 2[7×3]  channels along 0\n"
	if got := b.String(); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}
