package cpu

import (
	"slices"
	"unsafe"

	"resnet-tui/tensor"
)

// sgd is the update of one parameter: its master and slot are updated in place, in
// the order of the host.
type sgd struct {
	op   *tensor.Op
	grad *view
	w, v []float32 // v is nil without momentum
}

// planSGD plans SGD, in pieces of consecutive elements. planRepacking brings the
// packed copies up to date.
func (sc *schedule) planSGD(ln *launch) error {
	op := sc.head(ln)
	g := &sgd{op: op, grad: sc.views[op.In[0]]}
	params := sc.params(op)
	for _, p := range params {
		ln.trained = append(ln.trained, p.Name)
	}
	ln.bind = func(s *state) (err error) {
		if g.w, err = s.master(params[0]); err != nil || len(params) == 1 {
			return err
		}
		g.v, err = s.master(params[1])
		return err
	}
	ln.name = sc.kern.Name + " sgd"
	ln.flops = 6 * elems(&g.grad.layout)
	ln.phases = []phase{{over: g.grad, pieces: ceilDiv(g.grad.flat, pieceElems), run: func(w *worker, piece, _ int) {
		first := piece * pieceElems
		a := &w.sgd
		a.Rate = sc.env.scalars[op.Scalar]
		a.Momentum = float32(op.Momentum)
		a.Decay = float32(op.Decay)
		a.Nesterov = 0
		if op.Nesterov {
			a.Nesterov = 1
		}
		a.N = min(pieceElems, g.grad.flat-first)
		a.Grad = unsafe.Add(g.grad.base, first*floatBytes)
		a.W = unsafe.Pointer(&g.w[first])
		a.V = nil
		if g.v != nil {
			a.V = unsafe.Pointer(&g.v[first])
		}
		sc.kern.SGD(a)
	}}}
	return nil
}

// planRepacking makes each packed copy of what an SGD step changes up to date
// when the last of its parameters has changed: work that belongs to the update.
func (sc *schedule) planRepacking() {
	last := make(map[string]*launch) // update of each parameter, by its name
	for _, ln := range sc.launches {
		if op := sc.head(ln); op.Kind == tensor.SGD {
			last[sc.plan.Params[op.Params[0]].Name] = ln
		}
	}
	if len(last) == 0 {
		return
	}
	for _, key := range sc.weightKeys() {
		w := sc.weights[key]
		var ln *launch // the last that changes one of the copy's parameters
		for _, p := range w.params {
			if s := last[p.Name]; s != nil && (ln == nil || s.fusion.Head > ln.fusion.Head) {
				ln = s
			}
		}
		if ln != nil {
			sc.repack(ln, w)
		}
	}
}

// weightKeys are the keys of the packed copies, sorted: a program's phases don't
// depend on the order of a map.
func (sc *schedule) weightKeys() []string {
	var keys []string
	for key := range sc.weights {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// repack adds the packing of a copy to a launch.
func (sc *schedule) repack(ln *launch, w *weight) {
	// Compile makes the masters' memory, so the phase finds them when it runs.
	masters := make([][]float32, len(w.params))
	bind := ln.bind
	ln.bind = func(s *state) error {
		for i, p := range w.params {
			m, err := s.master(p)
			if err != nil {
				return err
			}
			masters[i] = m
		}
		return bind(s)
	}
	ln.repacked = append(ln.repacked, w)
	ln.phases = append(ln.phases, phase{pieces: w.parts, run: func(_ *worker, part, _ int) {
		w.pack(masters)(w.data, part)
	}})
}
