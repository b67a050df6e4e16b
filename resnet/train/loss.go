package train

import (
	"fmt"
	"math"
	"sort"

	"resnet-tui/tensor"
)

// Softmax returns the probability of each class, exp(xᵢ) / Σ exp(xⱼ). The largest logit
// is subtracted first, so that nothing overflows.
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

// Loss returns the cross-entropy of one image, −ln softmax(logits)[label], in nats.
// label must be the index of a logit.
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

// CrossEntropy returns the mean loss over a batch of logits N×classes, in nats, or the
// error of CheckLabels.
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

// CheckLabels returns an error if there aren't n labels, or if one isn't between 0 and
// classes−1.
func CheckLabels(labels []int, n, classes int) error {
	if len(labels) != n {
		return fmt.Errorf("%d labels for %d images: give one per image", len(labels), n)
	}
	for i, label := range labels {
		if label < 0 || label >= classes {
			return fmt.Errorf("label %d of image %d is out of range: the net has classes 0 to %d", label, i, classes-1)
		}
	}
	return nil
}

// Image returns the logits of image i of a batch N×classes, without copying them.
func Image(logits *tensor.Tensor, i int) []float32 {
	n := logits.Shape[1]
	return logits.Data[i*n : (i+1)*n]
}

// Top returns the k classes with the largest logits, the largest first. Of equal logits
// the lower class comes first, as it mostly does in torch.topk, and NaN comes last.
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
