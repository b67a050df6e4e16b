package cpu

import (
	"fmt"
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// matrixFilter is a dense filter's packed form for a matrix unit: biases by output
// block in float32, then in bf16
//
//	[panel][pair of input blocks][tap][output block of the panel][16][16][2]
//
// where the last three are pairs of input channels, output channels, and the channels
// of a pair.
type matrixFilter struct {
	c, k  int // channels
	taps  int
	pairs int // of input blocks
}

// matrixNob is the output blocks of a panel; the last may have one.
const matrixNob = 2

func (f *matrixFilter) blocks() int     { return ceilDiv(f.k, asm.Block) }
func (f *matrixFilter) panels() int     { return ceilDiv(f.blocks(), matrixNob) }
func (f *matrixFilter) block(p int) int { return p * matrixNob }
func (f *matrixFilter) nob(p int) int   { return min(matrixNob, f.blocks()-f.block(p)) }
func (f *matrixFilter) biases() int     { return f.blocks() * asm.Block }

// tapElems is the weights of a tap, a pair of input blocks and an output block.
const tapElems = 2 * asm.Block * asm.Block

// at is how many weights lie before a panel's.
func (f *matrixFilter) at(panel int) int { return f.block(panel) * f.pairs * f.taps * tapElems }

// elems is the number of weights.
func (f *matrixFilter) elems() int { return f.blocks() * f.pairs * f.taps * tapElems }

// matrixWeight is the packed copy of a filter for a matrix unit.
func (sc *schedule) matrixWeight(s filterShape, from filterSource) (*weight, matrixFilter) {
	m := matrixFilter{c: s.c, k: s.k, taps: s.kh * s.kw, pairs: ceilDiv(s.c, 2*asm.Block)}
	return sc.weightOf(&weight{
		key:    weightKey(fmt.Sprintf("matrix %v", m), from.params, from.key...),
		params: from.params,
		floats: m.biases() + m.elems()*halfBytes/floatBytes,
		parts:  m.panels(),
		pack: func(v [][]float32) func(dst []float32, part int) {
			f := from.filter(v)
			return func(dst []float32, part int) { m.fill(dst, f, part) }
		},
	}), m
}

// fill packs a panel. Channels that are missing keep the zeros that dst begins with.
func (m *matrixFilter) fill(dst []float32, f *filter, panel int) {
	w := unsafe.Slice((*asm.BF16)(unsafe.Pointer(&dst[m.biases()])), m.elems())[m.at(panel):]
	step := m.nob(panel) * tapElems
	for ob := range m.nob(panel) {
		first := (m.block(panel) + ob) * asm.Block
		for o := first; o < min(m.k, first+asm.Block); o++ {
			dst[o] = f.biasAt(o)
		}
		for pair := range m.pairs {
			m.fillPair(w[pair*m.taps*step+ob*tapElems:], step, f, first, pair)
		}
	}
}

// fillPair packs the weights of a pair of input blocks and of the output block that
// begins with channel first. Taps are step apart in w. The order is that of the stored
// weights: what is written meanwhile stays in the L1 cache.
func (m *matrixFilter) fillPair(w []asm.BF16, step int, f *filter, first, pair int) {
	at := f.strides(first)
	from := pair * 2 * asm.Block
	channels := min(2*asm.Block, m.c-from)
	for o := range min(asm.Block, m.k-first) {
		src := f.weight[at.first+o*at.out+from*at.in:]
		scale := 1.0
		if f.norm.scale != nil {
			scale = f.norm.scale[first+o]
		}
		if m.taps == 1 {
			fillOnly((*[tapElems]asm.BF16)(w), src[at.tap(0):], at.in, o, channels, scale)
			continue
		}
		for i := range channels {
			to := w[i/2*2*asm.Block+2*o+i%2:]
			for tap := range m.taps {
				to[tap*step] = asm.RoundBF16(float32(float64(src[i*at.in+at.tap(tap)]) * scale))
			}
		}
	}
}

// fillOnly packs what fillPair does for output lane o where there is one tap.
func fillOnly(w *[tapElems]asm.BF16, src []float32, step, o, channels int, scale float64) {
	for i := range channels {
		w[i/2*2*asm.Block+2*o+i%2] = asm.RoundBF16(float32(float64(src[i*step]) * scale))
	}
}
