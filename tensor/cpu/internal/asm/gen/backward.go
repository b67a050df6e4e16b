package main

import (
	"go/types"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of asm.GradWeightArgs.
const (
	gradSrc = 8 * iota
	gradGrad
	gradDst
	gradSrcPix
	gradSrcRow
	gradGradRow
	gradNx
	gradNy
	gradGroups
	gradNz
	gradSrcZ
	gradGradZ
)

// gradWeight keeps the sums of so many floats of the source in registers while
// it goes over the pixels. Where a multiply-add can broadcast its operand, and
// that is needed only once, it does.
func (g *gen) gradWeight(rows int) {
	g.function("gradWeight", rows, nil, variable("a", pointerTo("GradWeightArgs")))
	args := g.argument("a")
	acc := make([][]reg.VecPhysical, rows)
	for r := range acc {
		acc[r] = g.vecs(g.parts())
	}
	grad := g.vecs(g.parts())
	var x []reg.VecPhysical
	if g.parts() > 1 {
		x = g.vecsLeft(2)
	}
	load := func(offset int) reg.GPVirtual {
		r := g.GP64()
		g.MOVQ(mem(args, offset), r)
		return r
	}
	src, dst, pix := load(gradSrc), load(gradDst), load(gradSrcPix)
	groups, nz := g.AllocLocal(8), g.AllocLocal(8)
	g.MOVQ(load(gradGroups), groups)
	sums := func(move func(m operand.Mem, v reg.VecPhysical)) {
		for r := range acc {
			for i, v := range acc[r] {
				move(mem(dst, r*pixelBytes+i*g.vecBytes()), v)
			}
		}
	}
	g.Label("group")
	sums(func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(m, v) })
	image, gradImage := g.GP64(), load(gradGrad)
	g.MOVQ(src, image)
	g.MOVQ(load(gradNz), nz)
	g.Label("image")
	row, gradRow, ny := g.GP64(), g.GP64(), load(gradNy)
	g.MOVQ(image, row)
	g.MOVQ(gradImage, gradRow)
	g.Label("row")
	sp, gp, nx := g.GP64(), g.GP64(), load(gradNx)
	g.MOVQ(row, sp)
	g.MOVQ(gradRow, gp)
	g.Label("pixel")
	for i, v := range grad {
		g.VMOVUPS(mem(gp, i*g.vecBytes()), v)
	}
	for r := range acc {
		if x == nil {
			g.VFMADD231PS_BCST(mem(sp, r*floatBytes), grad[0], acc[r][0])
			continue
		}
		x := x[r%len(x)]
		g.VBROADCASTSS(mem(sp, r*floatBytes), x)
		for i, v := range acc[r] {
			g.VFMADD231PS(x, grad[i], v)
		}
	}
	g.ADDQ(pix, sp)
	g.ADDQ(operand.I32(pixelBytes), gp)
	g.count(nx, "pixel")
	g.ADDQ(mem(args, gradSrcRow), row)
	g.ADDQ(mem(args, gradGradRow), gradRow)
	g.count(ny, "row")
	g.ADDQ(mem(args, gradSrcZ), image)
	g.ADDQ(mem(args, gradGradZ), gradImage)
	g.count(nz, "image")
	sums(func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(v, m) })
	g.ADDQ(operand.I32(rows*floatBytes), src)
	g.ADDQ(operand.I32(rows*pixelBytes), dst)
	g.count(groups, "group")
	g.ret()
}

// Predicates of VCMPPS.
const (
	cmpUnordered = 0x03
	cmpGreater   = 0x1e
)

// Offsets of asm.NormGradArgs.
const (
	normX = 8 * iota
	normDY
	normY
	normDst
	normMean
	normFactors
	normN
)

// masked runs a loop over pixels twice written: without a mask, and with one.
// body gets dy, masked, as vectors.
func (g *gen) masked(args reg.GPVirtual, advance []reg.GPVirtual, dy, zero []reg.VecPhysical, body func()) {
	grad, y, n := g.GP64(), g.GP64(), g.GP64()
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

// normSums adds Σ dy and Σ dy·(x−mean), with products in float64: exact.
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
	dy, zero, x, u, v := g.vecs(2), g.vecs(2), g.vec(), g.vec(), g.vec()
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

// double is one half of 8 floats as float64.
func (g *gen) double(v reg.VecPhysical, half int, to reg.VecPhysical) {
	if half == 1 {
		g.VEXTRACTF128(operand.U8(1), v, to.AsX())
		v = to
	}
	g.VCVTPS2PD(v.AsX(), to)
}

// normGrad is dst = a·dy + (b·x + c).
func (g *gen) normGrad() {
	g.function("normGrad", 0, nil, variable("a", pointerTo("NormGradArgs")))
	args := g.argument("a")
	src, dst, p := g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(mem(args, normX), src)
	g.MOVQ(mem(args, normDst), dst)
	g.MOVQ(mem(args, normFactors), p)
	a, b, c := g.vecs(2), g.vecs(2), g.vecs(2)
	for i, v := range append(append(append([]reg.VecPhysical{}, a...), b...), c...) {
		g.VMOVUPS(mem(p, i*g.vecBytes()), v)
	}
	dy, zero, x := g.vecs(2), g.vecs(2), g.vec()
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

// mask is dst = dy where y > 0, else 0.
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

var typeFour = types.NewPointer(types.NewArray(types.Typ[types.Float64], 4))

// join is dst = a + b, with Σa², Σb², Σa·b and Σ(a+b)² in float64. Each sum is
// two vectors, which are added at the end, lane by lane.
func (g *gen) join() {
	g.function("join", 0, nil, variable("s", typeFour), variable("dst", typePtr), variable("x", typePtr), variable("y", typePtr), variable("n", typeInt))
	s, dst, x, y, n := g.argument("s"), g.argument("dst"), g.argument("x"), g.argument("y"), g.argument("n")
	sums := g.vecs(8)
	for _, v := range sums {
		g.VXORPS(v, v, v)
	}
	a, b, c, d := g.vec(), g.vec(), g.vec(), g.vec()
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
	for i := range 4 {
		g.reduce(sums[2*i], sums[2*i+1], a)
		g.VADDSD(mem(s, 8*i), sums[2*i].AsX(), sums[2*i].AsX())
		g.VMOVSD(sums[2*i].AsX(), mem(s, 8*i))
	}
	g.ret()
}

// reduce adds the lanes of v and w, in float64, into the first of v.
func (g *gen) reduce(v, w, tmp reg.VecPhysical) {
	g.VADDPD(w, v, v)
	g.VEXTRACTF128(operand.U8(1), v, tmp.AsX())
	g.VADDPD(tmp.AsX(), v.AsX(), v.AsX())
	g.VPERMILPD(operand.U8(1), v.AsX(), tmp.AsX())
	g.VADDSD(tmp.AsX(), v.AsX(), v.AsX())
}

// squares adds Σx² of n pixels in float64.
func (g *gen) squares() {
	g.function("squares", 0, nil, variable("s", types.NewPointer(types.Typ[types.Float64])), variable("src", typePtr), variable("n", typeInt))
	s, src, n := g.argument("s"), g.argument("src"), g.argument("n")
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
	g.VADDPD(sums[2], sums[0], sums[0])
	g.VADDPD(sums[3], sums[1], sums[1])
	g.reduce(sums[0], sums[1], x[0])
	g.VADDSD(mem(s, 0), sums[0].AsX(), sums[0].AsX())
	g.VMOVSD(sums[0].AsX(), mem(s, 0))
	g.ret()
}

// Offsets of asm.SGDArgs.
const (
	sgdW        = 0
	sgdV        = 8
	sgdGrad     = 16
	sgdN        = 24
	sgdRate     = 32
	sgdMomentum = 36
	sgdDecay    = 40
	sgdNesterov = 44
)

// sgd updates N/16·16 floats. Products are not fused, as in every set.
func (g *gen) sgd() {
	g.function("sgd", 0, nil, variable("a", pointerTo("SGDArgs")))
	args := g.argument("a")
	w, v, grad, n, nesterov := g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(mem(args, sgdW), w)
	g.MOVQ(mem(args, sgdV), v)
	g.MOVQ(mem(args, sgdGrad), grad)
	g.MOVQ(mem(args, sgdN), n)
	g.MOVL(mem(args, sgdNesterov), nesterov.As32())
	rate, mu, decay := g.vec(), g.vec(), g.vec()
	g.VBROADCASTSS(mem(args, sgdRate), rate)
	g.VBROADCASTSS(mem(args, sgdMomentum), mu)
	g.VBROADCASTSS(mem(args, sgdDecay), decay)
	x, d, m := g.vec(), g.vec(), g.vec()
	loop := func(name string, momentum, nesterov bool) {
		g.Label(name)
		for i := range g.parts() {
			at := i * g.vecBytes()
			g.VMOVUPS(mem(w, at), x)
			g.VMULPS(x, decay, d)
			g.VADDPS(mem(grad, at), d, d)
			if momentum {
				g.VMULPS(mem(v, at), mu, m)
				g.VADDPS(d, m, m)
				g.VMOVUPS(m, mem(v, at))
			}
			if nesterov {
				g.VMULPS(m, mu, m)
				g.VADDPS(d, m, d)
			} else if momentum {
				d, m = m, d
			}
			g.VMULPS(d, rate, d)
			g.VSUBPS(d, x, x)
			g.VMOVUPS(x, mem(w, at))
		}
		for _, p := range []reg.GPVirtual{w, v, grad} {
			g.ADDQ(operand.I32(pixelBytes), p)
		}
		g.count(n, name)
		g.ret()
	}
	g.SHRQ(operand.U8(4), n)
	g.JZ(operand.LabelRef("none"))
	g.TESTQ(v, v)
	g.JZ(operand.LabelRef("plain"))
	g.TESTQ(nesterov, nesterov)
	g.JNZ(operand.LabelRef("nesterov"))
	loop("momentum", true, false)
	loop("nesterov", true, true)
	loop("plain", false, false)
	g.Label("none")
	g.ret()
}

// Offsets of asm.PoolGradArgs.
const (
	poolGradX = 8 * iota
	poolGradDY
	poolGradDX
	poolGradRow
	poolGradDXRow
	poolGradStep
	poolGradKH
	poolGradKW
	poolGradN
)

// maxPoolGrad finds each window's first maximum, or last NaN, by number; then it
// goes over the window again and adds to the pixel of that number.
func (g *gen) maxPoolGrad() {
	g.function("maxPoolGrad", 0, nil, variable("a", pointerTo("PoolGradArgs")))
	args := g.argument("a")
	src, dx, dy, n := g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(mem(args, poolGradX), src)
	g.MOVQ(mem(args, poolGradDX), dx)
	g.MOVQ(mem(args, poolGradDY), dy)
	g.MOVQ(mem(args, poolGradN), n)
	best, index, grad := g.vecs(2), g.vecs(2), g.vecs(2)
	number, one, x, greater, nan := g.vec(), g.vec(), g.vec(), g.vec(), g.vec()
	r := g.GP32()
	g.MOVL(operand.U32(1), r)
	g.VMOVD(r, one.AsX())
	g.VPBROADCASTD(one.AsX(), one)
	row, p, kh, kw := g.GP64(), g.GP64(), g.GP64(), g.GP64()
	window := func(name string, base reg.GPVirtual, stride int, tap func()) {
		g.VXORPS(number, number, number)
		g.MOVQ(base, row)
		g.MOVQ(mem(args, poolGradKH), kh)
		g.Label(name + "Row")
		g.MOVQ(row, p)
		g.MOVQ(mem(args, poolGradKW), kw)
		g.Label(name)
		tap()
		g.VPADDD(one, number, number)
		g.ADDQ(operand.I32(pixelBytes), p)
		g.count(kw, name)
		g.ADDQ(mem(args, stride), row)
		g.count(kh, name+"Row")
	}
	g.Label("output")
	for i := range best {
		g.VMOVUPS(mem(src, i*g.vecBytes()), best[i])
		g.VXORPS(index[i], index[i], index[i])
		g.VMOVUPS(mem(dy, i*g.vecBytes()), grad[i])
	}
	window("find", src, poolGradRow, func() {
		for i := range best {
			g.VMOVUPS(mem(p, i*g.vecBytes()), x)
			g.VCMPPS(operand.U8(cmpGreater), best[i], x, greater)
			g.VCMPPS(operand.U8(cmpUnordered), x, x, nan)
			g.VORPS(nan, greater, greater)
			g.VBLENDVPS(greater, x, best[i], best[i])
			g.VBLENDVPS(greater, number, index[i], index[i])
		}
	})
	window("add", dx, poolGradDXRow, func() {
		for i := range best {
			g.VPCMPEQD(number, index[i], x)
			g.VANDPS(grad[i], x, x)
			g.VADDPS(mem(p, i*g.vecBytes()), x, x)
			g.VMOVUPS(x, mem(p, i*g.vecBytes()))
		}
	})
	g.ADDQ(mem(args, poolGradStep), src)
	g.ADDQ(mem(args, poolGradStep), dx)
	g.ADDQ(operand.I32(pixelBytes), dy)
	g.count(n, "output")
	g.ret()
}
