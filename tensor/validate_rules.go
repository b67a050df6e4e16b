package tensor

import (
	"errors"
	"fmt"
)

// rule says what a kind of operation takes. check gets the shapes of its first
// operand and of its result.
type rule struct {
	in           int
	roles        []Role
	biasOptional bool
	scalar       bool
	check        func(p *Plan, op *Op, in, out Shape) error
}

var rules = [...]rule{
	Conv2d:            {in: 1, roles: []Role{Weight, Bias}, biasOptional: true, check: checkConv2d},
	Linear:            {in: 1, roles: []Role{Weight, Bias}, biasOptional: true, check: checkLinear},
	BatchNorm2d:       {in: 1, roles: []Role{Gamma, Beta, RunningMean, RunningVar}, check: checkBatchNorm2d},
	ReLU:              {in: 1, check: checkSame},
	MaxPool2d:         {in: 1, check: checkMaxPool2d},
	AdaptiveAvgPool2d: {in: 1, check: checkAdaptiveAvgPool2d},
	Add:               {in: 2, scalar: true, check: checkAdd},
	Pad:               {in: 1, check: checkPad},
	Flatten:           {in: 1, check: checkFlatten},
	Dropout:           {in: 1, scalar: true, check: checkDropout},
	Moments:           {in: 1, check: checkMoments},
}

var errImages = errors.New("its operand and its result must be N×C×H×W")

func checkConv2d(p *Plan, op *Op, in, out Shape) error {
	if len(in) != 4 || len(out) != 4 {
		return errImages
	}
	if op.Groups < 1 || in[1]%op.Groups != 0 || out[1]%op.Groups != 0 {
		return fmt.Errorf("%d groups do not divide %d and %d channels", op.Groups, in[1], out[1])
	}
	if err := checkWindow(op.Window); err != nil {
		return err
	}
	if err := p.wantParam(op, 0, out[1], in[1]/op.Groups, op.KH, op.KW); err != nil {
		return err
	}
	if err := p.wantParam(op, 1, out[1]); err != nil {
		return err
	}
	oh, ow := op.Window.Out(in[2], in[3])
	return want(out, in[0], out[1], oh, ow)
}

func checkWindow(w Window) error {
	if w.KH < 1 || w.KW < 1 || w.SH < 1 || w.SW < 1 {
		return fmt.Errorf("kernel %d×%d and stride %d×%d must be at least 1", w.KH, w.KW, w.SH, w.SW)
	}
	if min(w.Top, w.Left, w.Bottom, w.Right) < 0 {
		return errors.New("padding must not be negative")
	}
	if max(w.KH, w.KW, w.SH, w.SW, w.Top, w.Left, w.Bottom, w.Right) > MaxElems {
		return errors.New("kernel, stride or padding is too large")
	}
	return nil
}

func checkLinear(p *Plan, op *Op, in, out Shape) error {
	if len(in) != 2 || len(out) != 2 {
		return errors.New("its operand and its result must be N×C")
	}
	if err := p.wantParam(op, 0, out[1], in[1]); err != nil {
		return err
	}
	if err := p.wantParam(op, 1, out[1]); err != nil {
		return err
	}
	return want(out, in[0], out[1])
}

func checkBatchNorm2d(p *Plan, op *Op, in, out Shape) error {
	if len(in) != 4 {
		return errImages
	}
	for i := range op.Params {
		if err := p.wantParam(op, i, in[1]); err != nil {
			return err
		}
	}
	if op.Train && in[0]*in[2]*in[3] < 2 {
		return errors.New("batch statistics need more than one value a channel: a larger batch or image")
	}
	if !(op.Eps >= 0) {
		return fmt.Errorf("ε is %v", op.Eps)
	}
	return want(out, in...)
}

func checkSame(_ *Plan, _ *Op, in, out Shape) error { return want(out, in...) }

func checkMaxPool2d(_ *Plan, op *Op, in, out Shape) error {
	if len(in) != 4 {
		return errImages
	}
	if err := checkWindow(op.Window); err != nil {
		return err
	}
	if max(op.Top, op.Bottom) >= op.KH || max(op.Left, op.Right) >= op.KW {
		return errors.New("its padding must be smaller than its window")
	}
	oh, ow := op.Window.Out(in[2], in[3])
	return want(out, in[0], in[1], oh, ow)
}

func checkAdaptiveAvgPool2d(_ *Plan, _ *Op, in, out Shape) error {
	if len(in) != 4 || len(out) != 4 {
		return errImages
	}
	return want(out, in[0], in[1], out[2], out[3])
}

func checkAdd(p *Plan, op *Op, in, out Shape) error {
	if skip := p.Buffers[op.In[1]].Shape; !skip.Equal(in) {
		return fmt.Errorf("its operands are %v and %v", in, skip)
	}
	return want(out, in...)
}

func checkPad(_ *Plan, op *Op, in, out Shape) error {
	if len(in) != 4 {
		return errImages
	}
	if op.SH < 1 || op.SW < 1 || min(op.PadBefore, op.PadAfter) < 0 || max(op.PadBefore, op.PadAfter) > MaxElems {
		return errors.New("its stride must be at least 1, and its padding not negative or huge")
	}
	return want(out, in[0], op.PadBefore+in[1]+op.PadAfter, (in[2]-1)/op.SH+1, (in[3]-1)/op.SW+1)
}

func checkFlatten(_ *Plan, _ *Op, in, out Shape) error {
	return want(out, in[0], in[1:].Elems())
}

func checkDropout(_ *Plan, op *Op, in, out Shape) error {
	if !(op.Eps >= 0 && op.Eps < 1) {
		return fmt.Errorf("probability %v is not in [0, 1)", op.Eps)
	}
	if op.Train && op.Scalar == NoScalar {
		return errors.New("its mask needs a scalar for the seed")
	}
	return want(out, in...)
}

func checkMoments(p *Plan, op *Op, _, out Shape) error {
	if p.Buffers[op.Out[0]].Class != Kept {
		return errors.New("its result must be kept")
	}
	return want(out, 2)
}
