package tensor

import (
	"fmt"
	"strings"
)

// String lists a plan, one operation a line: its number, kind, path, operands
// and result with their shapes, and what else its kind depends on. It is meant
// for people and for comparing plans; nothing reads it back.
func (p *Plan) String() string {
	var b strings.Builder
	for i := range p.Ops {
		op := &p.Ops[i]
		fmt.Fprintf(&b, "%4d %-17v %-28s", i, op.Kind, op.Path)
		for j, id := range op.In {
			fmt.Fprintf(&b, "%s%s", [...]string{" ", ", "}[min(j, 1)], p.operand(id))
		}
		b.WriteString(" →")
		for _, id := range op.Out {
			fmt.Fprintf(&b, " %s", p.operand(id))
		}
		fmt.Fprintf(&b, "%s\n", op.details())
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
	windowed := op.Kind == Conv2d || op.Kind == MaxPool2d
	say(windowed, "%d×%d", op.KH, op.KW)
	say(windowed || op.Kind == Pad, "/%d×%d", op.SH, op.SW)
	say(windowed, "+%d,%d,%d,%d", op.Top, op.Left, op.Bottom, op.Right)
	say(op.Kind == Conv2d && op.Groups != 1, "groups %d", op.Groups)
	say(op.PadZero, "zeros")
	say(op.Kind == Pad, "channels +%d,%d", op.PadBefore, op.PadAfter)
	say(op.Kind == BatchNorm2d, "ε %g", op.Eps)
	say(op.Kind == Dropout, "p %g", op.Eps)
	say(op.Train, "train")
	say(op.Train && op.Kind == BatchNorm2d, "momentum %g", op.Momentum)
	say((op.Kind == Add || op.Kind == Dropout) && op.Scalar != NoScalar, "scalar %d", op.Scalar)
	say(op.Call > 0, "call %d", op.Call)
	say(op.Pass != Forward, "%v", op.Pass)
	if len(parts) == 0 {
		return ""
	}
	return "  " + strings.Join(parts, " ")
}
