package train

import (
	"math"
	"testing"
)

func TestKullbackLeibler(t *testing.T) {
	p, q := []float32{0, 0}, []float32{0, float32(math.Log(3))}
	if got, want := Divergence(p, q), 0.5*math.Log(0.5/0.25)+0.5*math.Log(0.5/0.75); math.Abs(got-want) > 1e-7 {
		t.Errorf("KL is %v, want %v", got, want)
	}
	if got := Divergence([]float32{1000, -1000}, []float32{1000, -1000}); got != 0 {
		t.Errorf("KL of a row with itself is %v", got)
	}
	if got := Divergence([]float32{0, 0}, []float32{float32(math.NaN()), 0}); !math.IsNaN(got) {
		t.Errorf("KL to NaN is %v", got)
	}
}

func TestChange(t *testing.T) {
	var c Change
	if !math.IsNaN(c.KL()) {
		t.Errorf("without images: KL %v", c.KL())
	}
	c.Add([]float32{1, 0}, []float32{1, 0}, 0)  // stays right
	c.Add([]float32{1, 0}, []float32{0, 1}, 0)  // was right
	c.Add([]float32{1, 0}, []float32{0, 1}, -1) // has no label
	move := Divergence([]float32{1, 0}, []float32{0, 1})
	want := Change{Images: 3, Moved: 2, Labels: 2, Right: 1, WasRight: 2, sum: c.sum}
	if c != want || math.Abs(c.KL()-move*2/3) > 1e-12 {
		t.Errorf("%+v, KL %v", c, c.KL())
	}
}

// TestLikeliest: the class that Top puts first, with NaN last.
func TestLikeliest(t *testing.T) {
	nan := float32(math.NaN())
	for _, logits := range [][]float32{
		{1, 3, 2}, {2, 2, 1}, {nan, -1, 4}, {-1, nan}, {nan, nan}, {float32(math.Inf(-1)), nan},
	} {
		if got, want := likeliest(logits), Top(logits, 1)[0]; got != want {
			t.Errorf("%v: %d, Top has %d", logits, got, want)
		}
	}
}
