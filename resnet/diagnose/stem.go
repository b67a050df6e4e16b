package diagnose

import (
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Stem is the first convolution and the batch norm behind it. That norm's running
// statistics say what the convolution answered to the images of the training. What it
// answers to others follows from the mean and the covariance of their windows, and so does
// what it would answer if channels were exchanged, scaled or shifted: no pass is needed.
type Stem struct {
	Conv, Norm *nn.Layer
	Filters    *tensor.Tensor // K×C×KH×KW
	Mean, Var  []float32      // running, per filter
	WindowMean []float64      // C·KH·KW
	WindowCov  []float64      // C·KH·KW, squared
}

const (
	mostWindowValues = 256  // in a window: its covariance has the square of that
	windows          = 4096 // that are looked at
)

// findStem describes the first convolution if a batch norm follows it.
func (e *Evidence) findStem(images *tensor.Tensor, state tensor.State) *Stem {
	conv := e.Net.Layers[0]
	if conv.Kind != tensor.Conv2d || len(e.Net.Layers) < 2 || conv.Op.Groups > 1 {
		return nil
	}
	norm := e.Net.Layers[1]
	weight := e.Net.Params[conv.Params[0]]
	if norm.Kind != tensor.BatchNorm2d || len(conv.Params) != 1 || weight.Shape[1:].Elems() > mostWindowValues {
		return nil
	}
	s := &Stem{Conv: conv, Norm: norm, Filters: tensor.New(weight.Shape...)}
	if state.Read(weight.Name, s.Filters) != nil {
		return nil
	}
	s.Mean, s.Var = e.param(norm, tensor.RunningMean).Values, e.param(norm, tensor.RunningVar).Values
	s.gather(images)
	return s
}

// gather takes the mean and the covariance of windows that lie inside the images, evenly
// spread over them.
func (s *Stem) gather(images *tensor.Tensor) {
	n, c, h, w := images.Shape[0], images.Shape[1], images.Shape[2], images.Shape[3]
	kh, kw := s.Filters.Shape[2], s.Filters.Shape[3]
	size := c * kh * kw
	s.WindowMean, s.WindowCov = make([]float64, size), make([]float64, size*size)
	rows, cols := h-kh+1, w-kw+1
	if rows < 1 || cols < 1 {
		return
	}
	all := n * rows * cols
	step := max(all/windows, 1)
	if step > 1 && step%cols == 0 {
		step++ // not one column again and again
	}
	window, count := make([]float64, size), 0.0
	for at := 0; at < all; at += step {
		x, y, image := at%cols, at/cols%rows, at/cols/rows
		for i := range window {
			ch, ky, kx := i/(kh*kw), i/kw%kh, i%kw
			window[i] = float64(images.Data[((image*c+ch)*h+y+ky)*w+x+kx])
		}
		s.add(window)
		count++
	}
	for i := range s.WindowMean {
		s.WindowMean[i] /= count
	}
	for i := range size {
		for j := range size {
			s.WindowCov[i*size+j] = s.WindowCov[i*size+j]/count - s.WindowMean[i]*s.WindowMean[j]
		}
	}
}

// add adds a window to the sums.
func (s *Stem) add(window []float64) {
	size := len(window)
	for i, a := range window {
		s.WindowMean[i] += a
		row := s.WindowCov[i*size : (i+1)*size]
		for j, b := range window {
			row[j] += a * b
		}
	}
}

// order is a way to bring channels into another order before the stem sees them: channel c
// becomes Factor[c] times channel From[c], plus Add[c].
type order struct {
	Name        string
	From        []int
	Factor, Add []float64
}

// asIs is the order that images have.
func asIs(channels int) order {
	o := order{Name: "RGB"}
	for c := range channels {
		o.From, o.Factor, o.Add = append(o.From, c), append(o.Factor, 1), append(o.Add, 0)
	}
	return o
}

// permutations are the orders of three channels, by name, but for RGB.
var permutations = []struct {
	name string
	from [3]int
}{{"BGR", [3]int{2, 1, 0}}, {"GRB", [3]int{1, 0, 2}}, {"RBG", [3]int{0, 2, 1}}, {"GBR",
	[3]int{2, 0, 1}}, {"BRG", [3]int{1, 2, 0}}}

// The means and deviations that ImageNet's images are usually normalised by.
var (
	usualMean = [3]float64{0.485, 0.456, 0.406}
	usualStd  = [3]float64{0.229, 0.224, 0.225}
)

// otherOrders are the other orders of three channels: of images that were normalised in the
// right order, and of images that were normalised as ImageNet's in the wrong one.
func otherOrders() (all []order) {
	for _, p := range permutations {
		moved, renormed := order{Name: p.name}, order{Name: p.name}
		for c, from := range p.from {
			moved.From, renormed.From = append(moved.From, from), append(renormed.From, from)
			moved.Factor, moved.Add = append(moved.Factor, 1), append(moved.Add, 0)
			renormed.Factor = append(renormed.Factor, usualStd[from]/usualStd[c])
			renormed.Add = append(renormed.Add, (usualMean[from]-usualMean[c])/usualStd[c])
		}
		all = append(all, moved, renormed)
	}
	return all
}

// response is the mean and the variance of each filter's answer to images in an order, and
// the sum of its weights.
func (s *Stem) response(o order) (mean, variance, weight []float64) {
	k, plane := s.Filters.Shape[0], s.Filters.Shape[2]*s.Filters.Shape[3]
	size := len(s.WindowMean)
	filter := make([]float64, size)
	for f := range k {
		clear(filter)
		m, v, total := 0.0, 0.0, 0.0
		for i, x := range rowOf(s.Filters, f) {
			c := i / plane
			filter[o.From[c]*plane+i%plane] += float64(x) * o.Factor[c]
			m += float64(x) * o.Add[c]
			total += float64(x)
		}
		for i, a := range filter {
			m += a * s.WindowMean[i]
			row := s.WindowCov[i*size : (i+1)*size]
			for j, b := range filter {
				v += a * b * row[j]
			}
		}
		mean, variance, weight = append(mean, m), append(variance, v), append(weight, total)
	}
	return mean, variance, weight
}

// mostDivergence bounds what one filter contributes, so that none decides alone.
const mostDivergence = 1e4

// misfit is how far the answers to the images are from the running statistics: the mean
// divergence over filters, see divergence.
func (s *Stem) misfit(o order) float64 {
	mean, variance, weight := s.response(o)
	return s.meanDivergence(mean, variance, weight, affine{Scale: 1})
}

// affine scales and shifts all values alike.
type affine struct{ Scale, Shift float64 }

// meanDivergence is the misfit of answers to images that are scaled and shifted.
func (s *Stem) meanDivergence(mean, variance, weight []float64, by affine) float64 {
	sum := 0.0
	for f := range mean {
		m := by.Scale*mean[f] + by.Shift*weight[f]
		d := divergence(m, by.Scale*by.Scale*variance[f], float64(s.Mean[f]), float64(s.Var[f]), s.Norm.Op.Eps)
		sum += min(d, mostDivergence)
	}
	return sum / float64(len(mean))
}

// best is the scale, of the given sign, and the shift that bring images closest to what
// the running statistics are of: the scale from the variances, the shift from the means by
// weighted least squares.
func (s *Stem) best(o order, sign float64) (affine, float64) {
	mean, variance, weight := s.response(o)
	ratios, n := 0.0, 0.0
	for f, v := range variance {
		if v > 0 {
			ratios += math.Log((float64(s.Var[f]) + s.Norm.Op.Eps) / v)
			n++
		}
	}
	if n == 0 {
		return affine{Scale: sign}, math.Inf(1)
	}
	scale := sign * math.Exp(ratios/n/2)
	over, under := 0.0, 0.0
	for f := range mean {
		rest := float64(s.Mean[f]) - scale*mean[f]
		own := float64(s.Var[f]) + s.Norm.Op.Eps
		over += weight[f] * rest / own
		under += weight[f] * weight[f] / own
	}
	shift := 0.0
	if under > 0 {
		shift = over / under
	}
	by := affine{scale, shift}
	return by, s.meanDivergence(mean, variance, weight, by)
}

// divergence is the Kullback–Leibler divergence of a normal distribution from another that
// has the running mean and variance, in nats: ½(r − 1 − ln r + z²), r the ratio of the
// variances and z the distance of the means in running deviations.
func divergence(mean, variance, runningMean, runningVar, eps float64) float64 {
	own := runningVar + eps
	r := (max(variance, 0) + eps) / own
	z := mean - runningMean
	d := (r - 1 - math.Log(r) + z*z/own) / 2
	if d != d {
		return mostDivergence
	}
	return d
}
