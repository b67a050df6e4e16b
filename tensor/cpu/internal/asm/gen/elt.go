package main

import (
	"github.com/mmcloughlin/avo/operand"
)

// elt has a loop for each of scale or none, residual or none.
func (g *gen) elt() {
	g.function("elt", 0, nil, variable("a", pointerTo("EltArgs")))
	args := g.argument("a")
	src := g.GP64()
	dst := g.GP64()
	res := g.GP64()
	n := g.GP64()
	flags := g.GP64()
	g.MOVQ(mem(args, eltSrc), src)
	g.MOVQ(mem(args, eltDst), dst)
	g.MOVQ(mem(args, eltRes), res)
	g.MOVQ(mem(args, eltN), n)
	g.MOVQ(mem(args, eltFlags), flags)
	v := g.vecs(g.parts())
	scale := g.vecs(g.parts())
	shift := g.vecs(g.parts())
	floor := g.constant(bitsMinusInf)
	g.unless(flagReLU, flags, "start")
	g.VXORPS(floor, floor, floor)
	g.Label("start")

	loop := func(name string, scaled, residual bool) {
		g.Label(name)
		for i, v := range v {
			at := i * g.vecBytes()
			g.VMOVUPS(mem(src, at), v)
			if scaled {
				g.VFMADD213PS(shift[i], scale[i], v)
			}
			if residual {
				g.VADDPS(mem(res, at), v, v)
			}
			g.relu(v, floor)
			g.VMOVUPS(v, mem(dst, at))
		}
		g.ADDQ(operand.I32(pixelBytes), src)
		g.ADDQ(operand.I32(pixelBytes), dst)
		if residual {
			g.ADDQ(operand.I32(pixelBytes), res)
		}
		g.count(n, name)
		g.ret()
	}
	g.unless(flagScale, flags, "unscaled")
	p := g.GP64()
	g.MOVQ(mem(args, eltScale), p)
	for i, v := range scale {
		g.VMOVUPS(mem(p, i*g.vecBytes()), v)
	}
	g.MOVQ(mem(args, eltShift), p)
	for i, v := range shift {
		g.VMOVUPS(mem(p, i*g.vecBytes()), v)
	}
	g.unless(flagResidual, flags, "scaledLoop")
	loop("scaledResidualLoop", true, true)
	loop("scaledLoop", true, false)
	g.Label("unscaled")
	g.unless(flagResidual, flags, "plainLoop")
	loop("residualLoop", false, true)
	loop("plainLoop", false, false)
}

// maxPool takes both max(y, x) and max(x, y), which differ where one is NaN,
// and combines their bits: NaN stays NaN.
func (g *gen) maxPool() {
	g.function("maxPool", 0, nil, variable("a", pointerTo("PoolArgs")))
	args := g.argument("a")
	src := g.GP64()
	dst := g.GP64()
	n := g.GP64()
	g.MOVQ(mem(args, poolSrc), src)
	g.MOVQ(mem(args, poolDst), dst)
	g.MOVQ(mem(args, poolN), n)
	y, x := g.vecs(g.parts()), g.vecs(g.parts())
	row := g.GP64()
	p := g.GP64()
	kh := g.GP64()
	kw := g.GP64()
	g.Label("output")
	for i, v := range y {
		g.VMOVUPS(mem(src, i*g.vecBytes()), v)
	}
	g.MOVQ(src, row)
	g.MOVQ(mem(args, poolKH), kh)
	g.Label("kh")
	g.MOVQ(row, p)
	g.MOVQ(mem(args, poolKW), kw)
	g.Label("kw")
	for i := range y {
		g.VMOVUPS(mem(p, i*g.vecBytes()), x[i])
		swapped := g.vec()
		g.VMAXPS(y[i], x[i], swapped)
		g.VMAXPS(x[i], y[i], y[i])
		g.VORPS(swapped, y[i], y[i])
		g.used--
	}
	g.ADDQ(operand.I32(pixelBytes), p)
	g.count(kw, "kw")
	g.ADDQ(mem(args, poolSrcRow), row)
	g.count(kh, "kh")
	for i, v := range y {
		g.VMOVUPS(v, mem(dst, i*g.vecBytes()))
	}
	g.ADDQ(operand.I32(pixelBytes), dst)
	g.ADDQ(mem(args, poolSrcStep), src)
	g.count(n, "output")
	g.ret()
}

// addPixels adds n pixels to sum, in order.
func (g *gen) addPixels() {
	g.function("addPixels", 0, nil, variable("sum", typeLanes), variable("src", typePtr), variable("n", typeInt))
	sum := g.argument("sum")
	src := g.argument("src")
	n := g.argument("n")
	v := g.vecs(g.parts())
	for i, v := range v {
		g.VMOVUPS(mem(sum, i*g.vecBytes()), v)
	}
	g.Label("pixel")
	for i, v := range v {
		g.VADDPS(mem(src, i*g.vecBytes()), v, v)
	}
	g.ADDQ(operand.I32(pixelBytes), src)
	g.count(n, "pixel")
	for i, v := range v {
		g.VMOVUPS(v, mem(sum, i*g.vecBytes()))
	}
	g.ret()
}

// sums adds n pixels and their squares in float64, in order.
func (g *gen) sums() {
	g.function("sums", 0, nil, variable("s", typeSums), variable("src", typePtr), variable("n", typeInt))
	s := g.argument("s")
	src := g.argument("src")
	n := g.argument("n")
	parts := 2 * g.parts() // a vector holds half as many float64
	sum, square := g.vecs(parts), g.vecs(parts)
	for i, v := range append(sum, square...) {
		g.VMOVUPD(mem(s, i*g.vecBytes()), v)
	}
	x := g.vecs(2)
	g.Label("pixel")
	for i := range parts {
		x := x[i%2]
		g.VCVTPS2PD(mem(src, i*g.vecBytes()/2), x)
		g.VADDPD(x, sum[i], sum[i])
		g.VFMADD231PD(x, x, square[i])
	}
	g.ADDQ(operand.I32(pixelBytes), src)
	g.count(n, "pixel")
	for i, v := range append(sum, square...) {
		g.VMOVUPD(v, mem(s, i*g.vecBytes()))
	}
	g.ret()
}

// peak does as many independent multiply-adds a round as hide the latency.
func (g *gen) peak() {
	const chains = 12
	g.function("peak", 0, typeInt64, variable("n", typeInt))
	n := g.argument("n")
	flops := g.GP64()
	g.IMUL3Q(operand.I32(2*chains*g.lanes), n, flops)
	x := g.vec()
	g.VXORPS(x, x, x)
	acc := g.vecs(chains)
	for _, v := range acc {
		g.VXORPS(v, v, v)
	}
	g.Label("round")
	for _, v := range acc {
		g.VFMADD231PS(x, x, v)
	}
	g.count(n, "round")
	b, err := g.ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	g.MOVQ(flops, b.Addr)
	g.ret()
}

// read loads n bytes, a multiple of 1024.
func (g *gen) read() {
	const round = 1024
	g.function("read", 0, nil, variable("src", typePtr), variable("n", typeInt))
	src, n := g.argument("src"), g.argument("n")
	v := g.vecs(4)
	g.ADDQ(src, n) // now the end
	g.Label("round")
	for i := range round / g.vecBytes() {
		g.VMOVUPS(mem(src, i*g.vecBytes()), v[i%len(v)])
	}
	g.ADDQ(operand.I32(round), src)
	g.CMPQ(src, n)
	g.JLT(operand.LabelRef("round"))
	g.ret()
}
