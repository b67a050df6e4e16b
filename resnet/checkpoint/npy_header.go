package checkpoint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"resnet-tui/tensor"
)

// npyFields is what a header says.
type npyFields struct {
	descr   string
	fortran bool
	shape   tensor.Shape
}

// parseNPYHeader reads the part of Python's grammar that numpy writes: a
// dictionary of three entries in any order.
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
		return h, errors.New("the header has something behind its dictionary")
	case len(seen) != 3:
		return h, errors.New("the header lacks descr, fortran_order or shape")
	}
	return h, nil
}

// npyParser eats a header from the left; after a failure it eats nothing.
type npyParser struct {
	rest string
	err  error
}

func (p *npyParser) fail(what string) {
	if p.err == nil {
		p.err = fmt.Errorf("the header is damaged: it has %s", what)
	}
}

// accept takes token, and the blanks around it, if it comes next.
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

func (p *npyParser) expect(token string) {
	if !p.accept(token) {
		p.fail("no " + quote(token) + " where one belongs")
	}
}

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
	p.fail("no name or plain type where one belongs (records can't be read)")
	return ""
}

func (p *npyParser) boolean() bool {
	if p.accept("True") {
		return true
	}
	p.expect("False")
	return false
}

// tuple is (), (n,) or (n, m); Python 2 wrote an L behind a long number.
func (p *npyParser) tuple() tensor.Shape {
	shape := tensor.Shape{}
	p.expect("(")
	for p.err == nil && !p.accept(")") {
		digits := p.rest[:len(p.rest)-len(strings.TrimLeft(p.rest, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil || len(shape) == maxDims {
			p.fail("a shape that can't be")
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
