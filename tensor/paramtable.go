package tensor

import "fmt"

// ParamTable finds what a State keeps of each parameter by PyTorch's name. P is a pointer
// to a structure that embeds Param.
type ParamTable[P interface{ self() *Param }] map[string]P

func (p *Param) self() *Param { return p }

// NewParamTable makes a table. Two parameters of one name, or a shape that fails
// Shape.Check, are an error.
func NewParamTable[P interface{ self() *Param }](params []Param, keep func(Param) P) (ParamTable[P], error) {
	t := make(ParamTable[P], len(params))
	for _, p := range params {
		if err := p.Shape.Check(); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		if _, twice := t[p.Name]; twice {
			return nil, fmt.Errorf("there are two parameters %s", p.Name)
		}
		t[p.Name] = keep(p)
	}
	return t, nil
}

// Find is the parameter of that name. Another shape than its own is an error.
func (t ParamTable[P]) Find(name string, shape Shape) (P, error) {
	var none P
	p, ok := t[name]
	if !ok {
		return none, fmt.Errorf("the net has no parameter %s", name)
	}
	if own := p.self().Shape; !own.Equal(shape) {
		return none, fmt.Errorf("parameter %s is %v, not %v", name, own, shape)
	}
	return p, nil
}

// Holder is the parameter of that name, for a tensor that is to hold its value: it must
// have the parameter's shape, and as many values.
func (t ParamTable[P]) Holder(name string, x *Tensor) (P, error) {
	p, err := t.Find(name, x.Shape)
	if err == nil && len(x.Data) != x.Shape.Elems() {
		err = fmt.Errorf("parameter %s: %d values for the shape %v", name, len(x.Data), x.Shape)
	}
	return p, err
}

// LoadFrom reads the first value of a parameter, which was never written, into x.
func LoadFrom(source Source, p Param, x *Tensor) error {
	if source == nil {
		return fmt.Errorf("parameter %s has no value: nothing was written, and the state has no source", p.Name)
	}
	if err := source.Load(p, x); err != nil {
		return fmt.Errorf("parameter %s: %w", p.Name, err)
	}
	return nil
}
