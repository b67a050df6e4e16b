package tensor

import (
	"fmt"
	"math"
)

// Real is the arithmetic of a Reference.
type Real interface{ float32 | float64 }

// Reference runs plans one operation at a time in plain Go, every buffer kept:
// the oracle of the devices. What each operation computes is written out in
// one small function per kind, straight from the comments of the kinds.
type Reference[T Real] struct {
	plan    *Plan
	params  [][]T // by ParamID
	buffers [][]T // by BufferID
	named   map[string]ParamID

	formulas map[Kind]formula[T]
}

// NewReference checks the plan and loads its parameters from source, which may
// be nil for a plan without any.
func NewReference[T Real](p *Plan, source Source) (*Reference[T], error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if source == nil && len(p.Params) > 0 {
		return nil, fmt.Errorf("%d parameters, but no source to load them from", len(p.Params))
	}
	r := &Reference[T]{plan: p, named: make(map[string]ParamID, len(p.Params)), formulas: formulas[T]()}
	for i, param := range p.Params {
		t := New(param.Shape...)
		if err := source.Load(param, t); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", param.Name, err)
		}
		r.named[param.Name] = ParamID(i)
		r.params = append(r.params, convert[T](t.Data))
	}
	for _, b := range p.Buffers {
		r.buffers = append(r.buffers, make([]T, b.Shape.Elems()))
	}
	return r, nil
}

// convert returns the values of x in another arithmetic.
func convert[T Real](x []float32) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = T(v)
	}
	return y
}

// Set writes an Input buffer.
func (r *Reference[T]) Set(id BufferID, x []float32) error {
	if int(id) < 0 || int(id) >= len(r.buffers) || r.plan.Buffers[id].Class != Input {
		return fmt.Errorf("buffer %d is no input", id)
	}
	if want := len(r.buffers[id]); len(x) != want {
		return fmt.Errorf("buffer %d (%s) has %d elements, not %d", id, r.plan.Buffers[id].Name, want, len(x))
	}
	copy(r.buffers[id], convert[T](x))
	return nil
}

// Buffer is a buffer's values, not a copy. It may be written before a run, if
// it is an Input whose values are no float32.
func (r *Reference[T]) Buffer(id BufferID) []T { return r.buffers[id] }

// Param is a parameter's values by name, not a copy, or nil: the running
// statistics after a pass in train mode, say.
func (r *Reference[T]) Param(name string) []T {
	if id, ok := r.named[name]; ok {
		return r.params[id]
	}
	return nil
}

// Run executes all operations, with the values of Plan.Scalars. A target that
// is no class is an error.
func (r *Reference[T]) Run(scalars []float32) error { return r.RunPart(0, len(r.plan.Ops), scalars) }

// RunPart executes operations [from, to). Between parts buffers may be read and
// changed.
func (r *Reference[T]) RunPart(from, to int, scalars []float32) error {
	if len(scalars) != len(r.plan.Scalars) {
		return fmt.Errorf("the plan takes %d scalars %v, not %d", len(r.plan.Scalars), r.plan.Scalars, len(scalars))
	}
	for i := from; i < to; i++ {
		op := &r.plan.Ops[i]
		if err := r.run(op, scalars); err != nil {
			return fmt.Errorf("operation %d (%v %s): %w", i, op.Kind, op.Path, err)
		}
	}
	return nil
}

// run executes one operation.
func (r *Reference[T]) run(op *Op, scalars []float32) error {
	f := r.formulas[op.Kind]
	if f == nil {
		return fmt.Errorf("there is no reference for it in the %v pass", op.Pass)
	}
	c := call[T]{op: op, alpha: 1}
	if op.Scalar != NoScalar && ruleOf(op).scalar != unused {
		c.alpha = T(scalars[op.Scalar])
	}
	for i, id := range op.In {
		c.x[i] = r.view(id)
	}
	for i, id := range op.Out {
		c.y[i] = r.view(id)
	}
	for i, id := range op.Params {
		c.w[i] = r.params[id]
	}
	if op.Kind == Histogram && len(op.In) == 0 {
		c.x[0] = extents(r.params[op.Params[0]], r.plan.Params[op.Params[0]].Shape)
	}
	return f(&c)
}

// view is a buffer with its extents.
func (r *Reference[T]) view(id BufferID) images[T] {
	return extents(r.buffers[id], r.plan.Buffers[id].Shape)
}

// extents are values of a shape of up to four dimensions; missing ones are 1.
func extents[T Real](data []T, s Shape) images[T] {
	v := images[T]{n: 1, c: 1, h: 1, w: 1, data: data}
	for i, d := range s {
		*[...]*int{&v.n, &v.c, &v.h, &v.w}[i] = d
	}
	return v
}

// images is values of shape N×C×H×W; rows of features have H = W = 1.
type images[T Real] struct {
	n, c, h, w int
	data       []T
}

// plane is channel c of image n, H×W.
func (v images[T]) plane(n, c int) []T {
	size := v.h * v.w
	at := (n*v.c + c) * size
	return v.data[at : at+size]
}

// DropoutStream keys the mask of a Dropout operation: element i of its result,
// counted in N, C, H, W order, is dropped when Uniform(i) is below Op.Eps.
func DropoutStream(scalar float32, path string) Stream {
	return NewStream(uint64(math.Float32bits(scalar)), path)
}
