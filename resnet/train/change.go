package train

import "math"

// Change sums up how a net's outputs differ between two passes over the same images,
// before and after a change to the net.
type Change struct {
	Images   int     // images added
	Moved    int     // images whose likeliest class has changed
	Labels   int     // images with a label
	Right    int     // labelled images classified correctly after the change
	WasRight int     // labelled images classified correctly before it
	sum      float64 // of divergences
}

// Add compares an image's logits before and after. label is the image's class, or
// negative if it isn't known.
func (c *Change) Add(before, after []float32, label int) {
	was, is := likeliest(before), likeliest(after)
	c.Images++
	c.sum += Divergence(before, after)
	if was != is {
		c.Moved++
	}
	if label < 0 {
		return
	}
	c.Labels++
	if is == label {
		c.Right++
	}
	if was == label {
		c.WasRight++
	}
}

// likeliest returns the same class as Top(logits, 1), without sorting.
func likeliest(logits []float32) int {
	at := 0
	for i, x := range logits {
		if best := logits[at]; x > best || best != best && x == x {
			at = i
		}
	}
	return at
}

// KL returns the mean of Divergence over the images, in nats; NaN without images.
func (c *Change) KL() float64 { return c.sum / float64(c.Images) }

// Divergence returns the Kullback–Leibler divergence KL(p ‖ q) = Σ p·ln(p/q), in nats,
// of the softmaxes of two rows of logits; NaN if one of them holds a NaN.
func Divergence(p, q []float32) float64 {
	zp, zq := logSum(p), logSum(q)
	sum := 0.0
	for i := range p {
		lp := float64(p[i]) - zp
		if w := math.Exp(lp); w != 0 {
			sum += w * (lp - (float64(q[i]) - zq))
		}
	}
	return sum
}

// logSum is ln Σ exp(xᵢ).
func logSum(logits []float32) float64 {
	top, sum := math.Inf(-1), 0.0
	for _, x := range logits {
		top = math.Max(top, float64(x))
	}
	for _, x := range logits {
		sum += math.Exp(float64(x) - top)
	}
	return top + math.Log(sum)
}
