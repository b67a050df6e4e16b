package train

import (
	"math"
	"slices"
	"testing"

	"resnet-tui/tensor"
)

func TestSoftmaxAndLoss(t *testing.T) {
	logits := []float32{1000, 1001, 999} // exp alone would overflow
	p := Softmax(logits)
	want := []float64{0.24472847, 0.66524096, 0.09003057}
	for i := range p {
		if math.Abs(p[i]-want[i]) > 1e-8 {
			t.Errorf("p[%d] = %v, want %v", i, p[i], want[i])
		}
		if got := Loss(logits, i); math.Abs(got+math.Log(want[i])) > 1e-6 {
			t.Errorf("loss of %d: %v", i, got)
		}
	}
}

func TestCrossEntropy(t *testing.T) {
	x := &tensor.Tensor{Shape: tensor.Shape{2, 2}, Data: []float32{0, 0, 0, float32(math.Log(3))}}
	got, err := CrossEntropy(x, []int{0, 1})
	if want := (math.Log(2) + math.Log(4.0/3)) / 2; err != nil || math.Abs(got-want) > 1e-7 {
		t.Errorf("loss %v (%v), want %v", got, err, want)
	}
	for _, labels := range [][]int{{0}, {0, 2}, {-1, 0}} {
		if _, err := CrossEntropy(x, labels); err == nil {
			t.Errorf("labels %v were taken", labels)
		}
	}
}

func TestTop(t *testing.T) {
	nan := float32(math.NaN())
	if got := Top([]float32{1, nan, 3, 3, 2}, 5); !slices.Equal(got, []int{2, 3, 4, 0, 1}) {
		t.Errorf("order %v", got)
	}
	if got := Top([]float32{1, 2}, 5); len(got) != 2 {
		t.Errorf("two classes gave %v", got)
	}
}
