package main

import (
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// avx512BF16 is AVX-512 with products of bfloat16: a lane of 32 bits is a pair of
// factors, where it is a float in avx512. So its kernels have the same shape: half as
// many steps, which broadcast two neighbouring elements and multiply them by a vector
// of pairs of weights. The weights of 16 elements are half as long, and so is what is
// prefetched meanwhile.
var avx512BF16 = func() isa {
	s := avx512
	s.file, s.pfLines, s.emit = "avx512_bf16", 4, (*gen).dots
	return s
}()

const halfPixelBytes = pixelBytes / 2 // a block of bfloat16

// dots emits the kernels of bfloat16.
func (g *gen) dots() {
	for px := 1; px <= g.maxPx; px++ {
		g.dot("dot", px, g.nob)
		g.dot("dotOne", px, 1)
	}
	for rows := 1; rows <= g.maxRows; rows++ {
		g.gradWeight("dotGradWeight", rows, g.vdpbf16psBroadcast)
	}
	g.pair()
	g.widen()
	g.narrowAtOnce()
	g.peak("dotPeak", 2, g.vdpbf16ps)
}

// dot emits the convolution: conv with pairs.
func (g *gen) dot(name string, px, nob int) {
	t := g.newTile(name, px, nob, 2)
	t.weightsPerTap = nob * pixelBytes
	t.srcPixel = halfPixelBytes
	t.end = t.dotEpilogue
	t.loops(func() {
		t.reduce(block/2, true, func(k int) { t.convTap(k, t.vdpbf16ps) })
	})
}

// dotEpilogue is epilogue for results of 16 or, with a flag, of 32 bits.
func (t *tile) dotEpilogue() {
	t.section("residual")
	f := t.GP64()
	t.MOVQ(t.arg(convFlags), f)
	t.unless(flagResidual, f, "noResidual")
	t.unless(flagFloat, f, "halfResidual")
	t.eachOutput(res(pixelBytes), func(_, _ int, m operand.Mem, v reg.VecPhysical) {
		t.VADDPS(m, v, v)
	})
	t.JMP(operand.LabelRef("noResidual"))
	t.Label("halfResidual")
	x := t.w[0]
	t.eachOutput(res(halfPixelBytes), func(_, _ int, m operand.Mem, v reg.VecPhysical) {
		t.VPMOVZXWD(m, x)
		t.VPSLLD(operand.U8(16), x, x)
		t.VADDPS(x, v, v)
	})
	t.Label("noResidual")
	t.clamp(f)
	t.unless(flagFloat, f, "narrow")
	t.eachOutput(dst(pixelBytes), func(_, _ int, m operand.Mem, v reg.VecPhysical) {
		t.VMOVUPS(v, m)
	})
	t.JMP(operand.LabelRef("stored"))
	t.Label("narrow")
	t.eachOutput(dst(halfPixelBytes), func(_, _ int, m operand.Mem, v reg.VecPhysical) {
		half := v.AsY().(reg.VecPhysical)
		t.vcvtneps2bf16(v, half)
		t.VMOVUPS(half, m)
	})
	t.Label("stored")
}

// pair emits the interleaving of two pixels: the second's values go to the upper
// halves of words of 32 bits. The loop does two pixels; one may be left.
func (g *gen) pair() {
	g.function("pair", 0, nil, variable("a", pointerTo("PairArgs")))
	args := g.argument("a")
	src, dst, step, double, dstStep, n := g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(mem(args, pairSrc), src)
	g.MOVQ(mem(args, pairDst), dst)
	g.MOVQ(mem(args, pairSrcStep), step)
	g.MOVQ(mem(args, pairDstStep), dstStep)
	g.MOVQ(mem(args, pairN), n)
	g.LEAQ(mem(step, 0).Idx(step, 1), double)
	first, second := g.vec(), g.vec()
	g.SHRQ(operand.U8(1), n)
	g.JZ(operand.LabelRef("last"))
	g.Label("pixel")
	g.VPMOVZXWD(mem(src, 0), first)
	g.VPMOVZXWD(mem(src, 0).Idx(step, 1), second)
	g.VPSLLD(operand.U8(16), second, second)
	g.VPORD(second, first, first)
	g.VMOVUPS(first, mem(dst, 0))
	g.ADDQ(double, src)
	g.ADDQ(dstStep, dst)
	g.count(n, "pixel")
	g.Label("last")
	g.MOVQ(mem(args, pairN), n)
	g.TESTB(operand.U8(1), n.As8L())
	g.JZ(operand.LabelRef("done"))
	g.VPMOVZXWD(mem(src, 0), first)
	g.VMOVUPS(first, mem(dst, 0))
	g.Label("done")
	g.ret()
}

// narrowAtOnce emits narrow with the instruction for it, which makes subnormal numbers
// zero.
func (g *gen) narrowAtOnce() {
	g.function("narrow", 0, nil, variable("dst", typePtr), variable("src", typePtr), variable("n", typeInt))
	dst, src, n := g.argument("dst"), g.argument("src"), g.argument("n")
	x := g.vec()
	half := x.AsY().(reg.VecPhysical)
	g.Label("pixel")
	g.VMOVUPS(mem(src, 0), x)
	g.vcvtneps2bf16(x, half)
	g.VMOVUPS(half, mem(dst, 0))
	g.ADDQ(operand.I32(pixelBytes), src)
	g.ADDQ(operand.I32(halfPixelBytes), dst)
	g.count(n, "pixel")
	g.ret()
}

// vdpbf16ps adds to d the products of x's and w's pairs.
func (g *gen) vdpbf16ps(ops ...operand.Op) { g.unknown("VDPBF16PS", nil, ops, ops) }

// vdpbf16psBroadcast is vdpbf16ps with a pair of memory for all lanes of x.
func (g *gen) vdpbf16psBroadcast(ops ...operand.Op) {
	g.unknown("VDPBF16PS", []string{"BCST"}, ops, ops)
}

// vcvtneps2bf16 rounds x's floats to y.
func (g *gen) vcvtneps2bf16(x, y reg.VecPhysical) {
	g.unknown("VCVTNEPS2BF16", nil, []operand.Op{x, y}, []operand.Op{x})
}

// unknown adds an instruction that avo doesn't know; encodeUnknown writes its bytes.
// The last operand is its result.
func (g *gen) unknown(name string, suffixes []string, ops, inputs []operand.Op) {
	g.Instruction(&ir.Instruction{
		Opcode: name, Suffixes: suffixes, Operands: ops,
		Inputs: inputs, Outputs: ops[len(ops)-1:], ISA: []string{"AVX512_BF16"},
	})
}
