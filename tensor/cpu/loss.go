package cpu

import (
	"math"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// loss is CrossEntropy or its gradient: one piece per image, in float64.
type loss struct {
	env       *env
	op        *tensor.Op
	x, target *view // logits or probabilities
}

func (sc *schedule) newLoss(ln *launch) *loss {
	op := sc.head(ln)
	l := &loss{env: sc.env, op: op, x: sc.views[op.In[0]], target: sc.views[op.In[1]]}
	ln.check = l.check
	return l
}

// check reports a target that is not the index of a class.
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
func (sc *schedule) planCrossEntropy(ln *launch) error {
	l := sc.newLoss(ln)
	mean, out := sc.result(ln), sc.views[l.op.Out[1]]
	sc.needShared(l.x.n * 8)
	// The images' losses, whose memory is known when the phases run.
	losses := func() []float64 { return unsafe.Slice((*float64)(l.env.shared), l.x.n) }
	ln.name = "softmax cross-entropy"
	ln.flops = 4 * elems(&l.x.layout)
	ln.phases = []phase{{pieces: l.x.n, run: func(_ *worker, n, _ int) {
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

// softmax writes an image's probabilities and returns its loss −Σ t·log p. Logits
// are taken relative to the largest, so that no exponential overflows.
func (l *loss) softmax(out *view, n int) float64 {
	top := math.Inf(-1)
	sum, loss := 0.0, 0.0
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
func (sc *schedule) planCrossEntropyGrad(ln *launch) error {
	l := sc.newLoss(ln)
	out := sc.result(ln)
	ln.name = "softmax cross-entropy gradient"
	ln.flops = 2 * elems(&l.x.layout)
	ln.phases = []phase{{pieces: l.x.n, run: func(_ *worker, n, _ int) {
		*out.lanes(out.blocks()-1, n, 0, 0) = [asm.Block]float32{}
		l.each(n, func(p *float32, b, lane int, expected float64) {
			out.lanes(b, n, 0, 0)[lane] = float32((float64(*p) - expected) / float64(l.x.n))
		})
	}}}
	return nil
}
