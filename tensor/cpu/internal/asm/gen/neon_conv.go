package main

import "fmt"

// Registers of the NEON convolutions: vector 4·p + part is the sum of pixel p,
// V24 to V29 hold the pixels' source, V30 and V31 weights. General registers:
//
//	R0            arguments
//	R1, R2        rows and tiles that are left
//	R3, R4, R5    source, destination and residual of the row
//	R6, R7, R8    those of the tile
//	R9            weights, a stream
//	R10 … R15     the source of each pixel
//	R16, R17      blocks and rows of taps that are left
//	R19, R20      source of the block, of the row of taps
//	R21           what is left of Run
//	R22           Pf
//	R23           SrcPix
//	R24, R25      temporary
const (
	neonX = 24 // the first of 6
	neonW = 30 // the first of 2
)

// neonAcc is the register of part `part` of pixel p's sums.
func neonAcc(p, part int) int { return 4*p + part }

// neonPixel is the register that points to the source of pixel p.
func neonPixel(p int) string { return fmt.Sprintf("R%d", 10+p) }

// conv emits the convolution for any kernel size and stride: one output block, four
// vectors, at px pixels. 6 pixels are 24 sums, which with 6 sources and 2 weights fill
// the 32 registers. A load of weights serves all pixels, a load of the source four
// floats and 16 multiply-adds.
func (n *neon) conv(px int) {
	n.function("conv", px, "a *ConvArgs", "", 8)
	n.loops(px, func() {
		n.reduce(px, block, func() {
			for quad := range 4 {
				n.prefetchPanel(quad)
				n.quad(px, quad*4*floatBytes, []int{0, 1, 2, 3}, func(e, part int) int {
					return (4*quad+e)*pixelBytes + 16*part
				})
			}
		})
		n.tail(px)
	})
}

// group emits the grouped convolution with g channels per group: a vector of the
// sums, four lanes, needs one quad of the source with g = 4, and two with 8.
func (n *neon) group(px, g int) {
	n.function(fmt.Sprintf("group%d", g), px, "a *ConvArgs", "", 8)
	quads := g / 4
	n.loops(px, func() {
		n.reduce(px, g, func() {
			for part := range 4 {
				n.prefetchPanel(part)
				for quad := range quads {
					x := part/quads*quads + quad
					n.quad(px, x*4*floatBytes, []int{part}, func(e, part int) int {
						return (4*quad+e)*pixelBytes + 16*part
					})
				}
			}
		})
	})
}

// quad adds four floats of each pixel's source, disp bytes after its pointer, times
// their weights, to some parts of the sums. weight is where the weights of float e and
// a part lie after R9; two registers take turns, so that the next load doesn't wait
// for the products of the last.
func (n *neon) quad(px, disp int, parts []int, weight func(e, part int) int) {
	for p := range px {
		n.ld(neonPixel(p), disp, neonX+p)
	}
	i := 0
	for e := range 4 {
		for _, part := range parts {
			w := neonW + i%2
			i++
			n.ld("R9", weight(e, part), w)
			for p := range px {
				n.fmlaLane(neonAcc(p, part), w, neonX+p, e)
			}
		}
	}
}

// loops emits the outer loops, over rows and tiles, with body for a row of taps.
func (n *neon) loops(px int, body func()) {
	n.op("MOVD a+0(FP), R0")
	n.field(convNy, "R1")
	n.field(convSrc, "R3")
	n.field(convDst, "R4")
	n.field(convRes, "R5")
	n.field(convPf, "R22")
	n.field(convSrcPix, "R23")
	n.at("row")
	n.field(convNx, "R2")
	n.op("MOVD R3, R6")
	n.op("MOVD R4, R7")
	n.op("MOVD R5, R8")
	n.at("tile")
	n.prefetchOutput(px)
	n.bias(px)
	n.taps(px, body)
	n.epilogue(px)
	for i, by := range []int{convSrcX, convDstX, convResX} {
		n.add(by, fmt.Sprintf("R%d", 6+i))
	}
	n.count("R2", "tile")
	for i, by := range []int{convSrcY, convDstY, convResY} {
		n.add(by, fmt.Sprintf("R%d", 3+i))
	}
	n.count("R1", "row")
	n.op("MOVD R22, %d(R0)", convPf)
	n.op("RET")
}

// bias starts the sums of every pixel with the bias.
func (n *neon) bias(px int) {
	n.field(convBias, "R24")
	for part := range 4 {
		n.ld("R24", 16*part, neonAcc(0, part))
		for p := 1; p < px; p++ {
			n.mov(neonAcc(p, part), neonAcc(0, part))
		}
	}
}

// taps emits a tile's reduction over blocks of input channels and rows of taps, with
// body for a row. Each pixel has a pointer of its own, since arm64 has no addresses of
// base, scaled index and displacement.
func (n *neon) taps(px int, body func()) {
	n.field(convW, "R9")
	n.field(convIcb, "R16")
	n.op("MOVD R6, R19")
	n.at("icb")
	n.field(convKh, "R17")
	n.op("MOVD R19, R20")
	n.at("kh")
	n.op("MOVD R20, R10")
	for p := 1; p < px; p++ {
		n.op("ADD R23, %s, %s", neonPixel(p-1), neonPixel(p))
	}
	body()
	n.add(convSrcRow, "R20")
	n.count("R17", "kh")
	n.add(convSrcPlane, "R19")
	n.count("R16", "icb")
}

// reduce emits the loop over a row of taps, 16 floats of the source at a time; taps
// is the number of vectors of 16 weights that body reads for them.
func (n *neon) reduce(px, taps int, body func()) {
	n.field(convRun, "R21")
	n.op("LSR $4, R21, R21")
	n.op("CBZ R21, tail")
	n.at("run")
	body()
	n.add(convPfStep, "R22")
	for p := range px {
		n.op("ADD $%d, %s, %s", pixelBytes, neonPixel(p), neonPixel(p))
	}
	n.op("ADD $%d, R9, R9", taps*pixelBytes)
	n.count("R21", "run")
	n.at("tail")
}

// tail emits what is left of Run, one float at a time: only a row of the first layer
// leaves any.
func (n *neon) tail(px int) {
	n.field(convRun, "R21")
	n.op("AND $%d, R21, R21", block-1)
	n.op("CBZ R21, runDone")
	n.at("tailLoop")
	for p := range px {
		n.op("VLD1R.P %d(%s), [V%d.S4]", floatBytes, neonPixel(p), neonX+p)
	}
	for part := range 4 {
		w := neonW + part%2
		n.ld("R9", 16*part, w)
		for p := range px {
			n.fmla(neonAcc(p, part), w, neonX+p)
		}
	}
	n.op("ADD $%d, R9, R9", pixelBytes)
	n.count("R21", "tailLoop")
	n.at("runDone")
}

// prefetchPanel fetches one of the next panel's four cache lines for each 16 floats
// of the source.
func (n *neon) prefetchPanel(line int) { n.op("PRFM %d(R22), PLDL2KEEP", line*pixelBytes) }

// prefetchOutput prefetches what the epilogue will read and write.
func (n *neon) prefetchOutput(px int) {
	n.field(convFlags, "R24")
	n.op("TBZ $2, R24, prefetched")
	for p := range px {
		n.op("PRFM %d(R7), PSTL1KEEP", p*pixelBytes)
	}
	n.op("TBZ $1, R24, prefetched")
	for p := range px {
		n.op("PRFM %d(R8), PLDL1KEEP", p*pixelBytes)
	}
	n.at("prefetched")
}

// epilogue adds the residual, clamps, and stores. The registers of the source are
// free by then, and take turns for the residual.
func (n *neon) epilogue(px int) {
	each := func(f func(v, disp int)) {
		for v := range 4 * px {
			f(v, 16*v)
		}
	}
	n.section("residual")
	n.field(convFlags, "R24")
	n.op("TBZ $1, R24, noResidual")
	each(func(v, disp int) {
		n.ld("R8", disp, neonX+v%6)
		n.fadd(v, v, neonX+v%6)
	})
	n.at("noResidual")
	n.op("TBZ $0, R24, noReLU")
	n.zero(neonW)
	each(func(v, _ int) { n.fmax(v, v, neonW) })
	n.at("noReLU")
	each(func(v, disp int) { n.st(v, "R7", disp) })
}
