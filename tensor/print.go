package tensor

import (
	"fmt"
	"slices"
	"strings"
)

// String lists a plan, one operation per line: its number, kind, path, operands
// and results with their shapes, and its other fields that its kind uses. It is
// for people and for comparing plans, not for parsing.
func (p *Plan) String() string {
	var b strings.Builder
	for i := range p.Ops {
		op := &p.Ops[i]
		fmt.Fprintf(&b, "%4d %-21v %-28s", i, op.Kind, op.Path)
		for j, id := range op.In {
			fmt.Fprintf(&b, "%s%s", [...]string{" ", ", "}[min(j, 1)], p.operand(id))
		}
		if op.Kind == Histogram && len(op.In) == 0 {
			b.WriteString(p.paramNames(op.Params))
		}
		b.WriteString(" →")
		for _, id := range op.Out {
			fmt.Fprintf(&b, " %s", p.operand(id))
		}
		fmt.Fprintf(&b, "%s\n", op.details())
	}
	return b.String()
}

// paramNames are parameters as operands.
func (p *Plan) paramNames(ids []ParamID) string {
	var b strings.Builder
	for _, id := range ids {
		if id < 0 || int(id) >= len(p.Params) {
			fmt.Fprintf(&b, " ?%d", id)
			continue
		}
		fmt.Fprintf(&b, " %s", p.Params[id].Name)
	}
	return b.String()
}

// operand is a buffer's number, class and shape.
func (p *Plan) operand(id BufferID) string {
	if id < 0 || int(id) >= len(p.Buffers) {
		return fmt.Sprintf("?%d", id)
	}
	b := p.Buffers[id]
	return fmt.Sprintf("%s%d[%v]", [...]string{"", "input ", "output ", "kept "}[b.Class], id, b.Shape)
}

// details are the fields that apply to an operation's kind.
func (op *Op) details() string {
	var parts []string
	say := func(on bool, format string, args ...any) {
		if on {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	is := func(kinds ...Kind) bool { return slices.Contains(kinds, op.Kind) }
	conv := is(Conv2d, Conv2dGradInput, Conv2dGradWeight)
	windowed := conv || is(MaxPool2d, MaxPool2dGrad, AvgPool2d, AvgPool2dGrad)
	say(windowed, "%d×%d", op.KH, op.KW)
	say(windowed || is(Pad, PadGrad), "/%d×%d", op.SH, op.SW)
	say(windowed, "+%d,%d,%d,%d", op.Top, op.Left, op.Bottom, op.Right)
	say(conv && op.Groups != 1, "groups %d", op.Groups)
	say(op.PadZero, "zeros")
	say(is(Pad, PadGrad), "channels +%d,%d", op.PadBefore, op.PadAfter)
	say(is(BatchNorm2d, BatchNorm2dGrad), "ε %g", op.Eps)
	say(is(Dropout, DropoutGrad), "p %g", op.Eps)
	say(is(CrossEntropy, CrossEntropyGrad) && op.Eps != 0, "smoothing %g", op.Eps)
	say(op.Train, "train")
	say(op.Train && is(BatchNorm2d) || is(SGD), "momentum %g", op.Momentum)
	say(is(SGD), "decay %g", op.Decay)
	say(op.Nesterov, "nesterov")
	say(is(Histogram) && len(op.Out) > 2, "channels along %d", op.Axis)
	say(int(op.Kind) < len(rules) && ruleOf(op).scalar != unused && op.Scalar != NoScalar, "scalar %d", op.Scalar)
	say(op.Call > 0, "call %d", op.Call)
	say(op.Pass != Forward, "%v", op.Pass)
	if len(parts) == 0 {
		return ""
	}
	return "  " + strings.Join(parts, " ")
}
