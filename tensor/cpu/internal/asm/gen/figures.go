package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	// figurePixels are summed up in float32, before their sums are added up in float64.
	figurePixels = 16
	// figurePrefetch is how far ahead figures prefetches, in bytes: callers sum up and count
	// so many pixels at a time, and the next ones come in the meantime.
	figurePrefetch = 252 * pixelBytes
)

// figures emits sums of differences and of their squares, by lane, with the least and the
// greatest value and the number of zeros.
func (g *gen) figures() {
	g.function("figures", 0, nil, variable("s", pointerTo("FigureSums")), variable("src", typePtr), variable("n", typeInt))
	s, src, n := g.argument("s"), g.argument("src"), g.argument("n")
	sums, squares := g.vecs(2), g.vecs(2)
	least, most, zeros := g.vecs(2), g.vecs(2), g.vecs(2)
	scale, zero, tmp := g.vec(), g.vec(), g.vecs(4)
	kept := func(f func(m operand.Mem, v reg.VecPhysical)) {
		for i := range 2 {
			f(mem(s, figureMin+32*i), least[i])
			f(mem(s, figureMax+32*i), most[i])
			f(mem(s, figureZeros+32*i), zeros[i])
		}
	}
	kept(func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(m, v) })
	g.VBROADCASTSS(mem(s, figureScale), scale)
	g.VPXOR(zero, zero, zero)
	now, full := g.GP64(), g.GP64()
	g.MOVQ(operand.I32(figurePixels), full)
	g.Label("chunk")
	for _, v := range append(sums, squares...) {
		g.VPXOR(v, v, v)
	}
	g.MOVQ(n, now)
	g.CMPQ(n, full)
	g.JLT(operand.LabelRef("few"))
	g.MOVQ(full, now)
	g.Label("few")
	g.SUBQ(now, n)
	g.Label("pixel")
	for i := range 2 {
		x, is := tmp[2*i], tmp[2*i+1]
		g.VMOVUPS(mem(src, 32*i), x)
		g.VMINPS(x, least[i], least[i])
		g.VMAXPS(x, most[i], most[i])
		g.VCMPPS(operand.U8(cmpEqual), x, zero, is)
		g.VPSUBD(is, zeros[i], zeros[i])
		g.VFMADD213PS(mem(s, figureOffset+32*i), scale, x)
		g.VADDPS(x, sums[i], sums[i])
		g.VFMADD231PS(x, x, squares[i])
	}
	g.PREFETCHT0(mem(src, figurePrefetch))
	g.ADDQ(operand.I32(pixelBytes), src)
	g.count(now, "pixel")
	g.section("add")
	for i := range 2 {
		g.addWide(s, figureSum+64*i, sums[i], tmp)
		g.addWide(s, figureSquares+64*i, squares[i], tmp)
	}
	g.TESTQ(n, n)
	g.JNZ(operand.LabelRef("chunk"))
	kept(func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(v, m) })
	g.ret()
}

// addWide adds a vector of float32 to sums of float64 in memory.
func (g *gen) addWide(base reg.GPVirtual, offset int, v reg.VecPhysical, tmp []reg.VecPhysical) {
	low, high := tmp[0], tmp[1]
	g.VEXTRACTF128(operand.U8(1), v, high.AsX())
	g.VCVTPS2PD(v.AsX(), low)
	g.VCVTPS2PD(high.AsX(), high)
	for i, x := range []reg.VecPhysical{low, high} {
		m := mem(base, offset+32*i)
		g.VADDPD(m, x, x)
		g.VMOVUPS(x, m)
	}
}
