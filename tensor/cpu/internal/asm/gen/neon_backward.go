package main

import "fmt"

// gradWeight keeps the sums of so many floats of the source in registers, 4·row
// + part, while it goes over the pixels.
func (n *neon) gradWeight(rows int) {
	const grad, x = 24, 28 // 4 vectors of the gradient, 4 for the source
	n.function(fmt.Sprintf("gradWeightNEONx%d", rows), "a *GradWeightArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	for i, f := range []int{gradSrc, gradDst, gradSrcPix, gradGroups} {
		n.field(f, fmt.Sprintf("R%d", 1+i))
	}
	n.at("group")
	for v := range 4 * rows {
		n.ld("R2", 16*v, v)
	}
	n.op("MOVD R1, R11")
	n.field(gradGrad, "R12")
	n.field(gradNz, "R13")
	n.at("image")
	n.op("MOVD R11, R5")
	n.op("MOVD R12, R6")
	n.field(gradNy, "R7")
	n.at("row")
	n.op("MOVD R5, R8")
	n.op("MOVD R6, R9")
	n.field(gradNx, "R10")
	n.at("pixel")
	for part := range 4 {
		n.ld("R9", 16*part, grad+part)
	}
	n.floats("R8", rows, x)
	for r := range rows {
		for part := range 4 {
			n.fmlaLane(4*r+part, grad+part, x+neonFloat(r, rows)/4, neonFloat(r, rows)%4)
		}
	}
	n.op("ADD R3, R8, R8")
	n.op("ADD $%d, R9, R9", pixelBytes)
	n.count("R10", "pixel")
	n.add(gradSrcRow, "R5")
	n.add(gradGradRow, "R6")
	n.count("R7", "row")
	n.add(gradSrcZ, "R11")
	n.add(gradGradZ, "R12")
	n.count("R13", "image")
	for v := range 4 * rows {
		n.st(v, "R2", 16*v)
	}
	n.op("ADD $%d, R1, R1", rows*floatBytes)
	n.op("ADD $%d, R2, R2", rows*pixelBytes)
	n.count("R4", "group")
	n.op("RET")
}

// neonFloat is the lane, counted over the vectors, that floats loads float i to.
func neonFloat(i, count int) int {
	if whole := count &^ 3; i >= whole {
		return whole + 4*(i-whole)
	}
	return i
}

// floats loads so many floats and no more: four to a vector, then one to each.
func (n *neon) floats(base string, count, v int) {
	for i := 0; i < count; {
		at := v + neonFloat(i, count)/4
		if count-i < 4 {
			n.op("FMOVS %d(%s), F%d", i*floatBytes, base, at)
			i++
			continue
		}
		n.ld(base, i*floatBytes, at)
		i += 4
	}
}

// Registers of norm's kernels, for their arguments.
const (
	neonNormX   = "R1"
	neonNormDY  = "R2"
	neonNormY   = "R3"
	neonNormDst = "R4"
	neonNormN   = "R5"
)

// norm starts a kernel of NormGradArgs, whose name's last parameter they are.
func (n *neon) norm(name, params string, size int) {
	n.function(name, params, "", size)
	n.op("MOVD a+%d(FP), R0", size-8)
	for i, f := range []int{normX, normDY, normY, normDst, normN} {
		n.field(f, fmt.Sprintf("R%d", 1+i))
	}
}

// pixels repeats body, which finds dy, masked, in vectors v to v+3.
func (n *neon) pixels(v, tmp int, body func()) {
	n.at("pixel")
	for i := range 4 {
		n.ld(neonNormDY, 16*i, v+i)
	}
	n.op("CBZ %s, unmasked", neonNormY)
	for i := range 4 {
		n.ld(neonNormY, 16*i, tmp)
		n.op("WORD $0x%08x // fcmgt.4s v%d, v%d, #0.0", 0x4ea0c800|uint32(tmp<<5|tmp), tmp, tmp)
		n.op("VAND V%d.B16, V%d.B16, V%d.B16", tmp, v+i, v+i)
	}
	n.op("ADD $%d, %s, %s", pixelBytes, neonNormY, neonNormY)
	n.at("unmasked")
	body()
	for _, r := range []string{neonNormX, neonNormDY, neonNormDst} {
		n.op("ADD $%d, %s, %s", pixelBytes, r, r)
	}
	n.count(neonNormN, "pixel")
}

// normSums adds Σ dy and Σ dy·(x−mean), with products in float64: exact.
func (n *neon) normSums() {
	const all, product, dy, x, wide, mean = 16, 8, 16, 20, 21, 25
	n.norm("normSumsNEON", "s *[2][16]float64, a *NormGradArgs", 16)
	n.op("MOVD s+0(FP), R6")
	for v := range all {
		n.ld("R6", 16*v, v)
	}
	n.field(normMean, "R7")
	for i := range 4 {
		n.ld("R7", 16*i, mean+i)
	}
	n.pixels(dy, x, func() {
		for i := range 4 {
			n.ld(neonNormX, 16*i, x)
			n.fsub(x, x, mean+i)
			n.double(wide, dy+i)
			n.double(wide+2, x)
			for half := range 2 {
				sum := 2*i + half
				n.three(neonFADD2D, sum, sum, wide+half)
				n.fmlaDouble(product+sum, wide+half, wide+2+half)
			}
		}
	})
	for v := range all {
		n.st(v, "R6", 16*v)
	}
	n.op("RET")
}

// normGrad is dst = a·dy + (b·x + c).
func (n *neon) normGrad() {
	const dy, x, y, a, b, c = 0, 4, 5, 8, 12, 16
	n.norm("normGradNEON", "a *NormGradArgs", 8)
	n.field(normFactors, "R7")
	for v := range 12 {
		n.ld("R7", 16*v, a+v)
	}
	n.pixels(dy, x, func() {
		for i := range 4 {
			n.ld(neonNormX, 16*i, x)
			n.mov(y, c+i)
			n.fmla(y, x, b+i)
			n.fmla(y, dy+i, a+i)
			n.st(y, neonNormDst, 16*i)
		}
	})
	n.op("RET")
}

// mask is dst = dy where y > 0, else 0.
func (n *neon) mask() {
	n.norm("maskNEON", "a *NormGradArgs", 8)
	n.pixels(0, 4, func() {
		for i := range 4 {
			n.st(i, neonNormDst, 16*i)
		}
	})
	n.op("RET")
}

// join is dst = x + y, with Σx², Σy², Σx·y and Σ(x+y)² in float64.
func (n *neon) join() {
	const sums, x, y, d, wide = 8, 8, 9, 10, 11
	n.function("joinNEON", "s *[4]float64, dst, x, y unsafe.Pointer, n int", "", 40)
	for i, name := range []string{"s", "dst", "x", "y", "n"} {
		n.op("MOVD %s+%d(FP), R%d", name, 8*i, i)
	}
	for v := range sums {
		n.zero(v)
	}
	n.at("pixel")
	for i := range 4 {
		n.ld("R2", 16*i, x)
		n.ld("R3", 16*i, y)
		n.fadd(d, x, y)
		n.st(d, "R1", 16*i)
		for j, v := range []int{x, y, d} {
			n.double(wide+2*j, v)
		}
		for half := range 2 {
			x, y, d := wide+half, wide+2+half, wide+4+half
			for j, factors := range [][2]int{{x, x}, {y, y}, {x, y}, {d, d}} {
				n.fmlaDouble(2*j+half, factors[0], factors[1])
			}
		}
	}
	for _, r := range []string{"R1", "R2", "R3"} {
		n.op("ADD $%d, %s, %s", pixelBytes, r, r)
	}
	n.count("R4", "pixel")
	for i := range 4 {
		n.addDoubles(2*i, 2*i+1, 8*i)
	}
	n.op("RET")
}

// squares adds Σx² of n pixels in float64.
func (n *neon) squares() {
	const sums, x, wide = 4, 4, 5
	n.function("squaresNEON", "s *float64, src unsafe.Pointer, n int", "", 24)
	for i, name := range []string{"s", "src", "n"} {
		n.op("MOVD %s+%d(FP), R%d", name, 8*i, i)
	}
	for v := range sums {
		n.zero(v)
	}
	n.at("pixel")
	for i := range 4 {
		n.ld("R1", 16*i, x)
		n.double(wide, x)
		for half := range 2 {
			n.fmlaDouble(i/2*2+half, wide+half, wide+half)
		}
	}
	n.op("ADD $%d, R1, R1", pixelBytes)
	n.count("R2", "pixel")
	n.three(neonFADD2D, 0, 0, 2)
	n.three(neonFADD2D, 1, 1, 3)
	n.addDoubles(0, 1, 0)
	n.op("RET")
}

// double makes the four floats of x two vectors of float64, d and d+1.
func (n *neon) double(d, x int) {
	n.op("WORD $0x%08x // fcvtl v%d.2d, v%d.2s", 0x0e617800|uint32(x<<5|d), d, x)
	n.op("WORD $0x%08x // fcvtl2 v%d.2d, v%d.4s", 0x4e617800|uint32(x<<5|d+1), d+1, x)
}

// fmlaDouble is d += x·y in float64.
func (n *neon) fmlaDouble(d, x, y int) { n.op("VFMLA V%d.D2, V%d.D2, V%d.D2", y, x, d) }

// addDoubles adds the lanes of v and w to the float64 at R0.
func (n *neon) addDoubles(v, w, disp int) {
	n.three(neonFADD2D, v, v, w)
	n.op("WORD $0x%08x // faddp d%d, v%d.2d", 0x7e70d800|uint32(v<<5|v), v, v)
	n.op("FMOVD %d(R0), F%d", disp, w)
	n.op("FADDD F%d, F%d, F%d", v, w, v)
	n.op("FMOVD F%d, %d(R0)", v, disp)
}

// sgd updates N/16·16 floats. Products are not fused, as in every set.
func (n *neon) sgd() {
	const rate, mu, decay, d, m, x = 0, 1, 2, 3, 4, 5
	n.function("sgdNEON", "a *SGDArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	for i, f := range []int{sgdW, sgdV, sgdGrad, sgdN} {
		n.field(f, fmt.Sprintf("R%d", 1+i))
	}
	n.op("MOVWU %d(R0), R5", sgdNesterov)
	for v, f := range []int{sgdRate, sgdMomentum, sgdDecay} {
		n.op("ADD $%d, R0, R6", f)
		n.op("VLD1R (R6), [V%d.S4]", v)
	}
	n.op("LSR $4, R4, R4")
	n.op("CBZ R4, done")
	n.at("pixel")
	for i := range 4 {
		step := n.unique("step")
		n.ld("R1", 16*i, x)
		n.ld("R3", 16*i, d)
		n.three(neonFMUL, m, x, decay)
		n.fadd(d, d, m)
		n.op("CBZ R2, %s", step)
		n.ld("R2", 16*i, m)
		n.three(neonFMUL, m, m, mu)
		n.fadd(m, m, d)
		n.st(m, "R2", 16*i)
		momentum := n.unique("momentum")
		n.op("CBZ R5, %s", momentum)
		n.three(neonFMUL, m, m, mu)
		n.fadd(m, m, d)
		n.at(momentum)
		n.mov(d, m)
		n.at(step)
		n.three(neonFMUL, d, d, rate)
		n.fsub(x, x, d)
		n.st(x, "R1", 16*i)
	}
	n.op("ADD $%d, R1, R1", pixelBytes)
	n.op("ADD $%d, R3, R3", pixelBytes)
	n.op("CBZ R2, next")
	n.op("ADD $%d, R2, R2", pixelBytes)
	n.at("next")
	n.count("R4", "pixel")
	n.at("done")
	n.op("RET")
}

// maxPoolGrad finds each window's first maximum, or last NaN, by number; then it
// goes over the window again and adds to the pixel of that number.
func (n *neon) maxPoolGrad() {
	const best, index, grad, number, one, x, greater, ordered = 0, 4, 8, 12, 13, 14, 15, 16
	n.function("maxPoolGradNEON", "a *PoolGradArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	for i, f := range []int{poolGradX, poolGradDX, poolGradDY, poolGradN} {
		n.field(f, fmt.Sprintf("R%d", 1+i))
	}
	n.op("MOVD $1, R25")
	n.op("VDUP R25, V%d.S4", one)
	window := func(name, base string, stride int, tap func(i int)) {
		n.zero(number)
		n.op("MOVD %s, R5", base)
		n.field(poolGradKH, "R6")
		n.at(name + "Row")
		n.op("MOVD R5, R7")
		n.field(poolGradKW, "R8")
		n.at(name)
		for i := range 4 {
			n.ld("R7", 16*i, x)
			tap(i)
		}
		n.op("VADD V%d.S4, V%d.S4, V%d.S4", one, number, number)
		n.op("ADD $%d, R7, R7", pixelBytes)
		n.count("R8", name)
		n.add(stride, "R5")
		n.count("R6", name+"Row")
	}
	n.at("output")
	for i := range 4 {
		n.ld("R1", 16*i, best+i)
		n.zero(index + i)
		n.ld("R3", 16*i, grad+i)
	}
	window("find", "R1", poolGradRow, func(i int) {
		n.three(neonFCMGT, greater, x, best+i)
		n.three(neonFCMEQ, ordered, x, x)
		n.three(neonORN, greater, greater, ordered)
		n.three(neonBIT, best+i, x, greater)
		n.three(neonBIT, index+i, number, greater)
	})
	window("add", "R2", poolGradDXRow, func(i int) {
		n.op("VCMEQ V%d.S4, V%d.S4, V%d.S4", number, index+i, greater)
		n.op("VAND V%d.B16, V%d.B16, V%d.B16", greater, grad+i, greater)
		n.fadd(x, x, greater)
		n.st(x, "R7", 16*i)
	})
	n.add(poolGradStep, "R1")
	n.add(poolGradStep, "R2")
	n.op("ADD $%d, R3, R3", pixelBytes)
	n.count("R4", "output")
	n.op("RET")
}
