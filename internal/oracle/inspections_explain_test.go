package oracle_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
)

// floor is how far a map may be off, relative to its range, whatever PyTorch's float32 is.
func (x inspection) floor() float64 {
	if x.slack == 0 {
		return 1e-6
	}
	return 1e-4
}

// checkExplanations compares maps of all methods.
func (x inspection) checkExplanations(t *testing.T) {
	e := x.want.Explain
	theirs := e.Float32
	sample := x.sample(t)
	o := inspect.DefaultOptions(inspect.GradCAM, x.want.Shape[2], x.want.Shape[3])
	for i, want := range e.GradCAM {
		place, err := inspect.Find(x.model.Model, want.At)
		if err != nil {
			t.Fatal(err)
		}
		o.At = place
		got := x.explain(t, sample, o)
		x.checkCAM(t, got, want, max(x.floor(), theirs.GradCAM))
		if i == 0 {
			x.checkArea(t, sample, inspect.GradCAM, got)
		}
	}
	gradient, integrated := floats(t, e.Gradient), floats(t, e.Integrated)
	product := slices.Clone(gradient)
	for i, v := range sample.Image() {
		product[i] *= float64(v)
	}
	for _, m := range []struct {
		method inspect.Method
		want   []float64
		theirs float64
	}{
		{inspect.Gradient, gradient, theirs.Gradient},
		{inspect.InputGradient, product, theirs.Gradient},
		{inspect.Integrated, integrated, theirs.Integrated},
	} {
		o.Method = m.method
		got := x.explain(t, sample, o)
		x.checkAttribution(t, m.method, got, m.want, x.bar(x.floor(), m.theirs))
		x.checkArea(t, sample, m.method, got)
	}
	if e.Occlusion != nil {
		o.Method, o.Patch, o.Stride = inspect.Occlusion, e.Patch, e.Stride
		got := x.explain(t, sample, o)
		compareMaps(t, "occlusion", got.Map, slices.Concat(e.Occlusion...), max(x.floor(), theirs.Occlusion))
	}
}

// sample is the image that is explained, and the net.
func (x inspection) sample(t *testing.T) inspect.Sample {
	t.Helper()
	return inspect.Sample{Session: x.open(t, nn.Pass{}), Batch: x.want.Input(), Index: x.want.Explain.Image}
}

// checkArea compares the areas under deletion and insertion, if the golden has them. On
// devices, rounding may exchange pixels that count almost the same.
func (x inspection) checkArea(t *testing.T, s inspect.Sample, m inspect.Method, e *inspect.Explanation) {
	t.Helper()
	want, ok := x.want.Explain.Areas[string(m)]
	if !ok {
		return
	}
	got, err := inspect.CheckPixels(context.Background(), s, e)
	if err != nil {
		t.Fatal(err)
	}
	off := max(math.Abs(got.Deletion-want.Deletion), math.Abs(got.Insertion-want.Insertion))
	if !(off <= x.floor()) {
		t.Errorf("the areas of %s are %+v, PyTorch's %+v", m, got, want)
	}
}

// floats are numbers of a golden.
func floats(t *testing.T, p oracle.Packed) []float64 {
	t.Helper()
	v, err := p.Floats()
	if err != nil {
		t.Fatal(err)
	}
	return doubles(v)
}

// explain explains the golden's class.
func (x inspection) explain(t *testing.T, s inspect.Sample, o inspect.Options) *inspect.Explanation {
	t.Helper()
	e, err := inspect.NewExplainer(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	got, err := e.Explain(context.Background(), x.want.Explain.Class)
	if err != nil {
		t.Fatal(err)
	}
	if want := x.want.Explain.Score; !(math.Abs(got.Score-want) <= 1e-5*max(1, math.Abs(want))) {
		t.Errorf("%s: the score is %v, PyTorch's %v", o.Method, got.Score, want)
	}
	return got
}

// checkCAM compares a map and its parts, which add up to it.
func (x inspection) checkCAM(t *testing.T, got *inspect.Explanation, want oracle.GradCAM, bar float64) {
	t.Helper()
	compareMaps(t, "the map at "+want.At, got.Map, slices.Concat(want.Map...), bar)
	compareMaps(t, "the skip's part at "+want.At, got.Skip, slices.Concat(want.Skip...), bar)
	compareMaps(t, "the branch's part at "+want.At, got.Branch, slices.Concat(want.Branch...), bar)
	if !(got.SumError <= 1e-5) {
		t.Errorf("the parts at %s are off by %g", want.At, got.SumError)
	}
}

// checkAttribution compares the values of all pixels' channels, and what is made of them.
func (x inspection) checkAttribution(
	t *testing.T, m inspect.Method, got *inspect.Explanation, want []float64, bar float64,
) {
	t.Helper()
	compareMaps(t, string(m), got.Attribution.Data, want, bar)
	pixels := got.H * got.W
	reduced := make([]float64, pixels)
	for i, v := range want {
		if at := i % pixels; m == inspect.Gradient {
			reduced[at] = max(reduced[at], math.Abs(v))
		} else {
			reduced[at] += v
		}
	}
	compareMaps(t, "the map of "+string(m), got.Map, reduced, bar)
	if m != inspect.Integrated {
		return
	}
	e := x.want.Explain // it is a sum of the map, where the same few ReLUs may flip
	rounding := 1e-5 * math.Abs(e.Score/(e.Score-e.Black))
	if !(math.Abs(got.Completeness-e.Completeness) <= max(bar, rounding)) {
		t.Errorf("completeness is %v, PyTorch's %v", got.Completeness, e.Completeness)
	}
}

// compareMaps compares maps, relative to the golden's range.
func compareMaps(t *testing.T, what string, got []float32, want []float64, bar float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d values, PyTorch's %d", what, len(got), len(want))
		return
	}
	if len(want) == 0 {
		return
	}
	size := slices.Max(want) - slices.Min(want)
	if len(want) == 1 {
		size = math.Abs(want[0])
	}
	worst, at := 0.0, 0
	for i, w := range want {
		if off := math.Abs(float64(got[i])-w) / size; !(off <= worst) {
			worst, at = off, i
		}
	}
	if !(worst <= bar) {
		t.Errorf("%s is %v, PyTorch's %v, at %d: %.2g of the range off, %.2g allowed",
			what, got[at], want[at], at, worst, bar)
	}
}
