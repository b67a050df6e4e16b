package cpu

import (
	"math"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// chooseWinograd decides; tests put another in its place.
var chooseWinograd = winogradGains

// canWinograd reports whether a convolution can run as Winograd: stride 1,
// 3×3, dense.
func canWinograd(op *tensor.Op) bool {
	return op.Kind == tensor.Conv2d && op.KH == 3 && op.KW == 3 && op.SH == 1 && op.SW == 1 && op.Groups == 1
}

// alternatives are a Winograd and the direct convolution in its place, as far as the
// choice depends on how they run.
type alternatives struct {
	nob   int     // output blocks of a panel
	speed float64 // of the direct one's multiply-adds: 1 is float32's
}

// alternatives are those of a dense convolution in the program's precision.
func (sc *schedule) alternatives() alternatives {
	a := alternatives{nob: sc.kern.Nob, speed: 1}
	if sc.precision == tensor.BF16 && sc.kern.Dot != nil {
		a.speed = dotSpeed
	}
	return a
}

// winogradGains reports whether a convolution is faster as Winograd, by the count of its
// work. In bf16 weights are counted as in float32: with half the bytes the largest layers
// would gain as well, but bf16 is there to save memory, and Winograd has four times the
// weights.
func winogradGains(op *tensor.Op, in, out tensor.Shape, a alternatives) bool {
	if !canWinograd(op) || in[1] < asm.Block {
		return false
	}
	ci, co := float64(ceilDiv(in[1], asm.Block)), float64(ceilDiv(out[1], asm.Block))
	product := ci * co * asm.Block * asm.Block // multiply-adds of a pixel and tap
	tiles := float64(out[0] * ceilDiv(out[2], tileOut) * ceilDiv(out[3], tileOut))
	direct := product * 9 * float64(out[0]*out[2]*out[3]) / a.speed
	work := product*positions*tiles + tileCost*tiles*(ci+co) + callCost*positions*co/float64(a.nob)
	stream := floatBytes * (positions - 9) * product * byteCost
	if floatBytes*positions*product > heavyBytes {
		stream *= heavyCost
	}
	return work+stream < direct/gainAtMin
}

// winogradPaysOff reports whether Winograd saves more than it costs to pack a weight
// again in every step of a plan that updates it. Other weights are packed once.
func (sc *schedule) winogradPaysOff(op *tensor.Op, out tensor.Shape) bool {
	if !sc.trained[op.Params[0]] {
		return true
	}
	tiles := out[0] * ceilDiv(out[2], tileOut) * ceilDiv(out[3], tileOut)
	return 9*out[0]*out[2]*out[3]-positions*tiles > packCost
}

// trainedParams marks the parameters that a plan updates.
func trainedParams(p *tensor.Plan) []bool {
	trained := make([]bool, len(p.Params))
	for i := range p.Ops {
		if op := &p.Ops[i]; op.Kind == tensor.SGD {
			trained[op.Params[0]] = true
		}
	}
	return trained
}

// winogradWeight is the packed copy of a filter: biases by output block, in bf16 as many
// scales, then U as [36][panel][icb][16][nob·16].
func (sc *schedule) winogradWeight(z *winograd, from filterSource) *weight {
	s := filterShape{c: z.in.c, k: z.out.c, groups: 1, kh: 1, kw: 1}
	p := newPacking(s, sc.kern, floatBytes)
	if p.elem = sc.transformedElem(); p.elem == halfBytes {
		halveKernels(p.panels, sc.kern, &sc.kern.ConvF16, &sc.kern.ConvF161)
	}
	z.panels = p.panels
	z.before = p.biases
	if p.elem == halfBytes {
		z.before += p.biases // scales
	}
	z.position = p.weights
	z.elem = p.elem
	return sc.weightOf(&weight{
		key:    weightKey("winograd", from.params, append(from.key, p.panels[0].nob, p.elem)...),
		params: from.params,
		floats: z.before + ceilDiv(positions*z.position*p.elem, floatBytes),
		parts:  len(p.panels),
		pack: func(v [][]float32) func(dst []float32, part int) {
			f := from.filter(v)
			fill := fillWinograd
			if p.elem == halfBytes {
				fill = fillHalfWinograd
			}
			return func(dst []float32, part int) { fill(dst, &p, f, part) }
		},
	})
}

// transformedElem is the bytes of an element of U. In bf16 it is an IEEE binary16, where
// kernels read those: U rounded to bf16 took a convolution 0.9 % from its
// result, as the transforms amplify it. Its range is narrow: see winograd_scale.go.
func (sc *schedule) transformedElem() int {
	if sc.precision == tensor.BF16 && sc.kern.ConvF16[1] != nil {
		return halfBytes
	}
	return floatBytes
}

// fillWinograd packs a panel of U = G·g·Gᵀ, in float64, rounded once.
func fillWinograd(dst []float32, p *packing, f *filter, panel int) {
	fillPositions(dst, p, f, panel, func(_, at, i int, lanes []float32) {
		copy(dst[p.biases+at+i*p.weights:], lanes)
	})
}

// fillPositions packs a panel's biases, and calls put for 16 output channels, from o on, of
// an input channel and position i, which begin at element at of the position.
func fillPositions(dst []float32, p *packing, f *filter, panel int, put func(o, at, i int, lanes []float32)) {
	pl := &p.panels[panel]
	for o := pl.ob * asm.Block; o < min(p.k, (pl.ob+pl.nob)*asm.Block); o += asm.Block {
		lanes := min(asm.Block, p.k-o)
		for l := range lanes {
			dst[o+l] = f.biasAt(o + l)
		}
		for c := range p.c {
			u := f.transformed(o, lanes, c)
			for i := range u {
				put(o, pl.at+c*pl.lanes+o-pl.ob*asm.Block, i, u[i][:lanes])
			}
		}
	}
}

// transformed is the kernels from one input channel to output channels o to o+lanes−1,
// by position. Positions lie far apart, often in the same cache sets, so each gets all
// its lanes at once.
func (f *filter) transformed(o, lanes, c int) (u [positions][asm.Block]float32) {
	var g [9]float64
	at := f.strides(o)
	for l := range lanes {
		f.kernel(&g, &at, o+l, c)
		transformFilter(&u, l, &g)
		at.first += at.out
	}
	return u
}

// kernel loads the 3×3 kernel between two channels.
func (f *filter) kernel(g *[9]float64, at *strides, o, c int) {
	w := f.weight[at.first+c*at.in:][:9]
	if at.order == nil {
		for i, v := range w {
			g[i] = float64(v)
		}
	} else {
		for i := range g {
			g[i] = float64(w[at.order[i]])
		}
	}
	if f.norm.scale != nil {
		for i := range g {
			g[i] *= f.norm.scale[o]
		}
	}
}

// winogradG is G·(a, b, c) of F(4, 3), with the scales that the transform of
// results takes back.
func winogradG(a, b, c float64) (r0, r1, r2, r3, r4, r5 float64) {
	const third, sixth = 1. / 3, math.Sqrt2 / 6
	s := float64(a*2*sixth) + float64(c*sixth)
	t := float64(a*sixth) + float64(c*2*sixth)
	u := b * third
	return a, -(s + u), u - s, t + u, t - u, c
}

// transformFilter writes a lane of G·g·Gᵀ.
func transformFilter(dst *[positions][asm.Block]float32, lane int, g *[9]float64) {
	var rows [3][tileIn]float64 // columns of G·g
	for x := range rows {
		r := &rows[x]
		r[0], r[1], r[2], r[3], r[4], r[5] = winogradG(g[x], g[3+x], g[6+x])
	}
	for r := range tileIn {
		u0, u1, u2, u3, u4, u5 := winogradG(rows[0][r], rows[1][r], rows[2][r])
		to := dst[r*tileIn:][:tileIn]
		to[0][lane] = float32(u0)
		to[1][lane] = float32(u1)
		to[2][lane] = float32(u2)
		to[3][lane] = float32(u3)
		to[4][lane] = float32(u4)
		to[5][lane] = float32(u5)
	}
}
