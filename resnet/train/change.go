package train

import "math"

// Change tells how far a net's outputs are from those that it, or another, gave
// on the same images before.
type Change struct {
	Images   int
	Moved    int // images whose likeliest class is another
	Labels   int // images that have one
	Right    int // of those, whose likeliest class is it
	WasRight int // of those, whose likeliest class it was
	sum      float64
}

// Add compares an image's logits before and after. A label below 0 is none.
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

// likeliest is the first of Top, without an order of the others.
func likeliest(logits []float32) int {
	at := 0
	for i, x := range logits {
		if best := logits[at]; x > best || best != best && x == x {
			at = i
		}
	}
	return at
}

// KL is the mean of Divergence over the images; NaN without any.
func (c *Change) KL() float64 { return c.sum / float64(c.Images) }

// Divergence is KL(p ‖ q) = Σ p·ln(p/q) in nats of the softmaxes of two rows of
// logits; NaN if one of them is no number.
func Divergence(p, q []float32) float64 {
	zp, zq, sum := logSum(p), logSum(q), 0.0
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
