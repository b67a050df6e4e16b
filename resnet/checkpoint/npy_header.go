package checkpoint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"resnet-tui/tensor"
)

// npyFields are the entries of a header.
type npyFields struct {
	descr   string
	fortran bool
	shape   tensor.Shape
}

// parseNPYHeader parses the subset of Python's grammar that numpy writes: a dictionary
// of three entries in any order.
func parseNPYHeader(text string) (npyFields, error) {
	p := &npyParser{rest: text}
	var h npyFields
	seen := map[string]bool{}
	p.expect("{")
	for p.err == nil && !p.accept("}") {
		key := p.str()
		p.expect(":")
		switch key {
		case "descr":
			h.descr = p.str()
		case "fortran_order":
			h.fortran = p.boolean()
		case "shape":
			h.shape = p.tuple()
		default:
			p.fail("an unknown entry " + quote(key))
		}
		seen[key] = true
		if !p.accept(",") && p.err == nil && !strings.HasPrefix(p.rest, "}") {
			p.fail("no comma between its entries")
		}
	}
	switch {
	case p.err != nil:
		return h, p.err
	case strings.TrimSpace(p.rest) != "":
		return h, errors.New("the header has something after its dictionary")
	case len(seen) != 3:
		return h, errors.New("the header lacks descr, fortran_order or shape")
	}
	return h, nil
}

// npyParser parses a header from left to right. After the first failure it consumes
// nothing more.
type npyParser struct {
	rest string // what isn't parsed yet
	err  error  // the first failure
}

// fail records a failure, if it is the first.
func (p *npyParser) fail(what string) {
	if p.err == nil {
		p.err = fmt.Errorf("the header is damaged: it has %s", what)
	}
}

// accept consumes token and the blanks around it, if it comes next.
func (p *npyParser) accept(token string) bool {
	if p.err != nil {
		return false
	}
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \t\n"), token)
	if ok {
		p.rest = strings.TrimLeft(rest, " \t\n")
	}
	return ok
}

// expect consumes token, or fails.
func (p *npyParser) expect(token string) {
	if !p.accept(token) {
		p.fail("no " + quote(token) + " where it is expected")
	}
}

// str parses a string without escapes, in single or double quotes.
func (p *npyParser) str() string {
	for _, q := range []string{"'", `"`} {
		if p.accept(q) {
			s, rest, ok := strings.Cut(p.rest, q)
			if !ok || strings.Contains(s, `\`) {
				break
			}
			p.rest = strings.TrimLeft(rest, " \t\n")
			return s
		}
	}
	p.fail("no name or plain type where it is expected (records can't be read)")
	return ""
}

// boolean parses True or False.
func (p *npyParser) boolean() bool {
	if p.accept("True") {
		return true
	}
	p.expect("False")
	return false
}

// tuple parses (), (n,) or (n, m). Python 2 wrote an L after long integers.
func (p *npyParser) tuple() tensor.Shape {
	shape := tensor.Shape{}
	p.expect("(")
	for p.err == nil && !p.accept(")") {
		digits := p.rest[:len(p.rest)-len(strings.TrimLeft(p.rest, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil || len(shape) == maxDims {
			p.fail("an impossible shape")
			return nil
		}
		p.rest = strings.TrimPrefix(p.rest[len(digits):], "L")
		shape = append(shape, n)
		if !p.accept(",") && !strings.HasPrefix(p.rest, ")") {
			p.fail("no comma between its extents")
		}
	}
	return shape
}
