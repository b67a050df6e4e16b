package oracle

import (
	"fmt"
	"math"

	"resnet-tui/tensor"
)

// Step is a training step on the float64 reference, with which devices are compared.
type Step struct {
	*tensor.Reference[float64]
	own map[*float64]float64 // the original values of those that Adopt has changed
}

// Choices compares the choices of a device's ReLUs and max pools, which are the signs of
// results and the positions of maxima, with those of the reference.
type Choices struct {
	All      int     // results of ReLUs and max pools
	Others   int     // results for which the device chose otherwise
	Farthest float64 // largest difference of two values between which it did, divided by the RMS of all
}

// KeepChoices makes the buffers that Adopt reads readable. It doesn't change what a device
// can fuse, and so which kernels run.
func KeepChoices(p *tensor.Plan) {
	for _, op := range p.Ops {
		switch op.Kind {
		case tensor.ReLU:
			p.Buffers[op.Out[0]].Class = tensor.Kept
		case tensor.MaxPool2d:
			if b := &p.Buffers[op.In[0]]; b.Class == tensor.Scratch {
				b.Class = tensor.Kept
			}
		}
	}
}

// Adopt runs the reference's backward pass again with the choices of a device, whose
// buffers read returns. The choices of an earlier device are undone first.
//
// The derivatives of ReLU and max pooling jump: of max(x, 0) at x = 0, of a max pool where
// two values are equal. Where rounding decides between the two sides, float32 and float64
// may differ, and then the gradients differ by the whole contribution of an element: by
// 0.6 % in the norms of PyTorch's own float32 (cifar_resnet20_b). Either is the right
// gradient of a net that is equal except for rounding, so the difference says nothing
// about a device. With the device's choices, the reference has the gradient that the
// device should have, and the tolerance can be tight. Choices.Err bounds what rounding can
// explain.
func (s *Step) Adopt(p *tensor.Plan, read func(tensor.BufferID) []float64, scalars []float32) (Choices, error) {
	stale := len(s.own) > 0
	for at, v := range s.own {
		*at = v
	}
	s.own = map[*float64]float64{}
	var c Choices
	first := 0 // the first operation after the forward pass
	for i, op := range p.Ops {
		if op.Pass == tensor.Forward {
			first = i + 1
		}
		switch op.Kind {
		case tensor.ReLU:
			c.add(s.adoptSigns(s.Buffer(op.Out[0]), read(op.Out[0])))
		case tensor.MaxPool2d:
			c.add(s.adoptMaxima(p, op, read(op.In[0])))
		}
	}
	if !stale && len(s.own) == 0 {
		return c, nil
	}
	return c, s.RunPart(first, len(p.Ops), scalars)
}

// adoptSigns adopts the signs of a ReLU's results.
func (s *Step) adoptSigns(exact, device []float64) Choices {
	c := Choices{All: len(exact)}
	size := rms(exact)
	for i, v := range device {
		if (v > 0) != (exact[i] > 0) {
			c.note(max(math.Abs(v), exact[i]) / size)
			s.set(&exact[i], min(v, math.SmallestNonzeroFloat64)) // the sign alone
		}
	}
	return c
}

// adoptMaxima adopts the positions of a max pool's maxima, by changing the operand so that
// the reference finds them there.
func (s *Step) adoptMaxima(p *tensor.Plan, op tensor.Op, device []float64) Choices {
	x, y := p.Buffers[op.In[0]].Shape, p.Buffers[op.Out[0]].Shape
	exact := s.Buffer(op.In[0])
	c := Choices{All: y.Elems()}
	size := rms(exact)
	plane := x[2] * x[3]
	for i := range y.Elems() {
		first := i / (y[2] * y[3]) * plane
		own := exact[first : first+plane]
		theirs := device[first : first+plane]
		top := i/y[3]%y[2]*op.SH - op.Top
		left := i%y[3]*op.SW - op.Left
		from := maximum(own, x[2], x[3], top, left, op)
		to := maximum(theirs, x[2], x[3], top, left, op)
		if from == to {
			continue
		}
		c.note((value(own, from) - value(own, to)) / size)
		if to < 0 {
			s.set(&own[from], -math.SmallestNonzeroFloat64)
		} else {
			s.set(&own[to], math.Nextafter(value(own, from), math.Inf(1)))
		}
	}
	return c
}

// maximum returns the index of the first maximum of the window at (top, left) in an h×w
// plane, or −1 if it is padding.
func maximum(x []float64, h, w, top, left int, op tensor.Op) int {
	best, found := -1, false
	for i := top; i < top+op.KH; i++ {
		for j := left; j < left+op.KW; j++ {
			at := i*w + j
			if i < 0 || i >= h || j < 0 || j >= w {
				if at = -1; !op.PadZero {
					continue
				}
			}
			if !found || value(x, at) > value(x, best) {
				best, found = at, true
			}
		}
	}
	return best
}

// value returns an element of a plane, or the zero of padding for −1.
func value(x []float64, at int) float64 {
	if at < 0 {
		return 0
	}
	return x[at]
}

// set changes a value, and keeps the original.
func (s *Step) set(at *float64, v float64) {
	if _, ok := s.own[at]; !ok {
		s.own[at] = *at
	}
	*at = v
}

// rms returns the root mean square.
func rms(x []float64) float64 {
	square := 0.0
	for _, v := range x {
		square += v * v
	}
	return math.Sqrt(square / float64(len(x)))
}

// note counts a choice that differs, between values that are apart by this much.
func (c *Choices) note(apart float64) {
	c.Others++
	c.Farthest = max(c.Farthest, apart)
}

// add adds the choices of another operation.
func (c *Choices) add(o Choices) {
	c.All += o.All
	c.Others += o.Others
	c.Farthest = max(c.Farthest, o.Farthest)
}

// farthest bounds the difference that rounding can make between two equal values, relative
// to the RMS. 0.4 % occurs in a deep net that divides by the standard deviations of eight
// values.
const farthest = 1e-2

// Err returns an error if rounding can't explain the choices: if more than 3 + 1 in 10,000
// differ, or if one differs between values that are farther apart than farthest.
func (c Choices) Err() error {
	if c.Others > 3+c.All/10_000 || !(c.Farthest <= farthest) {
		return fmt.Errorf("%v: more than rounding can explain", c)
	}
	return nil
}

// String describes the differences.
func (c Choices) String() string {
	return fmt.Sprintf("%d of %d choices of ReLUs and max pools differ from float64, between values up to %.2g apart",
		c.Others, c.All, c.Farthest)
}
