package tensor

import (
	"errors"
	"fmt"
	"math"
)

// inverse makes the check of a gradient from that of its forward operation: its
// first operand has the shape of the forward result, its result that of the
// forward operand.
func inverse(forward func(p *Plan, op *Op, in, out Shape) error) func(p *Plan, op *Op, in, out Shape) error {
	return func(p *Plan, op *Op, dy, dx Shape) error {
		if err := forward(p, op, dx, dy); err != nil {
			return fmt.Errorf("as the gradient of an operation %v → %v: %w", dx, dy, err)
		}
		return nil
	}
}

// second is the shape of an operation's second operand.
func (p *Plan) second(op *Op) Shape { return p.Buffers[op.In[1]].Shape }

func checkConv2dGradWeight(p *Plan, op *Op, x, dw Shape) error {
	dy := p.second(op)
	if err := inverse(checkConv2d)(p, op, dy, x); err != nil {
		return err
	}
	return want(dw, dy[1], x[1]/op.Groups, op.KH, op.KW)
}

func checkLinearGradWeight(p *Plan, op *Op, x, dw Shape) error {
	dy := p.second(op)
	if err := inverse(checkLinear)(p, op, dy, x); err != nil {
		return err
	}
	return want(dw, dy[1], x[1])
}

func checkGradBias(_ *Plan, _ *Op, dy, db Shape) error {
	if len(dy) < 2 {
		return errors.New("its operand must have channels")
	}
	return want(db, dy[1])
}

func checkMaxPool2dGrad(p *Plan, op *Op, x, dx Shape) error {
	if err := inverse(checkPool)(p, op, p.second(op), x); err != nil {
		return err
	}
	return want(dx, x...)
}

func checkBatchNorm2dGrad(p *Plan, op *Op, x, dx Shape) error {
	if len(x) != 4 {
		return errImages
	}
	for i := range op.Params {
		if err := p.wantParam(op, i, x[1]); err != nil {
			return err
		}
	}
	if !(op.Eps >= 0) {
		return fmt.Errorf("invalid ε %v: it must not be negative", op.Eps)
	}
	if err := p.wantChannels(op.In[2:], x[1]); err != nil {
		return err
	}
	if err := p.wantChannels(op.Out[1:], x[1]); err != nil {
		return err
	}
	return checkAlike(p, op, x, dx)
}

func checkCrossEntropy(p *Plan, op *Op, logits, loss Shape) error {
	if err := checkTarget(p, op, logits); err != nil {
		return err
	}
	if err := p.wantShape(op.Out[1], logits...); err != nil {
		return err
	}
	return want(loss, 1)
}

func checkCrossEntropyGrad(p *Plan, op *Op, probabilities, out Shape) error {
	if err := checkTarget(p, op, probabilities); err != nil {
		return err
	}
	return want(out, probabilities...)
}

// checkTarget checks a loss's target and label smoothing.
func checkTarget(p *Plan, op *Op, logits Shape) error {
	if len(logits) != 2 {
		return errors.New("its operand must be N×K")
	}
	if !(op.Eps >= 0 && op.Eps <= 1) {
		return fmt.Errorf("label smoothing %v is not in [0, 1]", op.Eps)
	}
	return p.wantShape(op.In[1], logits[0])
}

func checkJoin(p *Plan, op *Op, branch, sum Shape) error {
	if err := p.wantProbe(op.Out[1], 4); err != nil {
		return err
	}
	return checkAlike(p, op, branch, sum)
}

func checkNorm(p *Plan, op *Op, _, _ Shape) error { return p.wantProbe(op.Out[0], 1) }

func checkSGD(p *Plan, op *Op, grad, _ Shape) error {
	for i := range op.Params {
		if err := p.wantParam(op, i, grad...); err != nil {
			return err
		}
	}
	switch {
	case !(op.Momentum >= 0 && op.Momentum < 1):
		return fmt.Errorf("momentum %v is not in [0, 1)", op.Momentum)
	case (op.Momentum != 0) != (len(op.Params) == 2):
		return errors.New("momentum requires a slot, and a slot requires momentum")
	case op.Nesterov && op.Momentum == 0:
		return errors.New("a Nesterov step requires momentum")
	case !(op.Decay >= 0) || math.IsInf(op.Decay, 0):
		return fmt.Errorf("invalid weight decay %v: it must be finite and not negative", op.Decay)
	}
	return nil
}
