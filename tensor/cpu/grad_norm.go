package cpu

import (
	"math"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// normGrad is BatchNorm2dGrad, with the ReLU after the norm if its gradient was
// absorbed. In train mode, for m values per channel (Ioffe and Szegedy 2015,
// section 3), with x̂ = (x−μ)·r, r = 1/√(σ²+ε):
//
//	dβ = Σ dy, dγ = Σ dy·x̂, dx = γ·r·(dy − dβ/m − x̂·dγ/m)
//
// and in eval mode dx = γ·r·dy. It is two passes over dy: sums, then dx.
type normGrad struct {
	*partials[sums]
	k        *asm.Kernels
	op       *tensor.Op
	x, dy, y *view // y: the ReLU's result, or nil
	dx       *view
	out      []*view // dγ, dβ, or none

	mean, scale func(c int) float64 // μ and r
	gamma       []float32
}

// planBatchNormGrad plans a BatchNorm2dGrad by itself.
func (sc *schedule) planBatchNormGrad(ln *launch) error {
	op := sc.head(ln)
	return sc.planNormGrad(ln, op, sc.views[op.In[1]], nil)
}

// planNormGrad plans a BatchNorm2dGrad whose dy, through a ReLU if y is not nil,
// is in dy.
func (sc *schedule) planNormGrad(ln *launch, op *tensor.Op, dy, y *view) error {
	g := &normGrad{k: sc.kern, op: op, x: sc.views[op.In[0]], dy: dy, y: y, dx: sc.result(ln)}
	g.partials = newPartials[sums](sc, g.x)
	for _, id := range op.Out[1:] {
		g.out = append(g.out, sc.views[id])
	}
	sc.needShared(g.bytes() + g.x.blocks()*coefficientBytes)
	ln.name = sc.kern.Name + " batch norm gradient"
	ln.flops = 8 * elems(&g.x.layout)
	ln.bind = func(s *state) error { return g.bind(sc, s) }
	ln.phases = []phase{g.sum(), {pieces: g.x.blocks(), run: func(_ *worker, b, _ int) { g.finish(b) }}, g.apply()}
	return nil
}

// bind finds γ, and where μ and r come from.
func (g *normGrad) bind(sc *schedule, s *state) (err error) {
	params := sc.params(g.op)
	if g.gamma, err = s.master(params[0]); err != nil {
		return err
	}
	if g.op.Train {
		mean, rstd := sc.views[g.op.In[2]], sc.views[g.op.In[3]]
		g.mean = func(c int) float64 { return float64(mean.values()[c]) }
		g.scale = func(c int) float64 { return float64(rstd.values()[c]) }
		return nil
	}
	mean, err := s.master(params[1])
	if err != nil {
		return err
	}
	variance, err := s.master(params[2])
	if err != nil {
		return err
	}
	g.mean = func(c int) float64 { return float64(mean[c]) }
	g.scale = func(c int) float64 { return 1 / math.Sqrt(float64(variance[c])+g.op.Eps) }
	return nil
}

// sum is the phase of Σ dy and Σ dy·(x−μ), by lane.
func (g *normGrad) sum() phase {
	pixels := walkThrough(g.x, g.dy, g.y)
	return g.phase(func(w *worker, p *sums, r strip) {
		w.lanes = [asm.Block]float32{}
		for l := range min(asm.Block, g.x.c-r.block*asm.Block) {
			w.lanes[l] = float32(g.mean(r.block*asm.Block + l))
		}
		a := &w.norm
		a.Mean = unsafe.Pointer(&w.lanes)
		r.walk(pixels, func(y, x, n int) {
			g.place(w, r, y, x, n)
			g.k.NormSums(p, a)
		})
	})
}

// place points the arguments at a run of pixels.
func (g *normGrad) place(w *worker, r strip, y, x, n int) {
	a := &w.norm
	a.X = w.read(g.k, 0, g.x, g.x.pixelAt(r.block, r.n, y, x), n)
	a.DY = w.read(g.k, 1, g.dy, g.dy.pixelAt(r.block, r.n, y, x), n)
	a.N = n
	a.Y = nil
	if g.y != nil {
		a.Y = w.read(g.k, 2, g.y, g.y.pixelAt(r.block, r.n, y, x), n)
	}
}

// coefficients make dx = a·dy + b·x + c.
type coefficients = [3][asm.Block]float32

const coefficientBytes = int(unsafe.Sizeof(coefficients{}))

func (g *normGrad) coefficients(b int) *coefficients {
	return (*coefficients)(unsafe.Add(g.env.shared, g.bytes()+b*coefficientBytes))
}

// finish makes a block's sums its coefficients, and dγ and dβ.
func (g *normGrad) finish(b int) {
	total := laneSums(g.partials, b)
	k := g.coefficients(b)
	*k = coefficients{}
	m := float64(g.x.n * g.x.h * g.x.w)
	for l := range min(asm.Block, g.x.c-b*asm.Block) {
		c := b*asm.Block + l
		r, mean := g.scale(c), g.mean(c)
		beta, gamma := total[0][l], total[1][l]*r
		if len(g.out) == 2 {
			g.out[0].values()[c], g.out[1].values()[c] = float32(gamma), float32(beta)
		}
		scale := float64(g.gamma[c]) * r
		k[0][l] = float32(scale)
		if g.op.Train {
			slope := -scale * r * gamma / m
			k[1][l], k[2][l] = float32(slope), float32(-scale*beta/m-slope*mean)
		}
	}
}

// apply is the phase that makes dx.
func (g *normGrad) apply() phase {
	pixels := walkThrough(g.dx, g.x, g.dy, g.y)
	return overRows(g.dx, func(w *worker, r strip) {
		a := &w.norm
		a.Factors = unsafe.Pointer(g.coefficients(r.block))
		r.walk(pixels, func(y, x, n int) {
			g.place(w, r, y, x, n)
			dst := g.dx.pixelAt(r.block, r.n, y, x)
			a.Dst = w.target(3, g.dx, dst)
			g.k.NormGrad(a)
			w.written(g.k, 3, g.dx, dst, n)
		})
		g.dx.zeroHalo(r.block, r.block+1, r.n, r.y0, r.y1)
	})
}
