package main

import (
	"go/types"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var (
	typeSum  = types.NewPointer(types.Typ[types.Float64])
	typeFour = types.NewPointer(types.NewArray(types.Typ[types.Float64], 4))
)

// join emits dst = a + b, with Σa², Σb², Σa·b and Σ(a+b)² in float64: where a block's
// two gradients meet, the probe that splits them costs no second pass over memory.
// Each sum is two vectors, since one would have to wait for the latency of its own
// additions; they are added at the end, lane by lane.
func (g *gen) join() {
	g.function("join", 0, nil, variable("s", typeFour),
		variable("dst", typePtr), variable("x", typePtr), variable("y", typePtr), variable("n", typeInt))
	s := g.argument("s")
	dst := g.argument("dst")
	x := g.argument("x")
	y := g.argument("y")
	n := g.argument("n")
	sums := g.vecs(8)
	for _, v := range sums {
		g.VXORPS(v, v, v)
	}
	a := g.vec()
	b := g.vec()
	c := g.vec()
	d := g.vec()
	g.Label("pixel")
	for i := range 2 * g.parts() {
		at, k := i*16, i%2
		g.VCVTPS2PD(mem(x, at), a)
		g.VCVTPS2PD(mem(y, at), b)
		g.VMOVUPS(mem(x, at), c.AsX())
		g.VADDPS(mem(y, at), c.AsX(), c.AsX())
		g.VMOVUPS(c.AsX(), mem(dst, at))
		g.VCVTPS2PD(c.AsX(), d)
		g.VFMADD231PD(a, a, sums[k])
		g.VFMADD231PD(b, b, sums[2+k])
		g.VFMADD231PD(a, b, sums[4+k])
		g.VFMADD231PD(d, d, sums[6+k])
	}
	for _, p := range []reg.GPVirtual{dst, x, y} {
		g.ADDQ(operand.I32(pixelBytes), p)
	}
	g.count(n, "pixel")
	g.section("lanes")
	for i := range 4 {
		g.reduce(sums[2*i], sums[2*i+1], a)
		g.VADDSD(mem(s, 8*i), sums[2*i].AsX(), sums[2*i].AsX())
		g.VMOVSD(sums[2*i].AsX(), mem(s, 8*i))
	}
	g.ret()
}

// reduce adds the lanes of v and w, in float64, into the first lane of v.
func (g *gen) reduce(v, w, tmp reg.VecPhysical) {
	g.VADDPD(w, v, v)
	g.VEXTRACTF128(operand.U8(1), v, tmp.AsX())
	g.VADDPD(tmp.AsX(), v.AsX(), v.AsX())
	g.VPERMILPD(operand.U8(1), v.AsX(), tmp.AsX())
	g.VADDSD(tmp.AsX(), v.AsX(), v.AsX())
}

// squares emits Σx² of n pixels in float64, in four chains that hide the latency.
func (g *gen) squares() {
	g.function("squares", 0, nil, variable("s", typeSum), variable("src", typePtr), variable("n", typeInt))
	s := g.argument("s")
	src := g.argument("src")
	n := g.argument("n")
	sums, x := g.vecs(2*g.parts()), g.vecs(2)
	for _, v := range sums {
		g.VXORPS(v, v, v)
	}
	g.Label("pixel")
	for i, v := range sums {
		x := x[i%2]
		g.VCVTPS2PD(mem(src, i*16), x)
		g.VFMADD231PD(x, x, v)
	}
	g.ADDQ(operand.I32(pixelBytes), src)
	g.count(n, "pixel")
	g.section("lanes")
	g.VADDPD(sums[2], sums[0], sums[0])
	g.VADDPD(sums[3], sums[1], sums[1])
	g.reduce(sums[0], sums[1], x[0])
	g.VADDSD(mem(s, 0), sums[0].AsX(), sums[0].AsX())
	g.VMOVSD(sums[0].AsX(), mem(s, 0))
	g.ret()
}
