package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elt emits what a batch norm, an addition and a ReLU do where no convolution has
// absorbed them. There are four loops, with or without a scale and a residual, so
// that none branches inside; the ReLU costs nothing extra, as a clamp to −∞ serves
// where there is none. A vector each for scale and shift, per part of a block, is
// loaded once.
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
	e := &elementwise{gen: g, src: src, dst: dst, res: res, n: n}
	e.v = g.vecs(g.parts())
	e.scale = g.vecs(g.parts())
	e.shift = g.vecs(g.parts())
	e.floor = g.constant(bitsMinusInf)
	g.unless(flagReLU, flags, "start")
	g.VXORPS(e.floor, e.floor, e.floor)
	g.Label("start")

	g.unless(flagScale, flags, "unscaled")
	p := g.GP64()
	g.MOVQ(mem(args, eltScale), p)
	for i, v := range e.scale {
		g.VMOVUPS(mem(p, i*g.vecBytes()), v)
	}
	g.MOVQ(mem(args, eltShift), p)
	for i, v := range e.shift {
		g.VMOVUPS(mem(p, i*g.vecBytes()), v)
	}
	g.unless(flagResidual, flags, "scaledLoop")
	e.loop("scaledResidualLoop", true, true)
	e.loop("scaledLoop", true, false)
	g.Label("unscaled")
	g.unless(flagResidual, flags, "plainLoop")
	e.loop("residualLoop", false, true)
	e.loop("plainLoop", false, false)
}

// elementwise holds the registers of elt. Vectors are one for each part of a block.
type elementwise struct {
	*gen
	src, dst, res   reg.GPVirtual
	n               reg.GPVirtual // pixels that are left
	v, scale, shift []reg.VecPhysical
	floor           reg.VecPhysical // the lower bound: 0 with ReLU, else −∞
}

// loop emits one of the four loops over pixels, and returns at its end.
func (e *elementwise) loop(name string, scaled, residual bool) {
	e.Label(name)
	for i, v := range e.v {
		at := i * e.vecBytes()
		e.VMOVUPS(mem(e.src, at), v)
		if scaled {
			e.VFMADD213PS(e.shift[i], e.scale[i], v)
		}
		if residual {
			e.VADDPS(mem(e.res, at), v, v)
		}
		e.relu(v, e.floor)
		e.VMOVUPS(v, mem(e.dst, at))
	}
	e.ADDQ(operand.I32(pixelBytes), e.src)
	e.ADDQ(operand.I32(pixelBytes), e.dst)
	if residual {
		e.ADDQ(operand.I32(pixelBytes), e.res)
	}
	e.count(e.n, name)
	e.ret()
}

// maxPool emits the maximum of each window, one output after the other: loops over
// the window's rows and pixels, with the maximum of a block in registers. x86's
// maximum is its second operand where one is NaN; so this takes both max(y, x) and
// max(x, y), which differ there, and combines their bits: NaN stays NaN.
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

// addPixels emits the sum of n pixels for each lane of a block, for average pooling.
// One sum per lane, in order, gives the same bits with every instruction set.
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

// sums emits what a batch norm's statistics need: for each lane of a block, the sum of
// n pixels and of their squares. They are float64, in order: the difference of two
// large sums is the variance, and every instruction set must find the same one. The
// sums take 4 registers with AVX-512 and 8 with AVX2.
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

// peak emits independent multiply-adds in registers, for the ceiling of the roofline:
// a round has as many chains as hide the latency of one (4 cycles at 2 per cycle
// need 8; 12 leave room). The instruction does so many multiply-adds in a lane.
func (g *gen) peak(name string, each int, multiplyAdd func(...operand.Op)) {
	const chains = 12
	g.function(name, 0, typeInt64, variable("n", typeInt))
	n := g.argument("n")
	flops := g.GP64()
	g.IMUL3Q(operand.I32(2*each*chains*g.lanes), n, flops)
	x := g.vec()
	g.VXORPS(x, x, x)
	acc := g.vecs(chains)
	for _, v := range acc {
		g.VXORPS(v, v, v)
	}
	g.Label("round")
	for _, v := range acc {
		multiplyAdd(x, x, v)
	}
	g.count(n, "round")
	b, err := g.ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	g.MOVQ(flops, b.Addr)
	g.ret()
}

// read emits loads of n bytes, a multiple of 1024, whose values are dropped: the
// ceiling of memory in the roofline. One round is 1024 bytes, so that the loop's own
// instructions don't count.
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
