package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predicates of VCMPPS.
const (
	cmpUnordered = 0x03
	cmpGreater   = 0x1e
)

// masked emits a loop over pixels twice, without a mask and with one, so that no
// branch is in the loop: a ReLU's gradient and that of the batch norm before it run as
// one kernel, which costs it one comparison. body finds dy, masked, in the vectors dy;
// advance are the pointers that it uses. zero[0] becomes 0, zero[1] is temporary.
func (g *gen) masked(args reg.GPVirtual, advance []reg.GPVirtual, dy, zero []reg.VecPhysical, body func()) {
	grad := g.GP64()
	y := g.GP64()
	n := g.GP64()
	g.MOVQ(mem(args, normDY), grad)
	g.MOVQ(mem(args, normY), y)
	g.MOVQ(mem(args, normN), n)
	loop := func(name string, mask bool) {
		g.Label(name)
		for i, v := range dy {
			g.VMOVUPS(mem(grad, i*g.vecBytes()), v)
			if mask {
				g.VMOVUPS(mem(y, i*g.vecBytes()), zero[1])
				g.VCMPPS(operand.U8(cmpGreater), zero[0], zero[1], zero[1])
				g.VANDPS(v, zero[1], v)
			}
		}
		body()
		g.ADDQ(operand.I32(pixelBytes), grad)
		g.ADDQ(operand.I32(pixelBytes), y)
		for _, r := range advance {
			g.ADDQ(operand.I32(pixelBytes), r)
		}
		g.count(n, name)
	}
	g.VXORPS(zero[0], zero[0], zero[0])
	g.TESTQ(y, y)
	g.JNZ(operand.LabelRef("masked"))
	loop("plain", false)
	g.JMP(operand.LabelRef("done"))
	loop("masked", true)
	g.Label("done")
}

// normSums emits Σ dy and Σ dy·(x−mean) for each lane of a block, the two sums that
// every term of a batch norm's gradient needs. Products of two float32 are exact in
// float64. The eight vectors of sums stay in registers.
func (g *gen) normSums() {
	g.function("normSums", 0, nil, variable("s", typeSums), variable("a", pointerTo("NormGradArgs")))
	s, args := g.argument("s"), g.argument("a")
	sums := g.vecs(4 * g.parts()) // those of the products in the second half
	move := func(f func(m operand.Mem, v reg.VecPhysical)) {
		for i, v := range sums {
			f(mem(s, i*g.vecBytes()), v)
		}
	}
	move(func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPD(m, v) })
	dy := g.vecs(2)
	zero := g.vecs(2)
	x := g.vec()
	u := g.vec()
	v := g.vec()
	src, p := g.GP64(), g.GP64()
	g.MOVQ(mem(args, normX), src)
	g.MOVQ(mem(args, normMean), p)
	g.masked(args, []reg.GPVirtual{src}, dy, zero, func() {
		for i, dy := range dy {
			g.VMOVUPS(mem(src, i*g.vecBytes()), x)
			g.VSUBPS(mem(p, i*g.vecBytes()), x, x)
			for half := range 2 {
				g.double(dy, half, u)
				g.double(x, half, v)
				g.VADDPD(u, sums[2*i+half], sums[2*i+half])
				g.VFMADD231PD(u, v, sums[2*g.parts()+2*i+half])
			}
		}
	})
	move(func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPD(v, m) })
	g.ret()
}

// double converts one half of 8 floats to float64.
func (g *gen) double(v reg.VecPhysical, half int, to reg.VecPhysical) {
	if half == 1 {
		g.VEXTRACTF128(operand.U8(1), v, to.AsX())
		v = to
	}
	g.VCVTPS2PD(v.AsX(), to)
}

// normGrad emits dst = a·dy + (b·x + c): a batch norm's gradient, whose sums and
// statistics the caller has put into three factors for each lane.
func (g *gen) normGrad() {
	g.function("normGrad", 0, nil, variable("a", pointerTo("NormGradArgs")))
	args := g.argument("a")
	src := g.GP64()
	dst := g.GP64()
	p := g.GP64()
	g.MOVQ(mem(args, normX), src)
	g.MOVQ(mem(args, normDst), dst)
	g.MOVQ(mem(args, normFactors), p)
	a := g.vecs(2)
	b := g.vecs(2)
	c := g.vecs(2)
	for i, v := range append(append(append([]reg.VecPhysical{}, a...), b...), c...) {
		g.VMOVUPS(mem(p, i*g.vecBytes()), v)
	}
	dy := g.vecs(2)
	zero := g.vecs(2)
	x := g.vec()
	g.masked(args, []reg.GPVirtual{src, dst}, dy, zero, func() {
		for i, v := range dy {
			g.VMOVUPS(mem(src, i*g.vecBytes()), x)
			g.VFMADD213PS(c[i], b[i], x)
			g.VFMADD213PS(x, a[i], v)
			g.VMOVUPS(v, mem(dst, i*g.vecBytes()))
		}
	})
	g.ret()
}

// mask emits dst = dy where y > 0, else 0: a ReLU's gradient by itself.
func (g *gen) mask() {
	g.function("mask", 0, nil, variable("a", pointerTo("NormGradArgs")))
	args := g.argument("a")
	dst := g.GP64()
	g.MOVQ(mem(args, normDst), dst)
	dy, zero := g.vecs(2), g.vecs(2)
	g.masked(args, []reg.GPVirtual{dst}, dy, zero, func() {
		for i, v := range dy {
			g.VMOVUPS(v, mem(dst, i*g.vecBytes()))
		}
	})
	g.ret()
}
