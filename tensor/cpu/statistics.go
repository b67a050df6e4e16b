package cpu

import (
	"fmt"
	"math"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// sums are Σx and Σx² by lane.
type sums = [2][asm.Block]float64

// statistics sums a view by lane.
type statistics struct {
	*partials[sums]
	k *asm.Kernels
}

func (sc *schedule) newStatistics(v *view) *statistics {
	return &statistics{partials: newPartials[sums](sc, v), k: sc.kern}
}

// phase fills the partial sums.
func (s *statistics) phase() phase {
	pixels := walkThrough(s.v)
	return s.partials.phase(func(w *worker, p *sums, r strip) {
		r.walk(pixels, func(y, x, n int) {
			s.k.Sums(p, w.read(s.k, 0, s.v, s.v.pixelAt(r.block, r.n, y, x), n), n)
		})
	})
}

// laneSums are the sums of a channel block.
func laneSums(p *partials[sums], block int) (total sums) {
	p.each(block, func(s *sums) {
		for j, lanes := range s {
			for l, v := range lanes {
				total[j][l] += v
			}
		}
	})
	return total
}

// meanVariance is the mean and the population variance of n values.
func meanVariance(sum, squares, n float64) (mean, variance float64) {
	mean = sum / n
	return mean, max(0, squares/n-mean*mean)
}

// planMoments plans the probe. Padding lanes are zero: they add nothing to the
// sums, and are not counted.
func (sc *schedule) planMoments(ln *launch) error {
	in, out := sc.views[sc.head(ln).In[0]], sc.result(ln)
	s := sc.newStatistics(in)
	ln.name = sc.kern.Name + " moments"
	ln.flops = 3 * elems(&in.layout)
	ln.phases = []phase{s.phase(), {pieces: 1, run: func(*worker, int, int) {
		var sum, squares float64
		for b := range in.blocks() {
			t := laneSums(s.partials, b)
			for l := range asm.Block {
				sum += t[0][l]
				squares += t[1][l]
			}
		}
		mean, variance := meanVariance(sum, squares, float64(elems(&in.layout)))
		out.values()[0], out.values()[1] = float32(mean), float32(math.Sqrt(variance))
	}}}
	return nil
}

// trainNorm is BatchNorm2d in train mode.
type trainNorm struct {
	*statistics
	op             *tensor.Op
	affine         *weight // γ and β
	after          *weight // an absorbed eval-mode batch norm, or nil
	mean, variance []float32
	saved          []*view // the batch's mean and 1/√(σ²+ε), or none
}

// planBatchNorm plans BatchNorm2d in either mode.
func (sc *schedule) planBatchNorm(ln *launch) error {
	if sc.head(ln).Train {
		return sc.planTrainNorm(ln)
	}
	return sc.planElementwise(ln)
}

// planTrainNorm plans BatchNorm2d in train mode, with what it absorbed: sums;
// scale and shift of each channel; the element-wise rest.
func (sc *schedule) planTrainNorm(ln *launch) error {
	op := sc.head(ln)
	in := sc.views[op.In[0]]
	if in.n*in.h*in.w < 2 {
		shape := sc.plan.InShape(ln.fusion.Head)
		return fmt.Errorf("train mode needs more than one value per channel, and an input of %v has one", shape)
	}
	t := &trainNorm{statistics: sc.newStatistics(in), op: op, affine: sc.pairWeight(op)}
	for _, id := range op.Out[1:] {
		t.saved = append(t.saved, sc.views[id])
	}
	if norm := sc.absorbed(ln, tensor.BatchNorm2d); norm != nil {
		t.after = sc.affineWeight(norm)
	}
	sc.needShared(t.bytes() + in.blocks()*2*pixelBytes)
	e := sc.newElementwise(ln)
	e.affine = func(_ *worker, b int) (scale, shift unsafe.Pointer) {
		p := t.scales(b)
		return unsafe.Pointer(&p[0]), unsafe.Pointer(&p[1])
	}
	ln.name = sc.kern.Name + " batch statistics"
	ln.flops = 3*elems(&in.layout) + e.flops()
	ln.phases = []phase{t.phase(), {pieces: in.blocks(), run: func(_ *worker, b, _ int) { t.finish(b) }}, e.phase()}
	ln.weight = t.affine
	running := sc.params(op)[2:]
	ln.trained = []string{running[0].Name, running[1].Name}
	ln.bind = func(s *state) error { return t.bind(s, running) }
	return nil
}

// bind finds the running statistics.
func (t *trainNorm) bind(s *state, running []tensor.Param) (err error) {
	if t.mean, err = s.master(running[0]); err != nil {
		return err
	}
	t.variance, err = s.master(running[1])
	return err
}

// scales are the scale and the shift of a block.
func (t *trainNorm) scales(b int) *[2][asm.Block]float32 {
	return (*[2][asm.Block]float32)(unsafe.Add(t.env.shared, t.bytes()+b*2*pixelBytes))
}

// finish makes a block's sums its scale and shift (Ioffe and Szegedy 2015,
// algorithm 1), and moves the running statistics as PyTorch does.
func (t *trainNorm) finish(b int) {
	total := laneSums(t.partials, b)
	count := float64(t.v.n * t.v.h * t.v.w)
	scales := t.scales(b)
	*scales = [2][asm.Block]float32{}
	for l := range min(asm.Block, t.v.c-b*asm.Block) {
		mean, variance := meanVariance(total[0][l], total[1][l], count)
		c := b*asm.Block + l
		gamma, beta := t.affine.data[2*b*asm.Block+l], t.affine.data[(2*b+1)*asm.Block+l]
		scale := float64(gamma) / math.Sqrt(variance+t.op.Eps)
		shift := float64(beta) - mean*scale
		if t.after != nil {
			s, o := float64(t.after.data[2*b*asm.Block+l]), float64(t.after.data[(2*b+1)*asm.Block+l])
			scale, shift = scale*s, shift*s+o
		}
		scales[0][l], scales[1][l] = float32(scale), float32(shift)
		if len(t.saved) == 2 {
			t.saved[0].values()[c], t.saved[1].values()[c] = float32(mean), float32(1/math.Sqrt(variance+t.op.Eps))
		}
		m := float32(t.op.Momentum)
		t.mean[c] += m * (float32(mean) - t.mean[c])
		t.variance[c] += m * (float32(variance*count/(count-1)) - t.variance[c])
	}
}

// pairWeight packs γ and β as [block][γ, β][16].
func (sc *schedule) pairWeight(op *tensor.Op) *weight {
	params := sc.params(op)[:2]
	return sc.weightOf(&weight{
		key: weightKey("pair", params), params: params,
		floats: 2 * roundUp(params[0].Shape[0], asm.Block),
		parts:  1,
		pack: func(p [][]float32) func(dst []float32, part int) {
			return func(dst []float32, _ int) {
				for c := range p[0] {
					at := c/asm.Block*2*asm.Block + c%asm.Block
					dst[at], dst[at+asm.Block] = p[0][c], p[1][c]
				}
			}
		},
	})
}
