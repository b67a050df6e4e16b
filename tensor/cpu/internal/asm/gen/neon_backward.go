package main

import "fmt"

// gradWeight emits the gradient of a weight: the sums of a few floats of the source
// (rows) times a block of output gradients stay in registers, 4·row + part, while the
// loops go over every image, row and pixel. 6 rows take 24 registers; the gradient
// takes 4 and the source 4.
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
	n.outerProduct(rows, grad, x)
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

// outerProduct adds the products of the floats of the source in the vectors x and of
// the gradients in grad.
func (n *neon) outerProduct(rows, grad, x int) {
	for r := range rows {
		lane := neonFloat(r, rows)
		for part := range 4 {
			n.fmlaLane(4*r+part, grad+part, x+lane/4, lane%4)
		}
	}
}

// neonFloat is the lane, counted over the vectors, that floats loads float i to.
func neonFloat(i, count int) int {
	if whole := count &^ 3; i >= whole {
		return whole + 4*(i-whole)
	}
	return i
}

// floats loads count floats: four to a vector, then one to each. It reads no float
// beyond them, since they may be the last of their allocation.
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

// Registers of sgd: constants in every lane, then a vector of parameters, their
// direction, and their momentum.
const (
	neonRate = iota
	neonMomentum
	neonDecay
	neonDirection
	neonVelocity
	neonParam
)

// sgd emits a step of SGD for N/16·16 parameters. Products are rounded before they are
// added, as in every instruction set, so that all sets give the same bits. R1, R2
// and R3 are W, V and Grad, R4 counts, R5 is Nesterov.
func (n *neon) sgd() {
	n.function("sgd", 0, "a *SGDArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	for i, f := range []int{sgdW, sgdV, sgdGrad, sgdN} {
		n.field(f, fmt.Sprintf("R%d", 1+i))
	}
	n.op("MOVWU %d(R0), R5", sgdNesterov)
	for i, f := range []int{sgdRate, sgdMomentum, sgdDecay} {
		n.op("ADD $%d, R0, R6", f)
		n.op("VLD1R (R6), [V%d.S4]", neonRate+i)
	}
	n.op("LSR $4, R4, R4")
	n.op("CBZ R4, done")
	n.at("pixel")
	for i := range 4 {
		n.parameters(16 * i)
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

// parameters moves four parameters, at bytes after the pointers. Without momentum, R2
// is nil and the direction is the gradient with its decay.
func (n *neon) parameters(at int) {
	const (
		d = neonDirection
		m = neonVelocity
		x = neonParam
	)
	step := n.unique("step")
	n.ld("R1", at, x)
	n.ld("R3", at, d)
	n.three(neonFMUL, m, x, neonDecay)
	n.fadd(d, d, m)
	n.op("CBZ R2, %s", step)
	n.ld("R2", at, m)
	n.three(neonFMUL, m, m, neonMomentum)
	n.fadd(m, m, d)
	n.st(m, "R2", at)
	momentum := n.unique("momentum")
	n.op("CBZ R5, %s", momentum)
	n.three(neonFMUL, m, m, neonMomentum)
	n.fadd(m, m, d)
	n.at(momentum)
	n.mov(d, m)
	n.at(step)
	n.three(neonFMUL, d, d, neonRate)
	n.fsub(x, x, d)
	n.st(x, "R1", at)
}

// Registers of maxPoolGrad: four vectors each of a block's largest values so far, the
// numbers of their pixels, and the output's gradient; then the current pixel's number
// and 1 in every lane, and three temporary ones.
const (
	neonBest    = 0
	neonIndex   = 4
	neonGrad    = 8
	neonNumber  = 12
	neonOne     = 13
	neonValue   = 14
	neonGreater = 15
	neonOrdered = 16
)

// maxPoolGrad emits the gradient of a max pooling. It finds each window's first
// maximum, or last NaN, by number; then it goes over the window again and adds to the
// pixel of that number. R1, R2 and R3 are X, DX and DY of the output, R4 counts
// outputs.
func (n *neon) maxPoolGrad() {
	n.function("maxPoolGrad", 0, "a *PoolGradArgs", "", 8)
	n.op("MOVD a+0(FP), R0")
	for i, f := range []int{poolGradX, poolGradDX, poolGradDY, poolGradN} {
		n.field(f, fmt.Sprintf("R%d", 1+i))
	}
	n.op("MOVD $1, R25")
	n.op("VDUP R25, V%d.S4", neonOne)
	n.at("output")
	for i := range 4 {
		n.ld("R1", 16*i, neonBest+i)
		n.zero(neonIndex + i)
		n.ld("R3", 16*i, neonGrad+i)
	}
	n.window("find", "R1", poolGradRow, n.findMax)
	n.window("add", "R2", poolGradDXRow, n.addToMax)
	n.add(poolGradStep, "R1")
	n.add(poolGradStep, "R2")
	n.op("ADD $%d, R3, R3", pixelBytes)
	n.count("R4", "output")
	n.op("RET")
}

// window emits the loops over the KH × KW pixels after base, whose rows lie the field
// stride apart. It numbers the pixels and runs tap for each of their four vectors. R5
// is a row of the window, R6 counts rows; R7 is a pixel, R8 counts pixels.
func (n *neon) window(name, base string, stride int, tap func(i int)) {
	n.zero(neonNumber)
	n.op("MOVD %s, R5", base)
	n.field(poolGradKH, "R6")
	n.at(name + "Row")
	n.op("MOVD R5, R7")
	n.field(poolGradKW, "R8")
	n.at(name)
	for i := range 4 {
		n.ld("R7", 16*i, neonValue)
		tap(i)
	}
	n.op("VADD V%d.S4, V%d.S4, V%d.S4", neonOne, neonNumber, neonNumber)
	n.op("ADD $%d, R7, R7", pixelBytes)
	n.count("R8", name)
	n.add(stride, "R5")
	n.count("R6", name+"Row")
}

// findMax keeps vector i of a pixel, and the pixel's number, in the lanes where it is
// larger than the best so far, or not ordered: NaN.
func (n *neon) findMax(i int) {
	n.three(neonFCMGT, neonGreater, neonValue, neonBest+i)
	n.three(neonFCMEQ, neonOrdered, neonValue, neonValue)
	n.three(neonORN, neonGreater, neonGreater, neonOrdered)
	n.three(neonBIT, neonBest+i, neonValue, neonGreater)
	n.three(neonBIT, neonIndex+i, neonNumber, neonGreater)
}

// addToMax adds the output's gradient to vector i of a pixel, in the lanes that have
// the pixel's number.
func (n *neon) addToMax(i int) {
	n.op("VCMEQ V%d.S4, V%d.S4, V%d.S4", neonNumber, neonIndex+i, neonGreater)
	n.op("VAND V%d.B16, V%d.B16, V%d.B16", neonGreater, neonGrad+i, neonGreater)
	n.fadd(neonValue, neonValue, neonGreater)
	n.st(neonValue, "R7", 16*i)
}
