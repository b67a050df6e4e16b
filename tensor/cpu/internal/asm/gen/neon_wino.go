package main

import "fmt"

// winoIn emits Winograd's transform of the input, Bᵀ·d·B, four lanes at a time: each
// row into the scratch, then each column to the positions. R1 and R2 are the tile's
// source and destination, R4 and R5 the distances between rows and positions, R6 that
// between rows of positions, R7 the scratch; R8 counts lanes in bytes.
func (n *neon) winoIn() {
	n.function("winoIn", 0, "a *WinoInArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	n.field(winoInSrc, "R1")
	n.field(winoInDst, "R2")
	n.field(winoInN, "R3")
	n.field(winoInSrcRow, "R4")
	n.field(winoInPosStride, "R5")
	n.op("MOVD $6, R6")
	n.op("MUL R5, R6, R6")
	n.op("ADD $%d, R0, R7", winoInScratch)
	for i, bits := range []uint32{bitsHalf, bitsTwo, bitsRootHalf, bitsRootTwo, bitsTwoAndAHalf} {
		n.constant(bits, neonHalf+i)
	}
	n.at("tile")
	n.op("MOVD $0, R8")
	n.at("part")
	n.winoInRows()
	n.winoInColumns()
	n.op("ADD $16, R8, R8")
	n.op("CMP $%d, R8", pixelBytes)
	n.op("BNE part")
	n.add(winoInSrcTile, "R1")
	n.add(winoInDstTile, "R2")
	n.count("R3", "tile")
	n.op("RET")
}

// winoInRows transforms the six rows of a tile, from the pixels to the scratch.
func (n *neon) winoInRows() {
	n.section("rows")
	n.op("ADD R8, R1, R9")
	for i := range 6 {
		for j := range 6 {
			n.ld("R9", j*pixelBytes, j)
		}
		n.transformB(func(j, v int) { n.st(v, "R7", (6*i+j)*16) })
		n.op("ADD R4, R9, R9")
	}
}

// winoInColumns transforms the six columns, from the scratch to the positions.
func (n *neon) winoInColumns() {
	n.section("columns")
	n.op("ADD R8, R2, R10")
	for j := range 6 {
		for i := range 6 {
			n.ld("R7", (6*i+j)*16, i)
		}
		n.op("MOVD R10, R11")
		n.transformB(func(_, v int) {
			n.st(v, "R11", 0)
			n.op("ADD R6, R11, R11")
		})
		n.op("ADD R5, R10, R10")
	}
}

// Registers of constants, and in winoOut those of the clamp and the bias.
const (
	neonHalf = 16 + iota
	neonTwo
	neonRootHalf
	neonRootTwo
	neonTwoAndAHalf

	neonFloor = 20
	neonBias  = 21
)

// transformB stores the transform of V0 to V5, in order. Pairs of results share their
// sums, with + and −, as in transformB.apply for x86.
func (n *neon) transformB(store func(i, v int)) {
	const (
		a = 6
		b = 7
		t = 8
	)
	n.fadd(t, 0, 4) // d0 + d4 − 2½·d2
	n.fmls(t, 2, neonTwoAndAHalf)
	store(0, t)
	n.mov(a, 4) // d4 − 2·d2 ± √½·(d3 − 2·d1)
	n.fmls(a, 2, neonTwo)
	n.mov(b, 3)
	n.fmls(b, 1, neonTwo)
	n.mov(t, a)
	n.fmla(t, b, neonRootHalf)
	store(1, t)
	n.fmls(a, b, neonRootHalf)
	store(2, a)
	n.fadd(b, 1, 5) // d1 + d5 − 2½·d3
	n.fmls(b, 3, neonTwoAndAHalf)
	n.fmls(4, 2, neonHalf) // d4 − ½·d2 ± √2·(d3 − ½·d1)
	n.fmls(3, 1, neonHalf)
	n.mov(t, 4)
	n.fmla(t, 3, neonRootTwo)
	store(3, t)
	n.fmls(4, 3, neonRootTwo)
	store(4, 4)
	store(5, b)
}

// winoOut emits Winograd's transform of the products to the output, Aᵀ·m·A, four
// lanes at a time: each row into the scratch, then those columns that lie in the
// image. R1, R2 and R3 are the tile's source, destination and residual, R5 is the
// distance between positions, R6 the flags, R7 the scratch; R8 counts lanes in bytes.
func (n *neon) winoOut() {
	n.function("winoOut", 0, "a *WinoOutArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	for i, offset := range []int{winoOutSrc, winoOutDst, winoOutRes, winoOutN, winoOutPosStride, winoOutFlags} {
		n.field(offset, fmt.Sprintf("R%d", 1+i))
	}
	n.op("ADD $%d, R0, R7", winoOutScratch)
	for i, bits := range []uint32{bitsHalf, bitsTwo, bitsRootHalf, bitsRootTwo} {
		n.constant(bits, neonHalf+i)
	}
	n.floor("R6", neonFloor)
	n.at("tile")
	n.op("MOVD $0, R8")
	n.at("part")
	n.field(winoOutBias, "R9")
	n.op("ADD R8, R9, R9")
	n.ld("R9", 0, neonBias)
	n.section("rows")
	n.op("ADD R8, R1, R9")
	for i := range 6 {
		for j := range 6 {
			n.ld("R9", 0, j)
			n.op("ADD R5, R9, R9")
		}
		n.transformA()
		for j := range 4 {
			n.st(neonY+j, "R7", (4*i+j)*16)
		}
	}
	n.winoOutColumns()
	n.op("ADD $16, R8, R8")
	n.op("CMP $%d, R8", pixelBytes)
	n.op("BNE part")
	n.add(winoOutSrcTile, "R1")
	n.add(winoOutDstTile, "R2")
	n.add(winoOutResTile, "R3")
	n.count("R4", "tile")
	n.op("RET")
}

// neonY is the first of four results of transformA.
const neonY = 8

// transformA transforms V0 to V5 to four results, neonY to neonY+3.
func (n *neon) transformA() {
	const (
		s = 12
		d = 13
		p = 14
		q = 15
	)
	n.fadd(s, 1, 2)
	n.fsub(d, 1, 2)
	n.fadd(p, 3, 4)
	n.fsub(q, 3, 4)
	n.mov(neonY, 0) // m0 + √2·s + √½·p
	n.fmla(neonY, s, neonRootTwo)
	n.fmla(neonY, p, neonRootHalf)
	n.fadd(neonY+1, d, q)
	n.three(neonFMUL, neonY+2, s, neonRootHalf) // √½·s + √2·p
	n.fmla(neonY+2, p, neonRootTwo)
	n.mov(neonY+3, 5) // ½·d + 2·q + m5
	n.fmla(neonY+3, q, neonTwo)
	n.fmla(neonY+3, d, neonHalf)
}

// winoOutColumns emits the loop over Cols columns, from the scratch to Rows pixels
// each: what a tile at the edge has beyond the image is skipped. R10 and R11 are rows
// and columns, R12 and R13 distances between rows of destination and residual, R14 to
// R16 the column's scratch, destination and residual, R17 and R19 the pixel's.
func (n *neon) winoOutColumns() {
	n.field(winoOutRows, "R10")
	n.field(winoOutCols, "R11")
	n.field(winoOutDstRow, "R12")
	n.field(winoOutResRow, "R13")
	n.op("MOVD R7, R14")
	n.op("ADD R8, R2, R15")
	n.op("ADD R8, R3, R16")
	n.at("column")
	for i := range 6 {
		n.ld("R14", 4*i*16, i)
	}
	n.transformA()
	n.op("MOVD R15, R17")
	n.op("MOVD R16, R19")
	for i := range 4 {
		if i > 0 {
			n.op("CMP $%d, R10", i)
			n.op("BEQ columnDone")
			n.op("ADD R12, R17, R17")
			n.op("ADD R13, R19, R19")
		}
		n.fadd(neonY+i, neonY+i, neonBias)
		label := n.unique("noResidual")
		n.op("TBZ $1, R6, %s", label)
		n.ld("R19", 0, 0)
		n.fadd(neonY+i, neonY+i, 0)
		n.at(label)
		n.fmax(neonY+i, neonY+i, neonFloor)
		n.st(neonY+i, "R17", 0)
	}
	n.at("columnDone")
	n.op("ADD $16, R14, R14")
	n.op("ADD $%d, R15, R15", pixelBytes)
	n.op("ADD $%d, R16, R16", pixelBytes)
	n.count("R11", "column")
}
