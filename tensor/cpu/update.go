package cpu

import (
	"slices"
	"unsafe"

	"resnet-tui/tensor"
)

// sgd is a step of one parameter: its master and slot are updated in place, in
// the order of the host.
type sgd struct {
	op   *tensor.Op
	grad *view
	w, v []float32 // v is nil without momentum
}

// planSGD plans SGD. What it makes stale, planRepacking brings up to date.
func (bp *blueprint) planSGD(st *step) error {
	op := bp.head(st)
	g := &sgd{op: op, grad: bp.views[op.In[0]]}
	params := bp.params(op)
	for _, p := range params {
		st.trained = append(st.trained, p.Name)
	}
	st.bind = func(s *state) (err error) {
		if g.w, err = s.master(params[0]); err != nil || len(params) == 1 {
			return err
		}
		g.v, err = s.master(params[1])
		return err
	}
	st.name = bp.kern.Name + " sgd"
	st.flops = 6 * elems(&g.grad.layout)
	st.phases = []phase{{pieces: ceilDiv(g.grad.flat, pieceElems), run: func(w *worker, piece, _ int) {
		first := piece * pieceElems
		a := &w.sgd
		a.Rate, a.Momentum, a.Decay = bp.env.scalars[op.Scalar], float32(op.Momentum), float32(op.Decay)
		a.Nesterov = 0
		if op.Nesterov {
			a.Nesterov = 1
		}
		a.N = min(pieceElems, g.grad.flat-first)
		a.Grad, a.W, a.V = unsafe.Add(g.grad.base, first*floatBytes), unsafe.Pointer(&g.w[first]), nil
		if g.v != nil {
			a.V = unsafe.Pointer(&g.v[first])
		}
		bp.kern.SGD(a)
	}}}
	return nil
}

// planRepacking makes each packed copy of what an SGD step changes up to date
// when the last of its parameters has changed: work that belongs to the update.
func (bp *blueprint) planRepacking() {
	last := make(map[string]*step)
	for _, st := range bp.steps {
		if op := bp.head(st); op.Kind == tensor.SGD {
			last[bp.plan.Params[op.Params[0]].Name] = st
		}
	}
	if len(last) == 0 {
		return
	}
	for _, key := range bp.weightKeys() {
		w := bp.weights[key]
		var st *step
		for _, p := range w.params {
			if s := last[p.Name]; s != nil && (st == nil || s.fusion.head > st.fusion.head) {
				st = s
			}
		}
		if st != nil {
			bp.repack(st, w)
		}
	}
}

// weightKeys are the keys of the packed copies, sorted.
func (bp *blueprint) weightKeys() []string {
	var keys []string
	for key := range bp.weights {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// repack adds to a step the packing of a copy.
func (bp *blueprint) repack(st *step, w *weight) {
	masters := make([][]float32, len(w.params))
	bind := st.bind
	st.bind = func(s *state) error {
		for i, p := range w.params {
			m, err := s.master(p)
			if err != nil {
				return err
			}
			masters[i] = m
		}
		return bind(s)
	}
	st.repacked = append(st.repacked, w)
	st.phases = append(st.phases, phase{pieces: w.parts, run: func(_ *worker, part, _ int) { w.pack(masters)(w.data, part) }})
}
