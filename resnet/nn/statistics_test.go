package nn

import (
	"math"
	"testing"

	"resnet-tui/tensor"
)

func TestStatisticsOf(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	x := &tensor.Tensor{Shape: tensor.Shape{2, 2, 1, 3}, Data: []float32{
		1, -1.5, 0, nan, 4, -inf,
		float32(math.Copysign(0, -1)), 3, 2, 1e-45, inf, -0.25,
	}}
	s := StatisticsOf(x, true, 1)
	if s.Elements != 12 || s.NaN != 1 || s.Inf != 2 || s.Zeros != 2 || s.Finite() != 9 {
		t.Errorf("counts: %+v", s)
	}
	sum, squares := 0.0, 0.0
	for _, v := range []float64{1, -1.5, 0, 4, 0, 3, 2, float64(float32(1e-45)), -0.25} {
		sum += v
		squares += v * v
	}
	mean := sum / 9
	for name, got := range map[string][2]float64{
		"mean": {s.Mean, mean}, "std": {s.Std, math.Sqrt(squares/9 - mean*mean)},
		"min": {s.Min, -1.5}, "max": {s.Max, 4}, "l2": {s.L2, math.Sqrt(squares)},
	} {
		if math.Abs(got[0]-got[1]) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, got[0], got[1])
		}
	}
	first, last, ok := s.Histogram.Span()
	if !ok || first != -149 || last != 2 {
		t.Errorf("exponents from %d to %d, %v", first, last, ok)
	}
	for k, want := range map[int][2]int64{-149: {0, 1}, -2: {1, 0}, 0: {1, 1}, 1: {0, 2}, 2: {0, 1}} {
		i := k - MinExponent
		if got := [2]int64{s.Histogram.Negative[i], s.Histogram.Positive[i]}; got != want {
			t.Errorf("2^%d: %v, want %v", k, got, want)
		}
	}
	if c := s.PerChannel; len(c) != 2 || c[0].Finite != 6 || c[0].Zeros != 2 || c[0].Max != 3 || c[1].Finite != 3 ||
		c[1].Max != 4 {
		t.Errorf("channels: %+v", c)
	}
}

func TestStatisticsOfNothingFinite(t *testing.T) {
	nan := float32(math.NaN())
	s := StatisticsOf(&tensor.Tensor{Shape: tensor.Shape{1, 2}, Data: []float32{nan, nan}}, true, 1)
	if s.Finite() != 0 || s.Mean != 0 || s.Max != 0 || s.PerChannel[1].Finite != 0 || s.PerChannel[1].Max != 0 {
		t.Errorf("%+v", s)
	}
}
