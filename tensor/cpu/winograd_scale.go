package cpu

import (
	"math"
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// Winograd's weights in bf16 are IEEE binary16, whose range is narrow. An output channel
// whose weights would leave it is packed without a power of two, by which its results are
// multiplied: exact, and only channels that need it pay for it.

// Weights of a channel whose largest lies between these are packed as they are: they
// grow by a twelfth in the transform, and what is lost below 2⁻²⁴ is less than rounding.
const (
	leastUnscaled = 1. / (1 << 12)
	mostUnscaled  = 1 << 15
)

// unscaled are the scales of a block without any.
var unscaled = func() (ones [asm.Block]float32) {
	for i := range ones {
		ones[i] = 1
	}
	return ones
}()

// fillHalfWinograd packs a panel of U as IEEE binary16, and its scales.
func fillHalfWinograd(dst []float32, p *packing, f *filter, panel int) {
	scales := dst[p.biases : 2*p.biases]
	pl := &p.panels[panel]
	for o := pl.ob * asm.Block; o < (pl.ob+pl.nob)*asm.Block; o++ {
		scales[o] = 1
		if o < p.k {
			scales[o] = powerOf(f.largest(o))
		}
	}
	u := unsafe.Slice((*asm.F16)(unsafe.Pointer(&dst[2*p.biases])), positions*p.weights)
	fillPositions(dst, p, f, panel, func(o, at, i int, lanes []float32) {
		to := u[at+i*p.weights:]
		for l, v := range lanes {
			to[l] = asm.RoundF16(v / scales[o+l])
		}
	})
}

// largest is the magnitude of an output channel's largest weight.
func (f *filter) largest(o int) float64 {
	at := f.strides(o)
	most := float32(0)
	for c := range f.in {
		for _, v := range f.weight[at.first+c*at.in:][:9] {
			most = max(most, v, -v)
		}
	}
	if f.norm.scale != nil {
		return float64(most) * math.Abs(f.norm.scale[o])
	}
	return float64(most)
}

// powerOf is the power of two that weights of up to that magnitude are packed without.
func powerOf(largest float64) float32 {
	if largest == 0 || largest >= leastUnscaled && largest <= mostUnscaled || math.IsNaN(largest) || math.IsInf(largest, 0) {
		return 1
	}
	_, exponent := math.Frexp(largest)
	return float32(math.Ldexp(1, max(exponent-1, -126)))
}

// scales are those of a block's channels.
func (z *winograd) scales(block int) [asm.Block]float32 {
	return *(*[asm.Block]float32)(z.weight.at(z.before/2 + block*asm.Block))
}

// rescaled transforms tiles of a block with scales: it multiplies by them before the rest
// is added.
func (z *winograd) rescaled(w *worker, a *asm.WinoOutArgs, block, width int) {
	bias, flags := a.Bias, a.Flags
	a.Bias, a.Flags = unsafe.Pointer(&zeros), 0
	z.k.WinoOut(a)
	e := &w.elt
	e.Src, e.Dst, e.Res = a.Dst, a.Dst, a.Res
	e.Scale = z.weight.at(z.before/2 + block*asm.Block)
	e.Shift = bias
	e.Flags = flags | asm.FlagScale
	e.N = a.Rows * width
	z.k.Elt(e)
	a.Bias, a.Flags = bias, flags
}
