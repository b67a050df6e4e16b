package tensor

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Validate reports why a plan can't be run: ids out of range, a buffer that is
// read before it is written or written twice, unknown dtypes, operations in a pass
// where their kind can't be, operands whose number, shape or role is wrong for their
// operation. Devices compile only what it accepts.
func (p *Plan) Validate() error {
	if err := p.validateParams(); err != nil {
		return err
	}
	written := make([]bool, len(p.Buffers))
	for i, b := range p.Buffers {
		if err := b.Shape.Check(); err != nil {
			return fmt.Errorf("buffer %d (%s): %w", i, b.Name, err)
		}
		if !b.DType.known() {
			return fmt.Errorf("buffer %d (%s): unknown dtype %d", i, b.Name, b.DType)
		}
		if len(b.Shape) < 1 || len(b.Shape) > 4 {
			return fmt.Errorf("buffer %d (%s): %d dimensions, not 1 to 4", i, b.Name, len(b.Shape))
		}
		written[i] = b.Class == Input
	}
	for i := range p.Ops {
		op := &p.Ops[i]
		if err := p.validateOp(op, written); err != nil {
			return fmt.Errorf("operation %d (%v %s): %w", i, op.Kind, op.Path, err)
		}
	}
	for i, b := range p.Buffers {
		if !written[i] {
			return fmt.Errorf("buffer %d (%s): no operation writes it", i, b.Name)
		}
	}
	return nil
}

// validateParams checks that parameters have distinct names, and valid shapes
// and dtypes.
func (p *Plan) validateParams() error {
	seen := make(map[string]bool, len(p.Params))
	for i, param := range p.Params {
		if param.Name == "" || seen[param.Name] {
			return fmt.Errorf("parameter %d: name %q is empty or already in use", i, param.Name)
		}
		seen[param.Name] = true
		if err := param.Shape.Check(); err != nil {
			return fmt.Errorf("parameter %s: %w", param.Name, err)
		}
		if !param.DType.known() {
			return fmt.Errorf("parameter %s: unknown dtype %d", param.Name, param.DType)
		}
	}
	return nil
}

// validateOp checks one operation, and marks what it writes.
func (p *Plan) validateOp(op *Op, written []bool) error {
	if int(op.Kind) >= len(rules) || rules[op.Kind].check == nil {
		return fmt.Errorf("unknown kind %d", op.Kind)
	}
	rule := ruleOf(op)
	if op.Pass > Update {
		return fmt.Errorf("unknown pass %d", op.Pass)
	}
	if !rule.pass.allows(op.Pass) {
		return fmt.Errorf("it can't be in the %v pass", op.Pass)
	}
	if len(op.In) != rule.in || !slices.Contains(rule.outs, len(op.Out)) {
		return fmt.Errorf("it has %d operands and %d results, not %d and %s", len(op.In), len(op.Out), rule.in, either(rule.outs))
	}
	for _, id := range op.In {
		if id < 0 || int(id) >= len(p.Buffers) || !written[id] {
			return fmt.Errorf("it reads buffer %d, which doesn't exist or hasn't been written yet", id)
		}
	}
	for _, id := range op.Out {
		if id < 0 || int(id) >= len(p.Buffers) || written[id] {
			return fmt.Errorf("it writes buffer %d, which doesn't exist or has already been written", id)
		}
		written[id] = true
	}
	if err := p.validateRoles(op, rule); err != nil {
		return err
	}
	if err := p.validateScalar(op, rule); err != nil {
		return err
	}
	return rule.check(p, op, p.firstIn(op), p.firstOut(op))
}

// either lists numbers: "1 or 3".
func either(n []int) string {
	parts := make([]string, len(n))
	for i, v := range n {
		parts[i] = strconv.Itoa(v)
	}
	return strings.Join(parts, " or ")
}

// validateScalar checks the index of a scalar input.
func (p *Plan) validateScalar(op *Op, rule rule) error {
	switch {
	case rule.scalar == unused:
	case op.Scalar == NoScalar && rule.scalar == required:
		return errors.New("it needs a scalar")
	case op.Scalar != NoScalar && (op.Scalar < 0 || op.Scalar >= len(p.Scalars)):
		return fmt.Errorf("invalid scalar %d: the plan has %d", op.Scalar, len(p.Scalars))
	}
	return nil
}

// validateRoles checks the number and the roles of an operation's parameters.
func (p *Plan) validateRoles(op *Op, rule rule) error {
	if n := len(op.Params); n != len(rule.roles) && !(rule.lastOptional && n == len(rule.roles)-1) {
		return fmt.Errorf("it has %d parameters, not %d", n, len(rule.roles))
	}
	for i, id := range op.Params {
		if id < 0 || int(id) >= len(p.Params) {
			return fmt.Errorf("invalid parameter %d: the plan has %d", id, len(p.Params))
		}
		if param := p.Params[id]; param.Role != rule.roles[i] && !(rule.roles[i] == anyLearnable && param.Role.Learnable()) {
			return fmt.Errorf("parameter %s has the role %v, not %v", param.Name, param.Role, rule.roles[i])
		}
	}
	return nil
}

// wantParam checks the shape of parameter i, if the operation has it.
func (p *Plan) wantParam(op *Op, i int, want ...int) error {
	if i >= len(op.Params) {
		return nil
	}
	if param := p.Params[op.Params[i]]; !param.Shape.Equal(want) {
		return fmt.Errorf("parameter %s is %v, not %v", param.Name, param.Shape, Shape(want))
	}
	return nil
}

// wantShape checks a buffer's shape.
func (p *Plan) wantShape(id BufferID, want ...int) error {
	if b := p.Buffers[id]; !b.Shape.Equal(want) {
		return fmt.Errorf("buffer %d (%s) is %v, not %v", id, b.Name, b.Shape, Shape(want))
	}
	return nil
}

// want checks a result's shape.
func want(out Shape, extents ...int) error {
	if !out.Equal(extents) {
		return fmt.Errorf("its result is %v, not %v", out, Shape(extents))
	}
	return nil
}
