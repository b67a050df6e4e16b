package cpu

import (
	"math"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// loss is CrossEntropy or its gradient: one piece an image, in float64.
type loss struct {
	env       *env
	op        *tensor.Op
	x, target *view // logits or probabilities
}

func (bp *blueprint) newLoss(st *step) *loss {
	op := bp.head(st)
	l := &loss{env: bp.env, op: op, x: bp.views[op.In[0]], target: bp.views[op.In[1]]}
	st.check = l.check
	return l
}

// check reports a target that is no class.
func (l *loss) check() error {
	for n, v := range l.target.values() {
		if !(v >= 0 && v < float32(l.x.c)) || v != float32(int(v)) {
			return &tensor.TargetError{Image: n, Target: float64(v), Classes: l.x.c}
		}
	}
	return nil
}

// each calls f for the classes of an image, with the smoothed target
// distribution: (1−ε)·(k = target) + ε/K.
func (l *loss) each(n int, f func(v *float32, block, lane int, expected float64)) {
	target := int(l.target.values()[n])
	for k := range l.x.c {
		expected := l.op.Eps / float64(l.x.c)
		if k == target {
			expected += 1 - l.op.Eps
		}
		b, lane := k/asm.Block, k%asm.Block
		f(&l.x.lanes(b, n, 0, 0)[lane], b, lane, expected)
	}
}

// planCrossEntropy plans CrossEntropy: an image's softmax and loss, then their
// mean.
func (bp *blueprint) planCrossEntropy(st *step) error {
	l := bp.newLoss(st)
	mean, out := bp.result(st), bp.views[l.op.Out[1]]
	bp.needShared(l.x.n * 8)
	losses := func() []float64 { return unsafe.Slice((*float64)(l.env.shared), l.x.n) }
	st.name = "softmax cross-entropy"
	st.flops = 4 * elems(&l.x.layout)
	st.phases = []phase{{pieces: l.x.n, run: func(_ *worker, n, _ int) {
		losses()[n] = l.softmax(out, n)
	}}, {pieces: 1, run: func(*worker, int, int) {
		sum := 0.0
		for _, v := range losses() {
			sum += v
		}
		mean.values()[0] = float32(sum / float64(l.x.n))
	}}}
	return nil
}

// softmax writes an image's probabilities and returns its loss −Σ t·log p.
func (l *loss) softmax(out *view, n int) float64 {
	top, sum, loss := math.Inf(-1), 0.0, 0.0
	l.each(n, func(v *float32, _, _ int, _ float64) { top = max(top, float64(*v)) })
	l.each(n, func(v *float32, _, _ int, _ float64) { sum += math.Exp(float64(*v) - top) })
	logSum := top + math.Log(sum)
	*out.lanes(out.blocks()-1, n, 0, 0) = [asm.Block]float32{}
	l.each(n, func(v *float32, b, lane int, expected float64) {
		log := float64(*v) - logSum
		out.lanes(b, n, 0, 0)[lane] = float32(math.Exp(log))
		loss -= expected * log
	})
	return loss
}

// planCrossEntropyGrad plans CrossEntropyGrad: (p − t)/N.
func (bp *blueprint) planCrossEntropyGrad(st *step) error {
	l := bp.newLoss(st)
	out := bp.result(st)
	st.name = "softmax cross-entropy gradient"
	st.flops = 2 * elems(&l.x.layout)
	st.phases = []phase{{pieces: l.x.n, run: func(_ *worker, n, _ int) {
		*out.lanes(out.blocks()-1, n, 0, 0) = [asm.Block]float32{}
		l.each(n, func(p *float32, b, lane int, expected float64) {
			out.lanes(b, n, 0, 0)[lane] = float32((float64(*p) - expected) / float64(l.x.n))
		})
	}}}
	return nil
}
