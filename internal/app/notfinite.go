package app

import (
	"fmt"
	"math"
	"strings"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// whyNotFinite says where the first value came from that is no finite number, of a pass
// whose output has some: the input, the weights, or else the layer of s where values
// overflowed.
func (b *Bench) whyNotFinite(s *nn.Session) string {
	if fault := valueFault(b.input()); fault != "" {
		return "the input has " + fault
	}
	if fault := b.weightFault(); fault != "" {
		return fault
	}
	for i, l := range s.Model().Layers {
		if mean, std, ok := s.Stats(i); ok && mean-mean+std-std != 0 {
			return "the net's values overflowed, first in the output of " + l.Path
		}
	}
	return "the net's values overflowed"
}

// weightFault names the first value of the opened weights that no net can run with; ""
// if there is none, or none can be read.
func (b *Bench) weightFault() string {
	if b.source == nil {
		return ""
	}
	for _, p := range b.model.Params {
		x := tensor.New(p.Shape...)
		if b.source.Load(p, x) != nil {
			continue
		}
		if fault := valueFault(x); fault != "" {
			return fmt.Sprintf("%s of %s has %s", p.Name, b.spec.Weights, fault)
		}
		if at := negative(p, x); at >= 0 {
			return fmt.Sprintf("%s%s of %s is %g, but a variance can't be negative",
				p.Name, position(x.Shape, at), b.spec.Weights, x.Data[at])
		}
	}
	return ""
}

// negative returns the index of the first negative value of a running variance, −1 if
// there is none.
func negative(p tensor.Param, x *tensor.Tensor) int {
	if !strings.HasSuffix(p.Name, ".running_var") {
		return -1
	}
	for i, v := range x.Data {
		if v < 0 {
			return i
		}
	}
	return -1
}

// valueFault describes the first value of x that is no finite number, as "a NaN at
// [0,2,5,1]"; "" if all are.
func valueFault(x *tensor.Tensor) string {
	for i, v := range x.Data {
		switch f := float64(v); {
		case math.IsNaN(f):
			return "a NaN at " + position(x.Shape, i)
		case math.IsInf(f, 0):
			return fmt.Sprintf("%v at %s", v, position(x.Shape, i))
		}
	}
	return ""
}

// position is element i of a tensor by its index in each dimension, "[0,2,5,1]".
func position(shape tensor.Shape, i int) string {
	index := make([]string, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		index[d] = fmt.Sprint(i % shape[d])
		i /= shape[d]
	}
	return "[" + strings.Join(index, ",") + "]"
}
