package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predicates and controls of vector instructions.
const (
	cmpEqual  = 0x00
	oddDwords = 0xaa // of VPBLENDD
)

// chunkPixels is how many pixels counters of 4 bits take: a lane of 64 bits has four
// values of each, and two sets of counters for either sign.
const chunkPixels = 7

// counting is the state of count's loop.
type counting struct {
	*gen
	one, positive, negative, quads, zero reg.VecPhysical // constants
	nibbles, bytes                       reg.VecPhysical
	up, down                             []reg.VecPhysical // counters, of even and odd values
	zeros                                reg.VecPhysical
	tmp                                  []reg.VecPhysical
	split                                []reg.VecPhysical // what check makes of the counters
}

// countExponents emits a histogram of exponents. A lane of 64 bits is 16 counters of 4 bits, one
// for each exponent of a window: a value adds 1<<4·(exponent−base), which is 0, as x86
// shifts, for any value that is not in the window or has the other sign. Zeros are
// counted apart. After seven pixels all counts together must be as many as there were
// values: otherwise one was outside, and the kernel stops before these pixels. Else
// the counters are widened and added up in memory.
func (g *gen) countExponents() {
	g.function("count", 0, typeInt64, variable("a", pointerTo("CountArgs")))
	args := g.argument("a")
	src, left, seven, now, full := g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(mem(args, countSrc), src)
	g.MOVQ(mem(args, countN), left)
	g.MOVQ(operand.I32(chunkPixels), seven)
	c := &counting{gen: g}
	c.constants(args)
	c.up, c.down, c.zeros = g.vecs(2), g.vecs(2), g.vec()
	c.tmp = g.vecs(4)
	signed := g.GP64()
	g.MOVQ(mem(args, countSigned), signed)
	g.Label("chunk")
	for _, v := range []reg.VecPhysical{c.up[0], c.up[1], c.down[0], c.down[1], c.zeros} {
		g.VPXOR(v, v, v)
	}
	g.MOVQ(left, now)
	g.CMPQ(left, seven)
	g.JLT(operand.LabelRef("few"))
	g.MOVQ(seven, now)
	g.Label("few")
	g.SUBQ(now, left)
	g.MOVQ(now, full)
	g.SHLQ(operand.U8(2), full)
	g.TESTQ(signed, signed)
	g.JNZ(operand.LabelRef("signed"))
	pixels := func(label string, both bool) {
		g.Label(label)
		for part := range 2 {
			c.vector(mem(src, part*g.vecBytes()), both)
		}
		g.ADDQ(operand.I32(pixelBytes), src)
		g.count(now, label)
	}
	pixels("positive", false)
	g.JMP(operand.LabelRef("check"))
	pixels("signed", true)
	g.Label("check")
	c.check(full)
	g.section("widen")
	c.widen(args)
	g.TESTQ(left, left)
	g.JNZ(operand.LabelRef("chunk"))
	c.leave(args, left)
	g.Label("miss")
	g.SHRQ(operand.U8(2), full)
	g.ADDQ(full, left)
	c.leave(args, left)
}

// constants are those of the loop.
func (c *counting) constants(args reg.GPVirtual) {
	r := c.GP64()
	c.one, c.positive, c.negative = c.vec(), c.vec(), c.vec()
	c.MOVQ(operand.I32(1), r)
	c.VMOVQ(r, c.one.AsX())
	c.VPBROADCASTQ(c.one.AsX(), c.one)
	c.MOVQ(mem(args, countBase), r)
	c.VMOVQ(r, c.positive.AsX())
	c.VPBROADCASTD(c.positive.AsX(), c.positive)
	c.ADDQ(operand.I32(4*256), r)
	c.VMOVQ(r, c.negative.AsX())
	c.VPBROADCASTD(c.negative.AsX(), c.negative)
	c.quads = c.constant(0x7fc)
	c.nibbles = c.constant(0x0f0f0f0f)
	c.bytes = c.constant(0x00ff00ff)
	c.zero = c.vec()
	c.VPXOR(c.zero, c.zero, c.zero)
}

// vector counts eight values, or those of them that are not negative.
func (c *counting) vector(m operand.Mem, both bool) {
	x, y, z := c.tmp[0], c.tmp[1], c.tmp[2]
	c.VMOVUPS(m, x)
	c.VCMPPS(operand.U8(cmpEqual), x, c.zero, y)
	c.VPSUBD(y, c.zeros, c.zeros)
	c.VPSRLD(operand.U8(21), x, x)
	c.VPAND(c.quads, x, x)
	for i, sums := range [][]reg.VecPhysical{c.up, c.down} {
		if i == 1 && !both {
			break
		}
		c.VPSUBD([]reg.VecPhysical{c.positive, c.negative}[i], x, y)
		c.VPSRLQ(operand.U8(32), y, z)
		c.VPBLENDD(operand.U8(oddDwords), c.zero, y, y)
		c.VPSLLVQ(y, c.one, y)
		c.VPSLLVQ(z, c.one, z)
		c.VPADDQ(y, sums[0], sums[0])
		c.VPADDQ(z, sums[1], sums[1])
	}
}

// check splits the counters into bytes, for even and odd exponents of each sign, and
// jumps unless each lane's sum is full.
func (c *counting) check(full reg.GPVirtual) {
	x, y := c.tmp[2], c.tmp[3]
	c.split = nil
	for i, v := range [][]reg.VecPhysical{c.up, c.down} {
		even, odd := c.tmp[i], v[0]
		c.VPAND(c.nibbles, v[0], even)
		c.VPAND(c.nibbles, v[1], x)
		c.VPADDB(x, even, even)
		for _, v := range v {
			c.VPSRLQ(operand.U8(4), v, v)
			c.VPAND(c.nibbles, v, v)
		}
		c.VPADDB(v[1], odd, odd)
		c.split = append(c.split, even, odd)
	}
	c.VPADDB(c.split[0], c.split[1], x)
	c.VPADDB(c.split[2], c.split[3], y)
	c.VPADDB(y, x, x)
	c.VPSADBW(c.zero, x, x)
	c.VPSRLQ(operand.U8(32), c.zeros, y)
	c.VPADDQ(y, x, x)
	c.VPBLENDD(operand.U8(oddDwords), c.zero, c.zeros, y)
	c.VPADDQ(y, x, x)
	c.VMOVQ(full, y.AsX())
	c.VPBROADCASTQ(y.AsX(), y)
	c.VPCMPEQQ(y, x, x)
	mask := c.GP32()
	c.VPMOVMSKB(x, mask)
	c.CMPL(mask, operand.I32(-1))
	c.JNE(operand.LabelRef("miss"))
}

// widen adds the bytes of check to Words, and the zeros to Zeros.
func (c *counting) widen(args reg.GPVirtual) {
	x := c.tmp[2]
	add := func(i int) {
		m := mem(args, countWords+32*i)
		c.VPADDW(m, x, x)
		c.VMOVUPS(x, m)
	}
	for i, v := range c.split {
		c.VPAND(c.bytes, v, x)
		add(2 * i)
		c.VPSRLW(operand.U8(8), v, x)
		add(2*i + 1)
	}
	m := mem(args, countZeros)
	c.VPADDD(m, c.zeros, c.zeros)
	c.VMOVUPS(c.zeros, m)
}

// leave returns how many pixels were counted, if left ones were not.
func (c *counting) leave(args, left reg.GPVirtual) {
	n := c.GP64()
	c.MOVQ(mem(args, countN), n)
	c.SUBQ(left, n)
	c.Store(n, c.ReturnIndex(0))
	c.ret()
}

// figurePrefetch is how far ahead figures prefetches, in bytes: callers count and sum up 256
// pixels at a time, so that the next ones come while these are summed up.
const figurePrefetch = 256 * pixelBytes

// figures emits sums of differences and of their squares in float64, by lane, with the
// least and the greatest value.
func (g *gen) figures() {
	g.function("figures", 0, nil, variable("s", pointerTo("FigureSums")), variable("src", typePtr), variable("n", typeInt))
	s, src, n := g.argument("s"), g.argument("src"), g.argument("n")
	sums, squares := g.vecs(4), g.vecs(4)
	least, most := g.vecs(2), g.vecs(2)
	tmp := g.vecs(2)
	each := func(f func(m operand.Mem, v reg.VecPhysical)) {
		for i := range 4 {
			f(mem(s, figureSum+32*i), sums[i])
			f(mem(s, figureSquares+32*i), squares[i])
		}
		for i := range 2 {
			f(mem(s, figureMin+32*i), least[i])
			f(mem(s, figureMax+32*i), most[i])
		}
	}
	each(func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(m, v) })
	g.Label("pixel")
	for i := range 4 {
		x := tmp[i%2]
		g.VCVTPS2PD(mem(src, 16*i), x)
		g.VSUBPD(mem(s, figureShift+32*i), x, x)
		g.VADDPD(x, sums[i], sums[i])
		g.VFMADD231PD(x, x, squares[i])
	}
	for i := range 2 {
		g.VMINPS(mem(src, 32*i), least[i], least[i])
		g.VMAXPS(mem(src, 32*i), most[i], most[i])
	}
	g.PREFETCHT0(mem(src, figurePrefetch))
	g.ADDQ(operand.I32(pixelBytes), src)
	g.count(n, "pixel")
	each(func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(v, m) })
	g.ret()
}

// laneZeros emits the count of zeros, of either sign, by lane.
func (g *gen) laneZeros() {
	g.function("laneZeros", 0, nil, variable("z", pointerTo("LaneCounts")), variable("src", typePtr), variable("n", typeInt))
	z, src, n := g.argument("z"), g.argument("src"), g.argument("n")
	counts, x, zero := g.vecs(2), g.vecs(2), g.vec()
	g.VPXOR(zero, zero, zero)
	for i, c := range counts {
		g.VMOVUPS(mem(z, 32*i), c)
	}
	g.Label("pixel")
	for i, c := range counts {
		g.VCMPPS(operand.U8(cmpEqual), mem(src, 32*i), zero, x[i])
		g.VPSUBD(x[i], c, c)
	}
	g.ADDQ(operand.I32(pixelBytes), src)
	g.count(n, "pixel")
	for i, c := range counts {
		g.VMOVUPS(c, mem(z, 32*i))
	}
	g.ret()
}
