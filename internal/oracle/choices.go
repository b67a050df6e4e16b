package oracle

import (
	"fmt"
	"math"

	"resnet-tui/tensor"
)

// Step is the float64 reference's run of a step, which devices are held to.
type Step struct {
	*tensor.Reference[float64]
	own map[*float64]float64 // values that a device's choices have changed, as they were
}

// Choices are those of a device's ReLUs and max pools beside the reference's.
type Choices struct {
	All      int     // the results of ReLUs and of max pools
	Others   int     // those that are positive on one side alone, or the maxima of unlike places
	Farthest float64 // what these are apart at most, by the RMS of the values chosen from
}

// KeepChoices makes readable what Adopt reads. It ends no group that went on,
// so that it changes no kernel.
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

// Adopt has the reference go back again through the ReLUs and max pools as a
// device has found them, and no more as the device before it.
//
// Their derivatives jump: at max(x, 0) where x = 0, at a max pool where two
// values are equal. Where operands are so near to that that rounding decides,
// float32 and float64 go back on different sides of the jump, and the gradients
// differ by as much as one element counts: 0.6 % in the norms of PyTorch's own
// float32 (cifar_resnet20_b). Either is the right gradient of a net that is
// equal but for rounding, so that their difference says nothing of how well a
// device differentiates. With the device's choices the reference has the
// gradient that the device owes, and the bar can be tight. What can be put down
// to rounding is bounded by Choices.Err.
func (s *Step) Adopt(p *tensor.Plan, read func(tensor.BufferID) []float64, scalars []float32) (Choices, error) {
	stale := len(s.own) > 0
	for at, v := range s.own {
		*at = v
	}
	s.own = map[*float64]float64{}
	var c Choices
	first := 0 // operation behind the forward pass
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

// adoptSigns takes over the signs of a ReLU's result.
func (s *Step) adoptSigns(exact, device []float64) Choices {
	c := Choices{All: len(exact)}
	size := rms(exact)
	for i, v := range device {
		if (v > 0) != (exact[i] > 0) {
			c.note(max(math.Abs(v), exact[i]) / size)
			s.set(&exact[i], min(v, math.SmallestNonzeroFloat64)) // a sign, and no size
		}
	}
	return c
}

// adoptMaxima takes over the places of a max pool's maxima.
func (s *Step) adoptMaxima(p *tensor.Plan, op tensor.Op, device []float64) Choices {
	x, y := p.Buffers[op.In[0]].Shape, p.Buffers[op.Out[0]].Shape
	exact, c := s.Buffer(op.In[0]), Choices{All: y.Elems()}
	size, plane := rms(exact), x[2]*x[3]
	for i := range y.Elems() {
		first := i / (y[2] * y[3]) * plane
		own, theirs := exact[first:first+plane], device[first:first+plane]
		top, left := i/y[3]%y[2]*op.SH-op.Top, i%y[3]*op.SW-op.Left
		from, to := maximum(own, x[2], x[3], top, left, op), maximum(theirs, x[2], x[3], top, left, op)
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

// maximum is the place of the first maximum of the window at top, left in an
// h×w plane, −1 if that is padding.
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

// value is an element of a plane, or padding's zero at −1.
func value(x []float64, at int) float64 {
	if at < 0 {
		return 0
	}
	return x[at]
}

// set changes a value that the next device must find as it was.
func (s *Step) set(at *float64, v float64) {
	if _, ok := s.own[at]; !ok {
		s.own[at] = *at
	}
	*at = v
}

func rms(x []float64) float64 {
	square := 0.0
	for _, v := range x {
		square += v * v
	}
	return math.Sqrt(square / float64(len(x)))
}

func (c *Choices) note(apart float64) {
	c.Others++
	c.Farthest = max(c.Farthest, apart)
}

func (c *Choices) add(o Choices) {
	c.All += o.All
	c.Others += o.Others
	c.Farthest = max(c.Farthest, o.Farthest)
}

// farthest is what rounding may make of two values that are equal, by the RMS
// of those beside them. 0.4 % was seen, where a deep net divides by the
// deviations of eight values.
const farthest = 1e-2

// Err says what can't be rounding: more than 3 other choices and one in 10,000,
// or one between values that rounding does not bring together.
func (c Choices) Err() error {
	if c.Others > 3+c.All/10_000 || !(c.Farthest <= farthest) {
		return fmt.Errorf("%v: more than rounding makes", c)
	}
	return nil
}

// String tells the differences.
func (c Choices) String() string {
	return fmt.Sprintf("%d of %d ReLUs and max pools choose otherwise than in float64, between values up to %.2g apart", c.Others, c.All, c.Farthest)
}
