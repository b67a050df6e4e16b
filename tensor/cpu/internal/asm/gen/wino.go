package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winoIn emits Winograd's transform of the input, Bᵀ·d·B for tiles of 6×6 pixels:
// first each row, into the scratch beside the arguments, then each column, from the
// scratch to the tile's 36 positions. The transform of six values and its constants
// take 14 registers of the 16 that AVX2 has, so that 36 values have to wait in memory:
// in L1, which the scratch never leaves. With AVX2 a block is two parts, one after
// the other.
func (g *gen) winoIn() {
	g.function("winoIn", 0, nil, variable("a", pointerTo("WinoInArgs")))
	args := g.argument("a")
	load := func(offset int) reg.GPVirtual { return g.loadField(args, offset) }
	src := load(winoInSrc)
	dst := load(winoInDst)
	n := load(winoInN)
	row, pos := load(winoInSrcRow), load(winoInPosStride)
	rowOfPos := g.GP64()
	g.LEAQ(mem(pos, 0).Idx(pos, 2), rowOfPos)
	g.ADDQ(rowOfPos, rowOfPos)
	steps := g.newStrides(rowOfPos, 6)
	b := g.newTransformB()
	scratch := func(i, j int) operand.Mem { return mem(args, winoInScratch+(6*i+j)*pixelBytes) }

	g.Label("tile")
	for part := range g.parts() {
		disp := part * g.vecBytes()
		g.section("rows")
		p := g.GP64()
		g.MOVQ(src, p)
		for i := range 6 {
			b.apply(
				func(j int) operand.Mem { return mem(p, disp+j*pixelBytes) },
				func(j int, v reg.VecPhysical) { g.VMOVUPS(v, scratch(i, j)) })
			g.ADDQ(row, p)
		}
		g.section("columns")
		q := g.GP64()
		g.MOVQ(dst, q)
		for j := range 6 {
			b.apply(
				func(i int) operand.Mem { return scratch(i, j) },
				func(i int, v reg.VecPhysical) { g.VMOVUPS(v, steps.at(q, i, disp)) })
			g.ADDQ(pos, q)
		}
	}
	g.ADDQ(mem(args, winoInSrcTile), src)
	g.ADDQ(mem(args, winoInDstTile), dst)
	g.count(n, "tile")
	g.ret()
}

// loadField loads a field of the arguments into a new register.
func (g *gen) loadField(args reg.GPVirtual, offset int) reg.GPVirtual {
	r := g.GP64()
	g.MOVQ(mem(args, offset), r)
	return r
}

// transformB holds the registers of Bᵀ·d: constants, six values, and three temporary.
type transformB struct {
	*gen
	half, two, twoAndAHalf, rootHalf, rootTwo reg.VecPhysical

	d    []reg.VecPhysical
	a, b reg.VecPhysical
	t    reg.VecPhysical
}

func (g *gen) newTransformB() *transformB {
	return &transformB{
		gen:  g,
		half: g.constant(bitsHalf), two: g.constant(bitsTwo), twoAndAHalf: g.constant(bitsTwoAndAHalf),
		rootHalf: g.constant(bitsRootHalf), rootTwo: g.constant(bitsRootTwo),
		d: g.vecs(6), a: g.vec(), b: g.vec(), t: g.vec(),
	}
}

// apply loads six values and stores their transform, in order. The results come in
// pairs that share their sums, with + and −, which halves the work: this is what the
// choice of the points 0, ±√½, ±√2 and ∞ buys.
func (x *transformB) apply(load func(i int) operand.Mem, store func(i int, v reg.VecPhysical)) {
	d := x.d
	a := x.a
	b := x.b
	t := x.t
	for i, v := range d {
		x.VMOVUPS(load(i), v)
	}
	x.VADDPS(d[4], d[0], t) // d0 + d4 − 2½·d2
	x.VFNMADD231PS(x.twoAndAHalf, d[2], t)
	store(0, t)
	x.VMOVAPS(d[2], a) // d4 − 2·d2 ± √½·(d3 − 2·d1)
	x.VFNMADD213PS(d[4], x.two, a)
	x.VMOVAPS(d[1], b)
	x.VFNMADD213PS(d[3], x.two, b)
	x.VMOVAPS(a, t)
	x.VFMADD231PS(x.rootHalf, b, t)
	store(1, t)
	x.VFNMADD231PS(x.rootHalf, b, a)
	store(2, a)
	x.VADDPS(d[5], d[1], b) // d1 + d5 − 2½·d3
	x.VFNMADD231PS(x.twoAndAHalf, d[3], b)
	x.VFNMADD231PS(x.half, d[2], d[4]) // d4 − ½·d2 ± √2·(d3 − ½·d1)
	x.VFNMADD231PS(x.half, d[1], d[3])
	x.VMOVAPS(d[4], t)
	x.VFMADD231PS(x.rootTwo, d[3], t)
	store(3, t)
	x.VFNMADD231PS(x.rootTwo, d[3], d[4])
	store(4, d[4])
	store(5, b)
}

// winoOut emits Winograd's transform of the products to the output, Aᵀ·m·A from 6×6
// values to 4×4 pixels: first each row, into the scratch beside the arguments, then
// those columns that lie in the image, with bias, residual and ReLU.
func (g *gen) winoOut() {
	g.function("winoOut", 0, nil, variable("a", pointerTo("WinoOutArgs")))
	args := g.argument("a")
	load := func(offset int) reg.GPVirtual { return g.loadField(args, offset) }
	src := load(winoOutSrc)
	dst := load(winoOutDst)
	res := load(winoOutRes)
	n := load(winoOutN)
	pos, flags := load(winoOutPosStride), load(winoOutFlags)
	steps := g.newStrides(pos, 6)
	a := g.newTransformA()

	// The clamp is max(·, −∞) without the ReLU.
	floor := g.constant(bitsMinusInf)
	g.unless(flagReLU, flags, "tile")
	g.VXORPS(floor, floor, floor)

	g.Label("tile")
	for part := range g.parts() {
		disp := part * g.vecBytes()
		g.section("rows")
		bias := g.vec()
		p := load(winoOutBias)
		g.VMOVUPS(mem(p, disp), bias)
		g.MOVQ(src, p)
		for i := range 6 {
			for j, v := range a.m {
				g.VMOVUPS(steps.at(p, j, disp), v)
			}
			g.LEAQ(mem(p, 0).Idx(steps.three, 2), p)
			for j, v := range a.apply() {
				g.VMOVUPS(v, mem(args, winoOutScratch+(4*i+j)*pixelBytes))
			}
		}
		g.winoOutColumns(part, winoOutRegisters{a, bias, floor, args, dst, res, flags})
		g.used-- // bias
	}
	g.ADDQ(mem(args, winoOutSrcTile), src)
	g.ADDQ(mem(args, winoOutDstTile), dst)
	g.ADDQ(mem(args, winoOutResTile), res)
	g.count(n, "tile")
	g.ret()
}

// winoOutRegisters are what the rows and columns of winoOut share.
type winoOutRegisters struct {
	a              *transformA
	bias, floor    reg.VecPhysical
	args, dst, res reg.GPVirtual // dst and res are the tile's
	flags          reg.GPVirtual
}

// winoOutColumns emits the loop over Cols columns, from the scratch to Rows pixels
// each. Tiles at the right and lower edge are cut, and their last columns and rows
// skipped, rather than written to memory that belongs to others.
func (g *gen) winoOutColumns(part int, r winoOutRegisters) {
	label := func(s string, i int) string { return fmt.Sprintf("%s%d%d", s, part, i) }
	disp := part * g.vecBytes()
	col, cols := g.GP64(), g.GP64() // offset of the column, and where to end
	g.XORQ(col, col)
	g.MOVQ(mem(r.args, winoOutCols), cols)
	g.SHLQ(operand.U8(6), cols)
	g.Label(label("col", 0))
	for i, v := range r.a.m {
		g.VMOVUPS(mem(r.args, winoOutScratch+4*i*pixelBytes).Idx(col, 1), v)
	}
	dst, res := g.GP64(), g.GP64() // of the column's current row
	g.LEAQ(mem(r.dst, disp).Idx(col, 1), dst)
	g.LEAQ(mem(r.res, disp).Idx(col, 1), res)
	for i, v := range r.a.apply() {
		if i > 0 {
			g.CMPQ(mem(r.args, winoOutRows), operand.U8(i))
			g.JEQ(operand.LabelRef(label("colDone", 0)))
			g.ADDQ(mem(r.args, winoOutDstRow), dst)
			g.ADDQ(mem(r.args, winoOutResRow), res)
		}
		g.VADDPS(r.bias, v, v)
		g.unless(flagResidual, r.flags, label("noResidual", i))
		g.VADDPS(mem(res, 0), v, v)
		g.Label(label("noResidual", i))
		g.relu(v, r.floor)
		g.VMOVUPS(v, mem(dst, 0))
	}
	g.Label(label("colDone", 0))
	g.ADDQ(operand.I32(pixelBytes), col)
	g.CMPQ(col, cols)
	g.JNE(operand.LabelRef(label("col", 0)))
}

// transformA holds the registers of Aᵀ·m: constants, six values, and two temporary.
type transformA struct {
	*gen
	half, two, rootHalf, rootTwo reg.VecPhysical

	m    []reg.VecPhysical
	s, p reg.VecPhysical
}

func (g *gen) newTransformA() *transformA {
	return &transformA{
		gen:  g,
		half: g.constant(bitsHalf), two: g.constant(bitsTwo),
		rootHalf: g.constant(bitsRootHalf), rootTwo: g.constant(bitsRootTwo),
		m: g.vecs(6), s: g.vec(), p: g.vec(),
	}
}

// apply transforms m in place and returns the registers of the four results.
func (x *transformA) apply() [4]reg.VecPhysical {
	m := x.m
	s := x.s
	p := x.p
	d, q := m[1], m[3]
	x.VADDPS(m[1], m[2], s)
	x.VSUBPS(m[2], m[1], d)
	x.VADDPS(m[3], m[4], p)
	x.VSUBPS(m[4], m[3], q)
	x.VFMADD231PS(x.rootTwo, s, m[0]) // m0 + √2·s + √½·p
	x.VFMADD231PS(x.rootHalf, p, m[0])
	x.VADDPS(d, q, m[2])
	x.VMULPS(x.rootHalf, s, s) // √½·s + √2·p
	x.VFMADD213PS(s, x.rootTwo, p)
	x.VFMADD213PS(m[5], x.two, q) // ½·d + 2·q + m5
	x.VFMADD231PS(x.half, d, q)
	return [4]reg.VecPhysical{m[0], m[2], p, q}
}
