package inspect

import (
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// linearEnd is the end of a net behind a place, if it is a global average pool and a linear
// classifier, perhaps behind a normalisation by running statistics and a ReLU, as in
// pre-activation nets. For a given image it is linear, so that the mean over space of the
// gradient of a class's score by channel k is known without a backward pass:
// W[class,k]/HW, times the slope of the normalisation and the share of the channel's units
// that the ReLU lets through.
type linearEnd struct {
	weight   *tensor.Tensor // classes × channels
	per      int            // H·W at the place
	slope    []float64      // by channel, of the normalisation; nil: 1
	gate     int            // the ReLU whose output says which units are open; −1: none
	openness []float64      // by channel: the share of units that are open; nil without a gate
}

// linearEnd is that of a place, nil if the end of the net is not of that form.
func (s Sample) linearEnd(p Place) (*linearEnd, error) {
	m := s.Session.Model()
	end := &linearEnd{gate: -1, per: p.Layer.Out[2] * p.Layer.Out[3]}
	rest := m.Layers[p.Layer.Index+1:]
	for i, l := range rest {
		if len(l.Inputs) != 1 || l.Inputs[0] != p.Layer.Index+i || !end.takes(l, s.Session.Options().Mode, i == len(rest)-1) {
			return nil, nil
		}
	}
	if end.gate >= 0 && m.Layers[end.gate].Out.Elems() != p.Layer.Out.Elems() {
		return nil, nil
	}
	return end, end.load(s.Session, rest)
}

// takes reports whether a layer fits into the end.
func (e *linearEnd) takes(l *nn.Layer, mode nn.Mode, last bool) bool {
	switch l.Kind {
	case tensor.BatchNorm2d:
		return (mode == nn.Eval || l.Frozen) && e.gate < 0
	case tensor.ReLU:
		one := e.gate < 0 && len(l.Out) == 4
		e.gate = l.Index
		return one
	case tensor.AdaptiveAvgPool2d:
		return l.Out[2]*l.Out[3] == 1
	case tensor.Flatten:
		return l.In[2]*l.In[3] == 1
	case tensor.Linear:
		return last
	}
	return false
}

// load reads the parameters of the end's layers.
func (e *linearEnd) load(s *nn.Session, layers []*nn.Layer) error {
	read := func(l *nn.Layer, i int) (*tensor.Tensor, error) {
		p := s.Model().Params[l.Params[i]]
		t := tensor.New(p.Shape...)
		return t, s.State().Read(p.Name, t)
	}
	for _, l := range layers {
		var err error
		switch l.Kind {
		case tensor.Linear:
			e.weight, err = read(l, 0)
		case tensor.BatchNorm2d:
			gamma, failed := read(l, 0)
			if failed != nil {
				return failed
			}
			var variance *tensor.Tensor
			variance, err = read(l, 3)
			e.normalise(gamma.Data, variance.Data, l.Op.Eps)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// normalise takes in the slope of a normalisation by running statistics.
func (e *linearEnd) normalise(gamma, variance []float32, eps float64) {
	if e.slope == nil {
		e.slope = make([]float64, len(gamma))
		for k := range e.slope {
			e.slope[k] = 1
		}
	}
	for k, g := range gamma {
		e.slope[k] *= float64(g) / math.Sqrt(float64(variance[k])+eps)
	}
}

// setGate takes in the output of the ReLU.
func (e *linearEnd) setGate(out []float32) {
	e.openness = make([]float64, e.weight.Shape[1])
	for i, v := range out {
		if v > 0 {
			e.openness[i/e.per] += 1 / float64(e.per)
		}
	}
}

// weights are, by channel, the means over space of the gradient of a class's score.
func (e *linearEnd) weights(class int) []float64 {
	w := make([]float64, e.weight.Shape[1])
	for k := range w {
		w[k] = float64(e.weight.Data[class*len(w)+k]) / float64(e.per)
		if e.slope != nil {
			w[k] *= e.slope[k]
		}
		if e.openness != nil {
			w[k] *= e.openness[k]
		}
	}
	return w
}
