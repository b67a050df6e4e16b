package main

// widen emits the copy of n pixels from bf16 to float32.
func (n *neon) widen() {
	n.function("widen", 0, "dst, src unsafe.Pointer, n int", "", 24)
	n.copyArguments()
	n.at("pixel")
	for i := range 2 {
		n.ld("R1", 16*i, i)
		n.shll(2+2*i, i, false)
		n.shll(3+2*i, i, true)
	}
	for i := range 4 {
		n.st(2+i, "R0", 16*i)
	}
	n.op("ADD $%d, R1, R1", halfBytes)
	n.op("ADD $%d, R0, R0", pixelBytes)
	n.count("R2", "pixel")
	n.op("RET")
}

// copyArguments loads dst, src and n.
func (n *neon) copyArguments() {
	n.op("MOVD dst+0(FP), R0")
	n.op("MOVD src+8(FP), R1")
	n.op("MOVD n+16(FP), R2")
}

// shll widens four bf16 of x, its upper ones if high, to float32.
func (n *neon) shll(d, x int, high bool) {
	if high {
		n.op("WORD $0x%08x // shll2.4s v%d, v%d, 16", 0x6e613800|x<<5|d, d, x)
		return
	}
	n.op("WORD $0x%08x // shll.4s v%d, v%d, 16", 0x2e613800|x<<5|d, d, x)
}

// narrow emits the copy of n pixels from float32 to bf16, rounded to the nearest, ties
// to even. A NaN stays one.
func (n *neon) narrow() {
	const (
		half  = 28
		quiet = 29
		one   = 30
	)
	n.function("narrow", 0, "dst, src unsafe.Pointer, n int", "", 24)
	n.copyArguments()
	n.constant(bitsBelowHalf, half)
	n.constant(bitsQuiet, quiet)
	n.constant(bitsOne, one)
	n.at("pixel")
	for i := range 4 {
		x, number, rounded := i, 4+i, 8+i
		n.ld("R1", 16*i, x)
		n.three(neonFCMEQ, number, x, x)
		n.op("VUSHR $16, V%d.S4, V%d.S4", x, rounded)
		n.op("VAND V%d.B16, V%d.B16, V%d.B16", one, rounded, rounded)
		n.op("VADD V%d.S4, V%d.S4, V%d.S4", half, rounded, rounded)
		n.op("VADD V%d.S4, V%d.S4, V%d.S4", x, rounded, rounded)
		n.op("VORR V%d.B16, V%d.B16, V%d.B16", quiet, x, x)
		n.three(neonBIT, x, rounded, number)
	}
	for i := range 2 {
		n.three(neonUZP2, 16+i, 2*i, 2*i+1) // the upper halves
		n.st(16+i, "R0", 16*i)
	}
	n.op("ADD $%d, R1, R1", pixelBytes)
	n.op("ADD $%d, R0, R0", halfBytes)
	n.count("R2", "pixel")
	n.op("RET")
}
