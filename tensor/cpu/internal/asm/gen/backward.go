package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gradWeight keeps the sums of that many floats of the source in registers while
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
	src := load(gradSrc)
	dst := load(gradDst)
	pix := load(gradSrcPix)
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
	row := g.GP64()
	gradRow := g.GP64()
	ny := load(gradNy)
	g.MOVQ(image, row)
	g.MOVQ(gradImage, gradRow)
	g.Label("row")
	sp := g.GP64()
	gp := g.GP64()
	nx := load(gradNx)
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
	g.section("store")
	sums(func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(v, m) })
	g.ADDQ(operand.I32(rows*floatBytes), src)
	g.ADDQ(operand.I32(rows*pixelBytes), dst)
	g.count(groups, "group")
	g.ret()
}

// maxPoolGrad finds each window's first maximum, or last NaN, by number; then it
// goes over the window again and adds to the pixel of that number.
func (g *gen) maxPoolGrad() {
	g.function("maxPoolGrad", 0, nil, variable("a", pointerTo("PoolGradArgs")))
	args := g.argument("a")
	src := g.GP64()
	dx := g.GP64()
	dy := g.GP64()
	n := g.GP64()
	g.MOVQ(mem(args, poolGradX), src)
	g.MOVQ(mem(args, poolGradDX), dx)
	g.MOVQ(mem(args, poolGradDY), dy)
	g.MOVQ(mem(args, poolGradN), n)
	best := g.vecs(2)
	index := g.vecs(2)
	grad := g.vecs(2)
	number := g.vec()
	one := g.vec()
	x := g.vec()
	greater := g.vec()
	nan := g.vec()
	r := g.GP32()
	g.MOVL(operand.U32(1), r)
	g.VMOVD(r, one.AsX())
	g.VPBROADCASTD(one.AsX(), one)
	row := g.GP64()
	p := g.GP64()
	kh := g.GP64()
	kw := g.GP64()
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
