package train

import (
	"fmt"
	"math"
	"sort"

	"resnet-tui/tensor"
)

// Softmax is the probability of each class: exp(xᵢ) / Σ exp(xⱼ), computed from
// the differences to the largest logit, so that nothing overflows.
func Softmax(logits []float32) []float64 {
	top := math.Inf(-1)
	for _, x := range logits {
		top = math.Max(top, float64(x))
	}
	p, sum := make([]float64, len(logits)), 0.0
	for i, x := range logits {
		p[i] = math.Exp(float64(x) - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// Loss is the cross-entropy of one image: −log softmax(logits)[label].
func Loss(logits []float32, label int) float64 {
	top := math.Inf(-1)
	for _, x := range logits {
		top = math.Max(top, float64(x))
	}
	sum := 0.0
	for _, x := range logits {
		sum += math.Exp(float64(x) - top)
	}
	return math.Log(sum) - (float64(logits[label]) - top)
}

// CrossEntropy is the mean loss over a batch of logits [N, classes].
func CrossEntropy(logits *tensor.Tensor, labels []int) (float64, error) {
	if err := CheckLabels(labels, logits.Shape[0], logits.Shape[1]); err != nil {
		return 0, err
	}
	sum := 0.0
	for i, label := range labels {
		sum += Loss(Image(logits, i), label)
	}
	return sum / float64(len(labels)), nil
}

// CheckLabels reports a number of labels other than n, or a label that is no
// class.
func CheckLabels(labels []int, n, classes int) error {
	if len(labels) != n {
		return fmt.Errorf("%d labels for %d images: give one each", len(labels), n)
	}
	for i, label := range labels {
		if label < 0 || label >= classes {
			return fmt.Errorf("label %d of image %d is no class: the net has classes 0 to %d", label, i, classes-1)
		}
	}
	return nil
}

// Image is the logits of image i.
func Image(logits *tensor.Tensor, i int) []float32 {
	n := logits.Shape[1]
	return logits.Data[i*n : (i+1)*n]
}

// Top is the k classes with the largest logits, the largest first; of equals
// the lower class first, as torch.topk mostly does, and what is no number last.
func Top(logits []float32, k int) []int {
	classes := make([]int, len(logits))
	for i := range classes {
		classes[i] = i
	}
	sort.SliceStable(classes, func(a, b int) bool {
		x, y := logits[classes[a]], logits[classes[b]]
		return x > y || x == x && y != y
	})
	return classes[:min(k, len(classes))]
}
