package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// matrixGrad emits the weight gradient for in blocks of input and out blocks of output
// channels, one or two each. What it sums over is pixels: a row of the first factor is
// a channel's pixels, and of the second a pair of pixels in all lanes of a block.
//
// A tap's sums are loaded, go over all pixels, and are stored. Neighbouring taps of a
// row read the same channels from another pixel on, so that they lie there only once;
// rows that straddle cache lines for it cost less than copies.
func (g *gen) matrixGrad(in, out int) {
	g.function("matrixGrad", 10*in+out, nil, variable("a", pointerTo("MatrixGradArgs")))
	args := g.argument("a")
	at := func(offset int) operand.Mem { return mem(args, offset) }
	load := func(offset int) reg.GPVirtual {
		r := g.GP64()
		g.MOVQ(at(offset), r)
		return r
	}
	src, dst, tap, taps := load(matrixGradSrc), load(matrixGradDst), load(matrixGradTaps), load(matrixGradTapCount)
	row, stride, second := load(matrixGradSrcRow), g.GP64(), g.GP64()
	g.MOVQ(operand.U32(rowBytes), stride)
	g.MOVQ(row, second) // from a block's first channel to the next block's
	g.SHLQ(operand.U8(4), second)
	g.ldtilecfg(at(matrixGradConfig))
	g.Label("tap")
	g.matrixGradSums(in, out, args, dst, stride, false)
	x, dy, dy2, n := g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(mem(tap, 0), x)
	g.ADDQ(src, x)
	g.MOVQ(at(matrixGradGrad), dy)
	g.MOVQ(dy, dy2)
	g.ADDQ(at(matrixGradGradOB), dy2)
	g.MOVQ(at(matrixGradN), n)
	g.Label("pixels")
	for o, from := range []reg.GPVirtual{dy, dy2}[:out] {
		g.tileload(mem(from, 0).Idx(stride, 1), tileWeights[o])
	}
	for i := range in {
		g.tileload(mem(x, 0).Idx(row, 1), tilePixels[i])
		if i == 0 && in > 1 {
			g.ADDQ(second, x)
		}
		for o := range out {
			g.tdpbf16ps(tileWeights[o], tilePixels[i], tileSums[i][o])
		}
	}
	if in > 1 {
		g.SUBQ(second, x)
	}
	g.ADDQ(operand.U8(rowBytes), x)
	g.ADDQ(operand.U32(tileBytes), dy)
	g.ADDQ(operand.U32(tileBytes), dy2)
	g.count(n, "pixels")
	g.section("stored")
	g.matrixGradSums(in, out, args, dst, stride, true)
	g.ADDQ(operand.U8(8), tap)
	g.ADDQ(operand.U32(tileBytes), dst)
	g.count(taps, "tap")
	g.tilerelease()
	g.ret()
}

// matrixGradSums loads or stores the sums of a tap, which lie at dst.
func (g *gen) matrixGradSums(in, out int, args, dst, stride reg.GPVirtual, store bool) {
	p := g.GP64()
	for i := range in {
		g.MOVQ(dst, p)
		if i > 0 {
			g.ADDQ(mem(args, matrixGradDstIB), p)
		}
		for o := range out {
			if o > 0 {
				g.ADDQ(mem(args, matrixGradDstOB), p)
			}
			place := mem(p, 0).Idx(stride, 1)
			if store {
				g.tilestore(tileSums[i][o], place)
			} else {
				g.tileload(place, tileSums[i][o])
			}
		}
	}
}

// transpose emits the transposition of 32 gathered pixels at a time: a row of pixels
// becomes 32 rows of one channel each. Two pixels' words are first interleaved, which
// leaves 16×16 words of 32 bits to transpose, half of the channels at a time: in
// quarters of a vector, then the quarters.
func (g *gen) transpose() {
	g.function("transpose", 0, nil, variable("a", pointerTo("TransposeArgs")))
	args := g.argument("a")
	src, row, n := g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(mem(args, transposeSrc), src)
	g.MOVQ(mem(args, transposeDstRow), row)
	g.MOVQ(mem(args, transposeN), n)
	pix := g.newStrides(row, 4)
	var quarter [4]reg.GPVirtual // rows 8·l on
	for l := range quarter {
		quarter[l] = g.GP64()
		if l == 0 {
			g.MOVQ(mem(args, transposeDst), quarter[0])
			continue
		}
		g.LEAQ(mem(quarter[l-1], 0).Idx(row, 8), quarter[l])
	}
	from, to := g.vecs(block), g.vecs(block)
	back := g.GP64() // from the last rows of 32 pixels to the first of the next 32
	g.MOVQ(row, back)
	g.SHLQ(operand.U8(2), back)
	g.SUBQ(operand.U8(rowBytes), back)
	g.Label("pixels")
	for half, interleave := range []func(...operand.Op){g.VPUNPCKLWD, g.VPUNPCKHWD} {
		for p := range from {
			g.VMOVUPS(mem(src, 2*p*rowBytes), to[p])
			interleave(mem(src, (2*p+1)*rowBytes), to[p], from[p])
		}
		g.transposeWords(from, to)
		for l := range quarter {
			for j := range 4 {
				g.VMOVUPS(from[4*l+j], pix.at(quarter[l], j, 0))
			}
			if half == 0 {
				g.LEAQ(mem(quarter[l], 0).Idx(row, 4), quarter[l])
			} else {
				g.SUBQ(back, quarter[l])
			}
		}
	}
	g.ADDQ(operand.U32(2*tileBytes), src)
	g.count(n, "pixels")
	g.ret()
}

// transposeWords transposes 16×16 words of 32 bits, from → from, with as many vectors
// in between.
func (g *gen) transposeWords(from, tmp []reg.VecPhysical) {
	for i := 0; i < block; i += 2 {
		g.VPUNPCKLDQ(from[i+1], from[i], tmp[i])
		g.VPUNPCKHDQ(from[i+1], from[i], tmp[i+1])
	}
	for i := 0; i < block; i += 4 { // then vector i+j has column j of each quarter, of rows i to i+3
		g.VPUNPCKLQDQ(tmp[i+2], tmp[i], from[i])
		g.VPUNPCKHQDQ(tmp[i+2], tmp[i], from[i+1])
		g.VPUNPCKLQDQ(tmp[i+3], tmp[i+1], from[i+2])
		g.VPUNPCKHQDQ(tmp[i+3], tmp[i+1], from[i+3])
	}
	const even, odd = 0x88, 0xdd // quarters 0 and 2, or 1 and 3, of both
	for j := range 4 {
		g.VSHUFI32X4(operand.U8(even), from[4+j], from[j], tmp[j])
		g.VSHUFI32X4(operand.U8(odd), from[4+j], from[j], tmp[4+j])
		g.VSHUFI32X4(operand.U8(even), from[12+j], from[8+j], tmp[8+j])
		g.VSHUFI32X4(operand.U8(odd), from[12+j], from[8+j], tmp[12+j])
	}
	for j := range 4 {
		g.VSHUFI32X4(operand.U8(even), tmp[8+j], tmp[j], from[j])
		g.VSHUFI32X4(operand.U8(even), tmp[12+j], tmp[4+j], from[4+j])
		g.VSHUFI32X4(operand.U8(odd), tmp[8+j], tmp[j], from[8+j])
		g.VSHUFI32X4(operand.U8(odd), tmp[12+j], tmp[4+j], from[12+j])
	}
}
