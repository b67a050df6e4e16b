package main

import "fmt"

// winoIn transforms tiles by Bᵀ·d·B, four lanes at a time: rows into the
// scratch, then columns. R1 and R2 are the tile's source and destination, R8
// counts lanes in bytes.
func (n *neon) winoIn() {
	n.function("winoInNEON", "a *WinoInArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	n.field(winoInSrc, "R1")
	n.field(winoInDst, "R2")
	n.field(winoInN, "R3")
	n.field(winoInSrcRow, "R4")
	n.field(winoInPosStride, "R5")
	n.op("MOVD $6, R6")
	n.op("MUL R5, R6, R6")
	n.op("ADD $%d, R0, R7", winoInScratch)
	n.constant(bitsTwo, 16)
	n.constant(bitsFour, 17)
	n.constant(bitsFive, 18)
	n.at("tile")
	n.op("MOVD $0, R8")
	n.at("part")
	n.op("ADD R8, R1, R9")
	for i := range 6 {
		for j := range 6 {
			n.ld("R9", j*pixelBytes, j)
		}
		n.transformB(func(j, v int) { n.st(v, "R7", (6*i+j)*16) })
		n.op("ADD R4, R9, R9")
	}
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
	n.op("ADD $16, R8, R8")
	n.op("CMP $%d, R8", pixelBytes)
	n.op("BNE part")
	n.add(winoInSrcTile, "R1")
	n.add(winoInDstTile, "R2")
	n.count("R3", "tile")
	n.op("RET")
}

// transformB stores the transform of V0 to V5, in order. V16 to V18 hold 2, 4
// and 5.
func (n *neon) transformB(store func(i, v int)) {
	const two, four, five, a, b, t = 16, 17, 18, 6, 7, 8
	n.mov(t, 4) // 4·d0 − 5·d2 + d4
	n.fmla(t, 0, four)
	n.fmls(t, 2, five)
	store(0, t)
	n.mov(a, 4) // d4 − 4·d2 ± (d3 − 4·d1)
	n.fmls(a, 2, four)
	n.mov(b, 3)
	n.fmls(b, 1, four)
	n.fadd(t, a, b)
	store(1, t)
	n.fsub(a, a, b)
	store(2, a)
	n.fsub(a, 4, 2) // d4 − d2 ± 2·(d3 − d1)
	n.fsub(b, 3, 1)
	n.mov(t, a)
	n.fmla(t, b, two)
	store(3, t)
	n.fmls(a, b, two)
	store(4, a)
	n.fmla(5, 1, four) // 4·d1 − 5·d3 + d5
	n.fmls(5, 3, five)
	store(5, 5)
}

// winoOut transforms tiles by Aᵀ·m·A, four lanes at a time: rows into the
// scratch, then the columns that are wanted. R1, R2 and R3 are the tile's
// source, destination and residual, R8 counts lanes in bytes.
func (n *neon) winoOut() {
	n.function("winoOutNEON", "a *WinoOutArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	for i, offset := range []int{winoOutSrc, winoOutDst, winoOutRes, winoOutN, winoOutPosStride, winoOutFlags} {
		n.field(offset, fmt.Sprintf("R%d", 1+i))
	}
	n.op("ADD $%d, R0, R7", winoOutScratch)
	n.constant(bitsTwo, 16)
	n.constant(bitsFour, 17)
	n.constant(bitsEight, 18)
	n.floor("R6", 19)
	n.at("tile")
	n.op("MOVD $0, R8")
	n.at("part")
	n.field(winoOutBias, "R9")
	n.op("ADD R8, R9, R9")
	n.ld("R9", 0, 20)
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

// transformA transforms V0 to V5. V16 to V18 hold 2, 4 and 8.
func (n *neon) transformA() {
	const two, four, eight, s, d, p, q = 16, 17, 18, 12, 13, 14, 15
	n.fadd(s, 1, 2)
	n.fsub(d, 1, 2)
	n.fadd(p, 3, 4)
	n.fsub(q, 3, 4)
	n.fadd(neonY, 0, s) // m0 + s + p
	n.fadd(neonY, neonY, p)
	n.mov(neonY+1, d) // d + 2·q
	n.fmla(neonY+1, q, two)
	n.mov(neonY+2, s) // s + 4·p
	n.fmla(neonY+2, p, four)
	n.fadd(neonY+3, d, 5) // d + 8·q + m5
	n.fmla(neonY+3, q, eight)
}

// winoOutColumns stores Cols columns of Rows pixels.
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
		n.fadd(neonY+i, neonY+i, 20)
		label := n.unique("noResidual")
		n.op("TBZ $1, R6, %s", label)
		n.ld("R19", 0, 0)
		n.fadd(neonY+i, neonY+i, 0)
		n.at(label)
		n.fmax(neonY+i, neonY+i, 19)
		n.st(neonY+i, "R17", 0)
	}
	n.at("columnDone")
	n.op("ADD $16, R14, R14")
	n.op("ADD $%d, R15, R15", pixelBytes)
	n.op("ADD $%d, R16, R16", pixelBytes)
	n.count("R11", "column")
}
