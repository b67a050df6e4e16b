package tensor

import (
	"fmt"
	"math"
)

// crossEntropy: loss = mean over n of −Σ t[n,k]·log p[n,k], where p is the
// softmax of the logits and t[n,k] = (1−ε)·(k = target[n]) + ε/K, in float64.
func crossEntropy[T Real](loss, p, logits, target images[T], smoothing float64) error {
	sum := 0.0
	for n := range logits.n {
		class, err := classOf(target.data[n], n, logits.c)
		if err != nil {
			return err
		}
		row, to := logits.row(n), p.row(n)
		logSum := logSumExp(row)
		for k, v := range row {
			logP := float64(v) - logSum
			to[k] = T(math.Exp(logP))
			sum -= expected(k, class, len(row), smoothing) * logP
		}
	}
	loss.data[0] = T(sum / float64(logits.n))
	return nil
}

// crossEntropyGrad: dlogits = (p − t)/N.
func crossEntropyGrad[T Real](dx, p, target images[T], smoothing float64) error {
	for n := range p.n {
		class, err := classOf(target.data[n], n, p.c)
		if err != nil {
			return err
		}
		to := dx.row(n)
		for k, v := range p.row(n) {
			to[k] = T((float64(v) - expected(k, class, p.c, smoothing)) / float64(p.n))
		}
	}
	return nil
}

// classOf is the target of image n as an index, or a *TargetError.
func classOf[T Real](v T, n, classes int) (int, error) {
	if !(v >= 0 && v < T(classes)) || v != T(int(v)) {
		return 0, &TargetError{Image: n, Target: float64(v), Classes: classes}
	}
	return int(v), nil
}

// TargetError says that the target of a loss is not a class index.
type TargetError struct {
	Image   int // in the batch
	Target  float64
	Classes int
}

// Error gives the image, its target and the valid range.
func (e *TargetError) Error() string {
	return fmt.Sprintf("the target of image %d is %v: the classes are 0 to %d", e.Image, e.Target, e.Classes-1)
}

// expected is t[k], the smoothed target distribution.
func expected(k, class, classes int, smoothing float64) float64 {
	t := smoothing / float64(classes)
	if k == class {
		t += 1 - smoothing
	}
	return t
}

// logSumExp is log Σ exp x[k], without overflow.
func logSumExp[T Real](x []T) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v))
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}
