package main

import "fmt"

// gradWeight keeps the sums of that many floats of the source in registers, 4·row
// + part, while it goes over the pixels.
//
//	R1, R2        source and result of the group of rows; R4 groups left; R3 SrcPix
//	R11, R12      source and gradient of the image; R13 images left
//	R5, R6        those of the row; R7 rows left
//	R8, R9        those of the pixel; R10 pixels left
func (n *neon) gradWeight(rows int) {
	const grad, x = 24, 28 // 4 vectors of the gradient, 4 for the source
	n.function("gradWeight", rows, "a *GradWeightArgs", "", 8)
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
	n.section("store")
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

// floats loads count floats and no more: four to a vector, then one to each.
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

// sgd updates N/16·16 floats. Products are not fused, as in every set. R1, R2 and R3
// are W, V and Grad, R4 counts, R5 is Nesterov.
func (n *neon) sgd() {
	const (
		rate  = 0
		mu    = 1
		decay = 2
		d     = 3
		m     = 4
		x     = 5
	)
	n.function("sgd", 0, "a *SGDArgs", "", 8)
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
// goes over the window again and adds to the pixel of that number. R1, R2 and R3 are
// X, DX and DY of the output, R4 counts outputs; R5 is a row of the window, R6 counts
// rows; R7 is a pixel, R8 counts pixels.
func (n *neon) maxPoolGrad() {
	const (
		best    = 0
		index   = 4
		grad    = 8
		number  = 12
		one     = 13
		x       = 14
		greater = 15
		ordered = 16
	)
	n.function("maxPoolGrad", 0, "a *PoolGradArgs", "", 8)
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
