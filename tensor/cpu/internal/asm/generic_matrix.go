package asm

import "unsafe"

// genericMatrix does what a matrix unit does, in plain Go.
var genericMatrix = &MatrixKernels{
	Conv:   func(a *MatrixArgs) { a.convolve(2) },
	Conv1:  func(a *MatrixArgs) { a.convolve(1) },
	Gather: genericGather,
	Grad: [3][3]func(*MatrixGradArgs){
		1: {1: func(a *MatrixGradArgs) { a.sum(1, 1) }, 2: func(a *MatrixGradArgs) { a.sum(1, 2) }},
		2: {1: func(a *MatrixGradArgs) { a.sum(2, 1) }, 2: func(a *MatrixGradArgs) { a.sum(2, 2) }},
	},
	Transpose: genericTranspose,
}

// genericWithMatrix is generic with such a unit.
var genericWithMatrix = func() *Kernels {
	k, d := *generic, *genericDot
	k.Name, d.Name = "generic_matrix", "generic_matrix"
	d.Matrix = genericMatrix
	k.Dot = &d
	return &k
}()

const matrixPixelBytes = 2 * halfPixelBytes // a gathered pixel of two blocks

// convolve makes a panel of nob blocks.
func (a *MatrixArgs) convolve(nob int) {
	dst, res := a.Dst, a.Res
	for q := 0; q < a.N; {
		for range min(a.Row, a.N-q) {
			for ob := range nob {
				y := *pixel(a.Bias, ob*pixelBytes)
				a.sum(&y, unsafe.Add(a.Src, q*matrixPixelBytes), ob, nob)
				a.store(&y, unsafe.Add(dst, ob*a.DstOB), unsafe.Add(res, ob*a.ResOB))
			}
			dst, res = unsafe.Add(dst, a.pixelBytes()), unsafe.Add(res, a.pixelBytes())
			q++
		}
		q += a.Skip
		dst, res = unsafe.Add(dst, a.DstSkip), unsafe.Add(res, a.ResSkip)
	}
}

// pixelBytes is the bytes of a pixel of the result.
func (a *MatrixArgs) pixelBytes() int {
	if a.Flags&FlagFloat != 0 {
		return pixelBytes
	}
	return halfPixelBytes
}

// sum adds the products of the pixel at src for output block ob of nob.
func (a *MatrixArgs) sum(y *[Block]float32, src unsafe.Pointer, ob, nob int) {
	taps := unsafe.Slice(a.Taps, a.TapCount)
	w := unsafe.Add(a.W, ob*Block*pixelBytes)
	for pair := range a.Pairs {
		for _, tap := range taps {
			for c, x := range (*[Block]pairOf)(unsafe.Add(src, pair*a.SrcPlane+tap)) {
				for o, k := range (*[Block]pairOf)(unsafe.Add(w, c*pixelBytes)) {
					y[o] = dot(y[o], &x, &k)
				}
			}
			w = unsafe.Add(w, nob*Block*pixelBytes)
		}
	}
}

// store finishes a pixel of a block.
func (a *MatrixArgs) store(y *[Block]float32, dst, res unsafe.Pointer) {
	if a.Flags&FlagFloat != 0 {
		finish(y, pixel(dst, 0), (*[Block]float32)(res), a.Flags)
		return
	}
	var r [Block]float32
	if a.Flags&FlagResidual != 0 {
		for o, x := range (*HalfPixel)(res) {
			r[o] = x.Float32()
		}
	}
	finish(y, y, &r, a.Flags)
	for o, x := range y {
		(*HalfPixel)(dst)[o] = RoundBF16(x)
	}
}

func genericGather(a *GatherArgs) {
	for y := range a.Ny {
		for x := range a.Nx {
			src := unsafe.Add(a.Src, y*a.SrcRow+x*a.SrcPix)
			dst := (*[2]HalfPixel)(unsafe.Add(a.Dst, y*a.DstRow+x*matrixPixelBytes))
			*dst = [2]HalfPixel{*(*HalfPixel)(src)}
			if a.SrcOB != 0 {
				dst[1] = *(*HalfPixel)(unsafe.Add(src, a.SrcOB))
			}
		}
	}
}

// sum adds to the sums of in × out blocks.
func (a *MatrixGradArgs) sum(in, out int) {
	for tap, at := range unsafe.Slice(a.Taps, a.TapCount) {
		for r := range in * Block {
			x := unsafe.Slice((*pairOf)(unsafe.Add(a.Src, r*a.SrcRow+at)), Block*a.N)
			row := tap*Block*pixelBytes + r/Block*a.DstIB + r%Block*pixelBytes
			for ob := range out {
				y := pixel(a.Dst, row+ob*a.DstOB)
				grad := unsafe.Slice((*[Block]pairOf)(unsafe.Add(a.Grad, ob*a.GradOB)), Block*a.N)
				for p := range x {
					for o := range y {
						y[o] = dot(y[o], &x[p], &grad[p][o])
					}
				}
			}
		}
	}
}

func genericTranspose(a *TransposeArgs) {
	pixels := unsafe.Slice((*[2 * Block]BF16)(a.Src), 2*Block*a.N)
	for c := range 2 * Block {
		row := unsafe.Slice((*BF16)(unsafe.Add(a.Dst, c*a.DstRow)), len(pixels))
		for p := range pixels {
			row[p] = pixels[p][c]
		}
	}
}
