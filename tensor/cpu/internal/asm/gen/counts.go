package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const cmpEqual = 0x00 // predicate of comparisons

const (
	sixPixels       = 6  // that counters of 2 bits take: of their 96 values three are in each byte
	fiveSixes       = 5  // after which counters of 4 bits are full
	windowExponents = 16 // of asm.Window

	lineBytes = 64 // of a cache line

	nibblesAt = 0 // in the scratch memory
	bytesAt   = nibblesAt + 16*32
)

// counting is the state of count's loop: everything is in bytes, one for each value.
type counting struct {
	*gen
	args, tables, scratch reg.GPVirtual
	base, rest, negative  reg.VecPhysical // constants
	pairs, nibbles        reg.VecPhysical // masks
	places                [2][]reg.VecPhysical
	tmp                   []reg.VecPhysical
	src, left, sixes, now reg.GPVirtual
}

// countExponents emits a histogram of exponents. A byte is a value's place in a window of
// 16 exponents, or has its upper bit set. A table's look-up makes it a one in one of four
// counters of 2 bits; four tables have all 16. Three look-ups later these are added to
// counters of 4 bits, then to bytes, and in the end to words of 64 bits. Negative values
// have places, and counters, of their own.
func (g *gen) countExponents() {
	g.function("count", 0, nil, variable("a", pointerTo("CountArgs")))
	c := &counting{gen: g, args: g.argument("a"), tables: g.GP64(), scratch: g.GP64(), src: g.GP64(), left: g.GP64(), sixes: g.GP64(), now: g.GP64()}
	g.MOVQ(mem(c.args, countSrc), c.src)
	g.MOVQ(mem(c.args, countN), c.left)
	g.MOVQ(mem(c.args, countTables), c.tables)
	// Aligned, or half of all loads and stores would cross a line.
	g.LEAQ(mem(c.args, countScratch+lineBytes-1), c.scratch)
	g.ANDQ(operand.I32(-lineBytes), c.scratch)
	c.constants()
	for sign := range c.places {
		c.places[sign] = g.vecs(3)
	}
	c.tmp = g.vecs(4)
	signed := g.GP64()
	g.MOVQ(mem(c.args, countSigned), signed)
	g.TESTQ(signed, signed)
	g.JNZ(operand.LabelRef("signed"))
	c.run("positive", 1)
	c.run("signed", 2)
}

// constants are those of the loop.
func (c *counting) constants() {
	r := c.GP64()
	c.base = c.vec()
	c.MOVQ(mem(c.args, countBase), r)
	c.IMUL3Q(operand.I32(0x01010101), r, r)
	c.VMOVQ(r, c.base.AsX())
	c.VPBROADCASTD(c.base.AsX(), c.base)
	c.rest = c.constant(0x01010101 * (128 - windowExponents))
	c.negative = c.constant(0x01000100)
	c.pairs = c.constant(0x33333333)
	c.nibbles = c.constant(0x0f0f0f0f)
}

// run counts all pixels, of one sign or both.
func (c *counting) run(label string, signs int) {
	c.Label(label)
	c.MOVQ(operand.I32(fiveSixes), c.sixes)
	c.CMPQ(c.left, c.sixes)
	few := label + "Few"
	c.JLT(operand.LabelRef(few))
	c.MOVQ(c.sixes, c.now)
	c.JMP(operand.LabelRef(label + "Six"))
	c.Label(few)
	c.MOVQ(c.left, c.now)
	c.Label(label + "Six")
	for two := range 3 {
		c.place(two, signs)
	}
	for sign := range signs {
		c.look(sign)
	}
	c.ADDQ(operand.I32(sixPixels*pixelBytes), c.src)
	c.DECQ(c.left)
	c.count(c.now, label+"Six")
	c.section("widen")
	c.widen(signs)
	c.TESTQ(c.left, c.left)
	c.JNZ(operand.LabelRef(label))
	c.section("sum")
	c.sum(signs)
	c.ret()
}

// place makes places of the 32 values of two pixels.
func (c *counting) place(two, signs int) {
	for i, x := range c.tmp {
		c.VMOVUPS(mem(c.src, two*2*pixelBytes+i*c.vecBytes()), x)
		c.VPSRLD(operand.U8(23), x, x)
	}
	c.VPACKUSDW(c.tmp[0], c.tmp[1], c.tmp[0])
	c.VPACKUSDW(c.tmp[2], c.tmp[3], c.tmp[2])
	if signs == 2 {
		c.VPSUBW(c.negative, c.tmp[0], c.tmp[1]) // less than 0, and then 0, if positive
		c.VPSUBW(c.negative, c.tmp[2], c.tmp[3])
		c.pack(c.tmp[1], c.tmp[3], c.places[1][two])
	}
	c.pack(c.tmp[0], c.tmp[2], c.places[0][two]) // 255 if negative
}

// pack makes places of words that are exponents, or too large or small for bytes.
func (c *counting) pack(x, y, to reg.VecPhysical) {
	c.VPACKUSWB(x, y, to)
	c.VPSUBB(c.base, to, to)
	c.VPADDUSB(c.rest, to, to)
}

// look counts the places of a sign.
func (c *counting) look(sign int) {
	table, sum, x := c.tmp[0], c.tmp[1], c.tmp[2]
	for k := range 4 {
		c.VMOVUPS(mem(c.tables, 32*k), table)
		c.VPSHUFB(c.places[sign][0], table, sum)
		for _, p := range c.places[sign][1:] {
			c.VPSHUFB(p, table, x)
			c.VPADDB(x, sum, sum)
		}
		c.VPAND(c.pairs, sum, x)
		c.addTo(nibblesAt+32*(8*sign+2*k), x)
		c.VPSRLW(operand.U8(2), sum, sum)
		c.VPAND(c.pairs, sum, sum)
		c.addTo(nibblesAt+32*(8*sign+2*k+1), sum)
	}
}

// addTo adds bytes to those in the scratch memory.
func (c *counting) addTo(offset int, x reg.VecPhysical) {
	c.VPADDB(mem(c.scratch, offset), x, x)
	c.VMOVUPS(x, mem(c.scratch, offset))
}

// widen moves counters of 4 bits to bytes.
func (c *counting) widen(signs int) {
	zero, v, x := c.tmp[0], c.tmp[1], c.tmp[2]
	c.VPXOR(zero, zero, zero)
	for i := range 8 * signs {
		first := i/2*4 + i%2 // exponent of the lower counter
		c.VMOVUPS(mem(c.scratch, nibblesAt+32*i), v)
		c.VMOVUPS(zero, mem(c.scratch, nibblesAt+32*i))
		c.VPAND(c.nibbles, v, x)
		c.addTo(bytesAt+32*first, x)
		c.VPSRLW(operand.U8(4), v, v)
		c.VPAND(c.nibbles, v, v)
		c.addTo(bytesAt+32*(first+2), v)
	}
}

// sum moves bytes to Bins and Total.
func (c *counting) sum(signs int) {
	zero, x, total := c.tmp[0], c.tmp[1], c.tmp[2]
	c.VPXOR(total, total, total)
	for i := range windowExponents * signs {
		c.VPSADBW(mem(c.scratch, bytesAt+32*i), zero, x)
		c.VMOVUPS(zero, mem(c.scratch, bytesAt+32*i))
		c.VPADDQ(x, total, total)
		c.VPADDQ(mem(c.args, countBins+32*i), x, x)
		c.VMOVUPS(x, mem(c.args, countBins+32*i))
	}
	c.VMOVUPS(total, mem(c.args, countTotal))
}

// outside emits the search for the first pixel that has a value which count leaves out.
func (g *gen) outside() {
	g.function("outside", 0, typeInt64, variable("a", pointerTo("CountArgs")), variable("src", typePtr), variable("n", typeInt))
	args, src, n := g.argument("a"), g.argument("src"), g.argument("n")
	least, most, sign, zero := g.vec(), g.constant(windowExponents<<23-1), g.vec(), g.vec()
	r := g.GP64()
	g.MOVQ(mem(args, countBase), r)
	g.SHLQ(operand.U8(23), r)
	g.VMOVQ(r, least.AsX())
	g.VPBROADCASTD(least.AsX(), least)
	g.MOVQ(mem(args, countSigned), r) // the mask of what counts of a value: without its sign if that is 1
	g.DECQ(r)
	g.VMOVQ(r, sign.AsX())
	g.VPBROADCASTD(sign.AsX(), sign)
	g.VORPS(g.constant(0x7fffffff), sign, sign)
	g.VPXOR(zero, zero, zero)
	x, y, fits := g.vec(), g.vec(), g.vecs(2)
	left, mask := g.GP64(), g.GP32()
	g.MOVQ(n, left)
	g.Label("pixel")
	for i, fit := range fits {
		g.VMOVUPS(mem(src, 32*i), x)
		g.VCMPPS(operand.U8(cmpEqual), x, zero, fit)
		g.VPAND(sign, x, x)
		g.VPSUBD(least, x, x)
		g.VPMINUD(x, most, y)
		g.VPCMPEQD(x, y, x)
		g.VORPS(x, fit, fit)
	}
	g.VPAND(fits[0], fits[1], x)
	g.VPMOVMSKB(x, mask)
	g.CMPL(mask, operand.I32(-1))
	g.JNE(operand.LabelRef("found"))
	g.ADDQ(operand.I32(pixelBytes), src)
	g.count(left, "pixel")
	g.Label("found")
	g.SUBQ(left, n)
	g.Store(n, g.ReturnIndex(0))
	g.ret()
}
