package tensor

import (
	"errors"
	"fmt"
)

// rule says what a kind of operation takes. check gets the shapes of its first
// operand and of its first result, nil if it has no result.
type rule struct {
	pass         passUse
	in           int
	outs         []int // how many results it may have
	roles        []Role
	lastOptional bool // the last of the parameters may be omitted
	scalar       scalarUse
	check        func(p *Plan, op *Op, in, out Shape) error
}

// passUse says in which pass a kind may be.
type passUse uint8

const (
	inAny passUse = iota
	inForward
	inBackward
	inUpdate
)

// allows reports whether a kind may be in a pass.
func (u passUse) allows(p Pass) bool {
	return u == inAny || u == inForward+passUse(p)
}

// scalarUse says whether a kind has a scalar input.
type scalarUse uint8

const (
	unused scalarUse = iota
	optional
	required
)

// anyLearnable stands in a rule for a parameter of any learnable role.
const anyLearnable Role = 255

var (
	none, one, two, oneOrThree = []int{0}, []int{1}, []int{2}, []int{1, 3}
	oneToThree                 = []int{1, 2, 3}
	weightAndBias              = []Role{Weight, Bias}
	gammaOnly                  = []Role{Gamma}
	normParams                 = []Role{Gamma, Beta, RunningMean, RunningVar}
	paramAndSlot               = []Role{anyLearnable, Slot}
)

var rules = [...]rule{
	Conv2d:            {pass: inForward, in: 1, outs: one, roles: weightAndBias, lastOptional: true, check: checkConv2d},
	Linear:            {pass: inForward, in: 1, outs: one, roles: weightAndBias, lastOptional: true, check: checkLinear},
	BatchNorm2d:       {pass: inForward, in: 1, outs: oneOrThree, roles: normParams, check: checkBatchNorm2d},
	ReLU:              {pass: inForward, in: 1, outs: one, check: checkSame},
	MaxPool2d:         {pass: inForward, in: 1, outs: one, check: checkPool},
	AvgPool2d:         {pass: inForward, in: 1, outs: one, check: checkPool},
	AdaptiveAvgPool2d: {pass: inForward, in: 1, outs: one, check: checkAdaptiveAvgPool2d},
	Add:               {in: 2, outs: one, scalar: optional, check: checkAdd},
	Pad:               {pass: inForward, in: 1, outs: one, check: checkPad},
	Flatten:           {in: 1, outs: one, check: checkFlatten},
	Dropout:           {pass: inForward, in: 1, outs: one, scalar: optional, check: checkDropout},
	Moments:           {in: 1, outs: one, check: checkMoments},

	CrossEntropy:          {pass: inForward, in: 2, outs: two, check: checkCrossEntropy},
	CrossEntropyGrad:      {pass: inBackward, in: 2, outs: one, check: checkCrossEntropyGrad},
	Conv2dGradInput:       {pass: inBackward, in: 1, outs: one, roles: []Role{Weight}, check: inverse(checkConv2d)},
	Conv2dGradWeight:      {pass: inBackward, in: 2, outs: one, check: checkConv2dGradWeight},
	Conv2dGradBias:        {pass: inBackward, in: 1, outs: one, check: checkGradBias},
	LinearGradInput:       {pass: inBackward, in: 1, outs: one, roles: []Role{Weight}, check: inverse(checkLinear)},
	LinearGradWeight:      {pass: inBackward, in: 2, outs: one, check: checkLinearGradWeight},
	LinearGradBias:        {pass: inBackward, in: 1, outs: one, check: checkGradBias},
	BatchNorm2dGrad:       {pass: inBackward, in: 4, outs: oneOrThree, roles: gammaOnly, check: checkBatchNorm2dGrad},
	ReLUGrad:              {pass: inBackward, in: 2, outs: one, check: checkAlike},
	MaxPool2dGrad:         {pass: inBackward, in: 2, outs: one, check: checkMaxPool2dGrad},
	AvgPool2dGrad:         {pass: inBackward, in: 1, outs: one, check: inverse(checkPool)},
	AdaptiveAvgPool2dGrad: {pass: inBackward, in: 1, outs: one, check: inverse(checkAdaptiveAvgPool2d)},
	PadGrad:               {pass: inBackward, in: 1, outs: one, check: inverse(checkPad)},
	Unflatten:             {in: 1, outs: one, check: inverse(checkFlatten)},
	DropoutGrad:           {pass: inBackward, in: 1, outs: one, scalar: optional, check: checkDropout},
	Scale:                 {in: 1, outs: one, scalar: required, check: checkSame},
	Join:                  {pass: inBackward, in: 2, outs: two, check: checkJoin},
	Norm:                  {in: 1, outs: one, check: checkNorm},
	Histogram:             {in: 1, outs: oneToThree, check: checkHistogram},
	SGD: {
		pass: inUpdate, in: 1, outs: none, roles: paramAndSlot, lastOptional: true, scalar: required, check: checkSGD,
	},
}

// evalNormGrad is the rule of a BatchNorm2dGrad through running statistics.
var evalNormGrad = rule{
	pass: inBackward, in: 2, outs: oneOrThree, roles: []Role{Gamma, RunningMean, RunningVar},
	check: checkBatchNorm2dGrad,
}

// paramHistogram is the rule of a Histogram of a parameter.
var paramHistogram = rule{outs: oneToThree, roles: []Role{anyLearnable}, check: checkHistogram}

// ruleOf is an operation's rule. Its kind must be known.
func ruleOf(op *Op) rule {
	if op.Kind == Histogram && len(op.In) == 0 {
		return paramHistogram
	}
	if op.Kind == BatchNorm2dGrad && !op.Train {
		return evalNormGrad
	}
	return rules[op.Kind]
}

var errImages = errors.New("its operand and its result must be N×C×H×W")

func checkConv2d(p *Plan, op *Op, in, out Shape) error {
	if len(in) != 4 || len(out) != 4 {
		return errImages
	}
	if op.Groups < 1 || in[1]%op.Groups != 0 || out[1]%op.Groups != 0 {
		return fmt.Errorf("%d groups don't divide %d and %d channels", op.Groups, in[1], out[1])
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
		return errors.New("batch statistics need more than one value per channel: use a larger batch or image")
	}
	if !(op.Eps >= 0) {
		return fmt.Errorf("invalid ε %v: it must not be negative", op.Eps)
	}
	if len(op.Out) > 1 && !op.Train {
		return errors.New("only batch statistics can be saved")
	}
	if err := p.wantChannels(op.Out[1:], in[1]); err != nil {
		return err
	}
	return want(out, in...)
}

// wantChannels checks that buffers have one value per channel.
func (p *Plan) wantChannels(ids []BufferID, channels int) error {
	for _, id := range ids {
		if err := p.wantShape(id, channels); err != nil {
			return err
		}
	}
	return nil
}

func checkSame(_ *Plan, _ *Op, in, out Shape) error { return want(out, in...) }

func checkPool(_ *Plan, op *Op, in, out Shape) error {
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

// checkAlike checks that both operands and the result have the same shape.
func checkAlike(p *Plan, op *Op, in, out Shape) error {
	if err := p.wantShape(op.In[1], in...); err != nil {
		return err
	}
	return want(out, in...)
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
		return errors.New("its stride must be at least 1, and its padding neither negative nor huge")
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

func checkMoments(p *Plan, op *Op, _, out Shape) error { return p.wantProbe(op.Out[0], 2) }

// wantProbe checks that a probe's result is Kept and has n values.
func (p *Plan) wantProbe(id BufferID, n int) error {
	if p.Buffers[id].Class != Kept {
		return errors.New("its result must be kept")
	}
	return want(p.Buffers[id].Shape, n)
}
