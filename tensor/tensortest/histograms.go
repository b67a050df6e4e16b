package tensortest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// content is what histograms are taken of, by what is special about it.
type content struct {
	name string
	draw func(r *rand.Rand) float64
}

// flushed is a content that devices may flush to zero when they compute with it, as Vulkan
// allows. A histogram must not.
const flushed = "subnormal"

var contents = []content{
	{"normal", func(r *rand.Rand) float64 { return r.NormFloat64() }},
	{"small about a large mean", func(r *rand.Rand) float64 { return 1000 + r.NormFloat64() }},
	{"constant", func(*rand.Rand) float64 { return 0.1 }},
	{"zeros of both signs", func(r *rand.Rand) float64 { return math.Copysign(0, r.NormFloat64()) }},
	{"positive or zero", func(r *rand.Rand) float64 { return max(0, r.NormFloat64()) }},
	{"over many powers of two", func(r *rand.Rand) float64 { return r.NormFloat64() * math.Exp2(30*r.Float64()) }},
	{"huge", func(r *rand.Rand) float64 { return 3e38 * (2*r.Float64() - 1) }},
	{flushed, func(r *rand.Rand) float64 { return 1e-39 * r.NormFloat64() }},
	{"with NaN and infinities", func(r *rand.Rand) float64 {
		if r.IntN(50) > 0 {
			return r.NormFloat64()
		}
		return []float64{math.NaN(), math.Inf(1), math.Inf(-1)}[r.IntN(3)]
	}},
	{"NaN and infinities alone", func(r *rand.Rand) float64 { return []float64{math.NaN(), math.Inf(-1)}[r.IntN(2)] }},
}

// histogramShapes are of odd sizes: channels that fill no block, rows that fill no run, and
// more elements than a piece has.
var histogramShapes = []tensor.Shape{
	{1}, {1003}, {3, 37}, {2, 16, 7, 7}, {2, 5, 13, 9}, {3, 33, 1, 1}, {1, 32, 61, 62}, {2, 48, 37, 29},
}

// histograms holds histograms of inputs, of results whose layout others choose, and of
// parameters to the oracle: counts to the unit.
func (s *suite) histograms(t *testing.T) {
	for i, shape := range histogramShapes {
		for _, content := range contents {
			t.Run(fmt.Sprintf("%v %s", shape, content.name), func(t *testing.T) {
				s.cases++
				s.histogram(t, shape, uint64(i), content)
			})
		}
	}
	for i, shape := range histogramShapes {
		s.cases++
		var b Builder
		p := b.Param(tensor.Weight, shape...)
		b.ParamHistogram(p, 0)
		c := s.compile(t, &b.Plan, uint64(i), tensor.Options{Fuse: true})
		c.checkHistograms(t, s.oracle(t, &b.Plan, uint64(i), 1, nil))
	}
}

// histogram compares one tensor's, by both axes, with what reads it too.
func (s *suite) histogram(t *testing.T, shape tensor.Shape, seed uint64, of content) {
	var b Builder
	x := b.Input(shape...)
	b.Histogram(x, 0)
	if len(shape) > 1 {
		b.Histogram(x, 1)
	}
	if len(shape) == 4 && of.name != flushed {
		y := b.ReLU(x)
		b.Output(b.Conv(y, 3, tensor.Square(3, 1, 1), 1, false)) // for which y may get a halo
		b.Histogram(y, 1)
	}
	r := rand.New(rand.NewPCG(seed, 7))
	values := tensor.New(shape...)
	for i := range values.Data {
		values.Data[i] = float32(of.draw(r))
	}
	if s.precision != tensor.FP32 {
		truncate(values.Data)
	}
	ref, err := tensor.NewReference[float64](&b.Plan, Values{seed})
	if err != nil {
		t.Fatal(err)
	}
	if err := ref.Set(x, values.Data); err != nil {
		t.Fatal(err)
	}
	if err := ref.Run(nil); err != nil {
		t.Fatal(err)
	}
	c := s.compile(t, &b.Plan, seed, tensor.Options{Threads: 2, Fuse: true})
	if err := c.Write(x, values); err != nil {
		t.Fatal(err)
	}
	c.checkHistograms(t, ref)
	c.checkHistograms(t, ref) // again: nothing is left of the first run
}

// checkHistograms runs a program and compares all of its histograms.
func (c *compiled) checkHistograms(t *testing.T, ref *tensor.Reference[float64]) {
	t.Helper()
	if err := c.Run(context.Background(), tensor.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	got := c.read(t)
	for i := range c.plan.Ops {
		op := &c.plan.Ops[i]
		if op.Kind != tensor.Histogram {
			continue
		}
		if e := unequalCount(got[op.Out[0]], ref.Buffer(op.Out[0])); e != "" {
			t.Errorf("operation %d: %s", i, e)
		}
		scale := ref.Buffer(op.Out[1])[tensor.FigureRMS]
		checkFigures(t, "figure", got[op.Out[1]], ref.Buffer(op.Out[1]), scale)
		checkFigures(t, "channel", got[op.Out[2]], ref.Buffer(op.Out[2]), scale)
	}
}

// unequalCount is the first count that differs, or "".
func unequalCount(got []float32, want []float64) string {
	for i, w := range want {
		if float64(got[i]) != w {
			return fmt.Sprintf("count %d of %d is %v, want %v", i%tensor.HistogramCounts, tensor.HistogramCounts, got[i], w)
		}
	}
	return ""
}

// checkFigures compares figures, relatively to themselves or the values' size.
func checkFigures(t *testing.T, what string, got []float32, want []float64, scale float64) {
	t.Helper()
	const bar = 2e-6
	for i, w := range want {
		if e := math.Abs(float64(got[i]) - w); !(e <= bar*max(math.Abs(w), scale)) {
			t.Errorf("%s %d of %d is %v, want %v", what, i, len(want), got[i], w)
			return
		}
	}
}
