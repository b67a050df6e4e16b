package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Bits of what rounds a float32 to a bf16.
const (
	bitsBelowHalf = 0x00007fff // just under half of the last place that stays
	bitsQuiet     = 0x00400000 // makes a NaN quiet, and keeps it one without its low bits
	bitsOne       = 1

	halfBytes = pixelBytes / 2 // of a pixel in bf16
)

// loadBF16 loads a vector of bf16 as float32, whose upper halves they are.
func (g *gen) loadBF16(m, v operand.Op) {
	g.VPMOVZXWD(m, v)
	g.VPSLLD(operand.U8(16), v, v)
}

// loadF16 loads a vector of IEEE binary16 as float32.
func (g *gen) loadF16(m, v operand.Op) { g.VCVTPH2PS(m, v) }

// widen emits the copy of n pixels from bf16 to float32: a bf16 is a float32's upper
// half.
func (g *gen) widen() {
	g.function("widen", 0, nil, variable("dst", typePtr), variable("src", typePtr), variable("n", typeInt))
	dst, src, n := g.argument("dst"), g.argument("src"), g.argument("n")
	x := g.vecs(2)
	g.Label("pixel")
	for i := range g.parts() {
		x := x[i%2]
		g.loadBF16(mem(src, i*g.vecBytes()/2), x)
		g.VMOVUPS(x, mem(dst, i*g.vecBytes()))
	}
	g.ADDQ(operand.I32(halfBytes), src)
	g.ADDQ(operand.I32(pixelBytes), dst)
	g.count(n, "pixel")
	g.ret()
}

// narrow emits the copy of n pixels from float32 to bf16 with AVX2, rounded to the
// nearest, ties to even. A NaN stays one.
func (g *gen) narrow() {
	g.function("narrow", 0, nil, variable("dst", typePtr), variable("src", typePtr), variable("n", typeInt))
	dst, src, n := g.argument("dst"), g.argument("src"), g.argument("n")
	r := rounding{gen: g, half: g.constant(bitsBelowHalf), quiet: g.constant(bitsQuiet), one: g.constant(bitsOne)}
	r.nan = g.vec()
	r.last = g.vec()
	x := g.vecs(2)
	g.Label("pixel")
	for i, x := range x {
		g.VMOVUPS(mem(src, i*g.vecBytes()), x)
		r.round(x)
	}
	g.VPACKUSDW(x[1], x[0], x[0]) // within halves of 128 bits
	g.VPERMQ(operand.U8(0xd8), x[0], x[0])
	g.VMOVDQU(x[0], mem(dst, 0))
	g.ADDQ(operand.I32(pixelBytes), src)
	g.ADDQ(operand.I32(halfBytes), dst)
	g.count(n, "pixel")
	g.ret()
}

// rounding holds the registers of narrow.
type rounding struct {
	*gen
	half, quiet, one reg.VecPhysical // constants in every lane
	nan, last        reg.VecPhysical
}

// round makes floats their bf16, in the lower half of each lane.
func (r *rounding) round(x reg.VecPhysical) {
	r.VCMPPS(operand.U8(3), x, x, r.nan) // unordered
	r.VPSRLD(operand.U8(16), x, r.last)
	r.VPAND(r.one, r.last, r.last)
	r.VPADDD(r.half, r.last, r.last)
	r.VPADDD(x, r.last, r.last)
	r.VORPS(r.quiet, x, x)
	r.VBLENDVPS(r.nan, x, r.last, x)
	r.VPSRLD(operand.U8(16), x, x)
}
