package tensor

import (
	"fmt"
	"math"
)

// Real is the arithmetic of a Reference.
type Real interface{ float32 | float64 }

// Reference runs plans one operation at a time in plain Go, every buffer kept:
// the oracle of the devices. What each operation computes is written out in
// one small function a kind, straight from the comments of the kinds.
type Reference[T Real] struct {
	plan    *Plan
	params  [][]T // by ParamID
	buffers [][]T // by BufferID
	named   map[string]ParamID
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
	r := &Reference[T]{plan: p, named: make(map[string]ParamID, len(p.Params))}
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

// Run executes all operations, with the values of Plan.Scalars.
func (r *Reference[T]) Run(scalars []float32) error {
	if len(scalars) != len(r.plan.Scalars) {
		return fmt.Errorf("the plan takes %d scalars %v, not %d", len(r.plan.Scalars), r.plan.Scalars, len(scalars))
	}
	for i := range r.plan.Ops {
		r.run(&r.plan.Ops[i], scalars)
	}
	return nil
}

// run executes one operation.
func (r *Reference[T]) run(op *Op, scalars []float32) {
	x, y := r.view(op.In[0]), r.view(op.Out[0])
	var w [4][]T
	for i, id := range op.Params {
		w[i] = r.params[id]
	}
	switch op.Kind {
	case Conv2d:
		conv2d(y, x, w[0], w[1], op)
	case Linear:
		linear(y, x, w[0], w[1])
	case BatchNorm2d:
		mean, variance := w[2], w[3]
		if op.Train {
			mean, variance = batchStatistics(x)
			moveStatistics(w[2], w[3], mean, variance, x, op.Momentum)
		}
		batchNorm2d(y, x, w[0], w[1], mean, variance, op.Eps)
	case ReLU:
		relu(y, x)
	case MaxPool2d:
		maxPool2d(y, x, op)
	case AdaptiveAvgPool2d:
		adaptiveAvgPool2d(y, x)
	case Add:
		alpha := float32(1)
		if op.Scalar != NoScalar {
			alpha = scalars[op.Scalar]
		}
		add(y, x, r.view(op.In[1]), T(alpha))
	case Pad:
		pad(y, x, op)
	case Flatten:
		copy(y.data, x.data)
	case Dropout:
		if copy(y.data, x.data); op.Train {
			drop(y, DropoutStream(scalars[op.Scalar], op.Path), op.Eps)
		}
	case Moments:
		mean, std := moments(x)
		y.data[0], y.data[1] = T(mean), T(std)
	default:
		panic("tensor: no reference for " + op.Kind.String())
	}
}

// view is a buffer with its extents.
func (r *Reference[T]) view(id BufferID) images[T] {
	v := images[T]{n: 1, c: 1, h: 1, w: 1, data: r.buffers[id]}
	for i, d := range r.plan.Buffers[id].Shape {
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
