package main

import "fmt"

// Registers of norm's kernels, for their arguments.
const (
	neonNormX   = "R1"
	neonNormDY  = "R2"
	neonNormY   = "R3"
	neonNormDst = "R4"
	neonNormN   = "R5"
)

// norm starts a kernel whose last parameter is a *NormGradArgs; size is that of all
// parameters in bytes.
func (n *neon) norm(name, params string, size int) {
	n.function(name, 0, params, "", size)
	n.op("MOVD a+%d(FP), R0", size-8)
	for i, f := range []int{normX, normDY, normY, normDst, normN} {
		n.field(f, fmt.Sprintf("R%d", 1+i))
	}
}

// pixels emits the loop over pixels. body finds dy, masked if there is a Y, in vectors
// v to v+3. All pointers advance, even those that a kernel doesn't use: four additions
// hide behind the loads.
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

// normSums emits Σ dy and Σ dy·(x−mean) for each lane of a block, in float64, where
// the products are exact. V0 to V7 hold the sums of dy, V8 to V15 those of the
// products.
func (n *neon) normSums() {
	const (
		all     = 16
		product = 8
		dy      = 16
		x       = 20
		wide    = 21
		mean    = 25
	)
	n.norm("normSums", "s *[2][16]float64, a *NormGradArgs", 16)
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

// normGrad emits dst = a·dy + (b·x + c), with three factors for each lane of a block
// in V8 to V19.
func (n *neon) normGrad() {
	const (
		dy = 0
		x  = 4
		y  = 5
		a  = 8
		b  = 12
		c  = 16
	)
	n.norm("normGrad", "a *NormGradArgs", 8)
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

// mask emits dst = dy where y > 0, else 0: a ReLU's gradient by itself.
func (n *neon) mask() {
	n.norm("mask", "a *NormGradArgs", 8)
	n.pixels(0, 4, func() {
		for i := range 4 {
			n.st(i, neonNormDst, 16*i)
		}
	})
	n.op("RET")
}

// join emits dst = x + y, with Σx², Σy², Σx·y and Σ(x+y)² in float64: two vectors for
// each sum, V0 to V7, which are added lane by lane at the end.
func (n *neon) join() {
	const (
		sums = 8
		x    = 8
		y    = 9
		d    = 10
		wide = 11
	)
	n.function("join", 0, "s *[4]float64, dst, x, y unsafe.Pointer, n int", "", 40)
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
			x := wide + half
			y := wide + 2 + half
			d := wide + 4 + half
			for j, factors := range [][2]int{{x, x}, {y, y}, {x, y}, {d, d}} {
				n.fmlaDouble(2*j+half, factors[0], factors[1])
			}
		}
	}
	for _, r := range []string{"R1", "R2", "R3"} {
		n.op("ADD $%d, %s, %s", pixelBytes, r, r)
	}
	n.count("R4", "pixel")
	n.section("lanes")
	for i := range 4 {
		n.addDoubles(2*i, 2*i+1, 8*i)
	}
	n.op("RET")
}

// squares emits Σx² of n pixels in float64, in four chains that hide the latency.
func (n *neon) squares() {
	const (
		sums = 4
		x    = 4
		wide = 5
	)
	n.function("squares", 0, "s *float64, src unsafe.Pointer, n int", "", 24)
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
	n.section("lanes")
	n.three(neonFADD2D, 0, 0, 2)
	n.three(neonFADD2D, 1, 1, 3)
	n.addDoubles(0, 1, 0)
	n.op("RET")
}

// double converts the four floats of x to two vectors of float64, d and d+1.
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
