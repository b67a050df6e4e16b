package main

// elt emits a scale, an addition and a clamp, as the flags say. R1, R2 and R3 are
// source, destination and residual, R4 counts pixels, R5 holds the flags. They are
// tested at every pixel: the branches always go the same way, and the four vectors of
// a pixel are work enough to hide them.
func (n *neon) elt() {
	n.function("elt", 0, "a *EltArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	n.field(eltSrc, "R1")
	n.field(eltDst, "R2")
	n.field(eltRes, "R3")
	n.field(eltN, "R4")
	n.field(eltFlags, "R5")
	const (
		scale = 4
		shift = 8
		floor = 12
		tmp   = 16
	)
	n.floor("R5", floor)
	n.op("TBZ $3, R5, pixel")
	n.field(eltScale, "R6")
	n.field(eltShift, "R7")
	for i := range 4 {
		n.ld("R6", 16*i, scale+i)
		n.ld("R7", 16*i, shift+i)
	}
	n.at("pixel")
	for i := range 4 {
		n.ld("R1", 16*i, i)
	}
	n.op("TBZ $3, R5, unscaled")
	for i := range 4 { // fmla adds to its destination: the sum starts with the shift
		n.mov(tmp+i, shift+i)
		n.fmla(tmp+i, i, scale+i)
		n.mov(i, tmp+i)
	}
	n.at("unscaled")
	n.addResidual(tmp)
	for i := range 4 {
		n.fmax(i, i, floor)
		n.st(i, "R2", 16*i)
	}
	n.op("ADD $%d, R1, R1", pixelBytes)
	n.op("ADD $%d, R2, R2", pixelBytes)
	n.count("R4", "pixel")
	n.op("RET")
}

// addResidual adds the residual at R3 to the pixel in V0 to V3, if the flag in R5 is
// set, by way of the vectors tmp to tmp+3.
func (n *neon) addResidual(tmp int) {
	n.op("TBZ $1, R5, noResidual")
	for i := range 4 {
		n.ld("R3", 16*i, tmp+i)
		n.fadd(i, i, tmp+i)
	}
	n.op("ADD $%d, R3, R3", pixelBytes)
	n.at("noResidual")
}

// maxPool emits the maximum of each window. NEON's maximum is NaN where an operand
// is, so that it takes one instruction. R1 and R2 are source and destination of
// the output, R3 counts outputs; R4 is a row of the window, R5 counts rows; R6 is a
// pixel, R7 counts pixels.
func (n *neon) maxPool() {
	n.function("maxPool", 0, "a *PoolArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	n.field(poolSrc, "R1")
	n.field(poolDst, "R2")
	n.field(poolN, "R3")
	n.at("output")
	for i := range 4 {
		n.ld("R1", 16*i, i)
	}
	n.op("MOVD R1, R4")
	n.field(poolKH, "R5")
	n.at("kh")
	n.op("MOVD R4, R6")
	n.field(poolKW, "R7")
	n.at("kw")
	for i := range 4 {
		n.ld("R6", 16*i, 4+i)
		n.fmax(i, i, 4+i)
	}
	n.op("ADD $%d, R6, R6", pixelBytes)
	n.count("R7", "kw")
	n.add(poolSrcRow, "R4")
	n.count("R5", "kh")
	for i := range 4 {
		n.st(i, "R2", 16*i)
	}
	n.op("ADD $%d, R2, R2", pixelBytes)
	n.add(poolSrcStep, "R1")
	n.count("R3", "output")
	n.op("RET")
}

// addPixels emits the sum of n pixels for each lane of a block, in order.
func (n *neon) addPixels() {
	n.function("addPixels", 0, "sum *[16]float32, src unsafe.Pointer, n int", "", 24)
	n.op("MOVD sum+0(FP), R0")
	n.op("MOVD src+8(FP), R1")
	n.op("MOVD n+16(FP), R2")
	for i := range 4 {
		n.ld("R0", 16*i, i)
	}
	n.at("pixel")
	for i := range 4 {
		n.ld("R1", 16*i, 4+i)
		n.fadd(i, i, 4+i)
	}
	n.op("ADD $%d, R1, R1", pixelBytes)
	n.count("R2", "pixel")
	for i := range 4 {
		n.st(i, "R0", 16*i)
	}
	n.op("RET")
}

// sums emits the sum of n pixels and of their squares for each lane of a block, in
// float64 and in order. A block is eight vectors of float64, so that the sums take 16
// registers: V0 to V7 those of the values, V8 to V15 those of the squares.
func (n *neon) sums() {
	n.function("sums", 0, "s *[2][16]float64, src unsafe.Pointer, n int", "", 24)
	n.op("MOVD s+0(FP), R0")
	n.op("MOVD src+8(FP), R1")
	n.op("MOVD n+16(FP), R2")
	const (
		all    = 16
		square = 8
		x      = 16
		wide   = 20
	)
	for i := range all {
		n.ld("R0", 16*i, i)
	}
	n.at("pixel")
	for i := range 4 {
		n.ld("R1", 16*i, x+i)
		n.double(wide, x+i)
		for half := range 2 {
			n.three(neonFADD2D, 2*i+half, 2*i+half, wide+half)
			n.fmlaDouble(square+2*i+half, wide+half, wide+half)
		}
	}
	n.op("ADD $%d, R1, R1", pixelBytes)
	n.count("R2", "pixel")
	for i := range all {
		n.st(i, "R0", 16*i)
	}
	n.op("RET")
}

// peak emits independent multiply-adds in registers, for the ceiling of the roofline:
// a round has as many chains as hide the latency of one (4 cycles at 4 per cycle need
// 16; 24 leave room).
func (n *neon) peak() {
	const chains = 24
	n.function("peak", 0, "n int", "int64", 16)
	n.op("MOVD n+0(FP), R0")
	n.op("MOVD $%d, R1", chains*4*2)
	n.op("MUL R0, R1, R1")
	for v := range chains + 1 {
		n.zero(v)
	}
	n.at("round")
	for v := range chains {
		n.fmla(v, chains, chains)
	}
	n.count("R0", "round")
	n.op("MOVD R1, ret+8(FP)")
	n.op("RET")
}

// read emits loads of n bytes, a multiple of 1024, whose values are dropped: the
// ceiling of memory in the roofline.
func (n *neon) read() {
	const round = 256
	n.function("read", 0, "src unsafe.Pointer, n int", "", 16)
	n.op("MOVD src+0(FP), R0")
	n.op("MOVD n+8(FP), R1")
	n.op("LSR $8, R1, R1")
	n.at("round")
	for i := range round / 16 {
		n.ld("R0", 16*i, i)
	}
	n.op("ADD $%d, R0, R0", round)
	n.count("R1", "round")
	n.op("RET")
}
