package inspect

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// checkSteps is in how many equal steps pixels are set to 0, or brought back.
const checkSteps = 32

// Pixels are the areas under a class's probability while the pixels of an image are set to
// 0, most important first, and while they are brought back to a black image (Petsiuk et
// al. 2018, "RISE", arXiv 1806.07421). The lower the one and the higher the other, the more
// of what the net goes by a map has found.
type Pixels struct {
	Deletion, Insertion float64
}

// CheckPixels measures them for a map by the trapezoid rule over 33 points. A map of
// another size than the image is enlarged bilinearly.
func CheckPixels(ctx context.Context, s Sample, x *Explanation) (p Pixels, err error) {
	const points = checkSteps + 1
	c, err := s.open(ctx, 2*points, forwardBatch, nn.Pass{})
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	h, w := s.Batch.Shape[2], s.Batch.Shape[3]
	order := byImportance(enlarge(x.Map, x.H, x.W, h, w))
	logits, err := c.logits(ctx, 2*points, func(i int, image []float32) {
		whole, part := s.Image(), order[:len(order)*(i%points)/checkSteps]
		if i < points {
			copy(image, whole)
			eachChannel(len(image), h*w, part, func(at int) { image[at] = 0 })
		} else {
			clear(image)
			eachChannel(len(image), h*w, part, func(at int) { image[at] = whole[at] })
		}
	})
	if err != nil {
		return p, err
	}
	curve := make([]float64, 2*points)
	for i, l := range logits {
		curve[i] = probability(l, x.Class)
	}
	return Pixels{area(curve[:points]), area(curve[points:])}, nil
}

// eachChannel visits the values of some pixels in an image of that size, whose channels have
// per pixels.
func eachChannel(size, per int, pixels []int, visit func(at int)) {
	for _, at := range pixels {
		for ; at < size; at += per {
			visit(at)
		}
	}
}

// area is that under a curve over [0, 1], by the trapezoid rule.
func area(curve []float64) float64 {
	sum := 0.0
	for i := range len(curve) - 1 {
		sum += (curve[i] + curve[i+1]) / 2
	}
	return sum / float64(len(curve)-1)
}

// probability is a class's softmax.
func probability(logits []float32, class int) float64 {
	top, sum := float64(slices.Max(logits)), 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - top)
	}
	return math.Exp(float64(logits[class])-top) / sum
}

// byImportance are the numbers of values, the largest's first; of equal ones the first's.
func byImportance(values []float32) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	return order
}

// enlarge makes a map of h×w one of toH×toW, bilinearly between the middles of its cells.
func enlarge(values []float32, h, w, toH, toW int) []float32 {
	if h == toH && w == toW {
		return values
	}
	out := make([]float32, 0, toH*toW)
	for y := range toH {
		top, bottom, down := between(y, h, toH)
		for x := range toW {
			left, right, over := between(x, w, toW)
			upper := mix(values[top*w+left], values[top*w+right], over)
			lower := mix(values[bottom*w+left], values[bottom*w+right], over)
			out = append(out, float32(upper+down*(lower-upper)))
		}
	}
	return out
}

// between are the two of n cells between whose middles lies that of the i-th of to cells,
// and which part of the way from the first to the second.
func between(i, n, to int) (first, second int, part float64) {
	at := min(max((float64(i)+0.5)*float64(n)/float64(to)-0.5, 0), float64(n-1))
	first = int(at)
	return first, min(first+1, n-1), at - float64(first)
}

// mix is the value part of the way from a to b.
func mix(a, b float32, part float64) float64 {
	return float64(a) + part*(float64(b)-float64(a))
}

// CheckRandomised is Spearman's rank correlation of a map with that of the same net with
// fresh weights, drawn from a seed and calibrated (Adebayo et al. 2018, "Sanity Checks for
// Saliency Maps", arXiv 1810.03292): a map that stays the same explains nothing. It is NaN
// where one of the maps is the same everywhere or has a NaN.
func CheckRandomised(ctx context.Context, dev tensor.Device, s Sample, o Options, x *Explanation, seed uint64) (_ float64, err error) {
	options := s.Session.Options()
	options.Source, options.Seed, options.Calibrate, options.Progress = nil, seed, true, nil
	options.Pass = nn.Pass{Mode: options.Mode}
	fresh, err := nn.NewSession(ctx, dev, s.Session.Model(), options)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	e, err := NewExplainer(ctx, Sample{Session: fresh, Batch: s.Batch, Index: s.Index}, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, e.Close()) }() // before the session
	y, err := e.Explain(ctx, x.Class)
	if err != nil {
		return 0, err
	}
	return spearman(x.Map, y.Map), nil
}

// spearman is the correlation of the ranks of two lists: NaN where one has a NaN, which has
// no rank, or no two different values.
func spearman(a, b []float32) float64 {
	if slices.ContainsFunc(a, isNaN) || slices.ContainsFunc(b, isNaN) {
		return math.NaN()
	}
	x, y := ranks(a), ranks(b)
	mean := float64(len(a)-1) / 2
	var xy, xx, yy float64
	for i := range x {
		dx, dy := x[i]-mean, y[i]-mean
		xy += dx * dy
		xx += dx * dx
		yy += dy * dy
	}
	return xy / math.Sqrt(xx*yy)
}

func isNaN(x float32) bool { return x != x }

// ranks are the places of values in their order, from 0; equal ones have the mean of theirs.
func ranks(values []float32) []float64 {
	order := byImportance(values)
	out := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(len(order)-1) - float64(from+to-1)/2
		}
		from = to
	}
	return out
}
