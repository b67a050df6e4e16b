package asm

import "unsafe"

// generic is the set in plain Go. It has panels of two blocks and tiles of
// every width, so that callers' code for those is exercised everywhere.
var generic = &Kernels{
	Name:       "generic",
	Nob:        2,
	PfStep:     64,
	HalvesFrom: genericHalves,
	Conv:       everyPx(func(px int) func(*ConvArgs) { return genericConv(px, 2) }),
	Conv1:      everyPx(func(px int) func(*ConvArgs) { return genericConv(px, 1) }),
	ConvHalf:   everyPx(func(px int) func(*ConvArgs) { return genericConvHalf(px, 2, BF16.Float32) }),
	ConvHalf1:  everyPx(func(px int) func(*ConvArgs) { return genericConvHalf(px, 1, BF16.Float32) }),
	ConvF16:    everyPx(func(px int) func(*ConvArgs) { return genericConvHalf(px, 2, F16.Float32) }),
	ConvF161:   everyPx(func(px int) func(*ConvArgs) { return genericConvHalf(px, 1, F16.Float32) }),
	Group4:     everyPx(func(px int) func(*ConvArgs) { return genericGroup(px, 4) }),
	Group8:     everyPx(func(px int) func(*ConvArgs) { return genericGroup(px, 8) }),
	WinoIn:     genericWinoIn,
	WinoOut:    genericWinoOut,
	Elt:        genericElt,
	MaxPool:    genericMaxPool,
	AddPixels:  genericAddPixels,
	Sums:       genericSums,
	Peak:       genericPeak,
	Read:       genericRead,

	GradWeight:  everyRows(genericGradWeight),
	NormSums:    genericNormSums,
	NormGrad:    genericNormGrad,
	Mask:        genericMask,
	Join:        genericJoin,
	Squares:     genericSquares,
	Count:       genericCount,
	Figures:     genericFigures,
	SGD:         genericSGD,
	Widen:       genericWiden,
	Narrow:      genericNarrow,
	MaxPoolGrad: genericMaxPoolGrad,
}

// everyRows makes the kernels of weight gradients.
func everyRows(f func(rows int) func(*GradWeightArgs)) (k [MaxRows + 1]func(*GradWeightArgs)) {
	for rows := 1; rows <= MaxRows; rows++ {
		k[rows] = f(rows)
	}
	return k
}

func everyPx(f func(px int) func(*ConvArgs)) (k [MaxPix + 1]func(*ConvArgs)) {
	for px := 1; px <= MaxPix; px++ {
		k[px] = f(px)
	}
	return k
}

const (
	genericHalves = 6 // pixels from which on a tile has two halves

	floatBytes = 4
	pixelBytes = Block * floatBytes
)

// pixel is the 16 floats at p + off bytes.
func pixel(p unsafe.Pointer, off int) *[Block]float32 {
	return (*[Block]float32)(unsafe.Add(p, off))
}

// relu keeps NaN.
func relu(x float32) float32 {
	if x < 0 {
		return 0
	}
	return x
}

// finish adds res, unless it is nil, to y and stores max(y, 0) or y.
func finish(y *[Block]float32, dst, res *[Block]float32, flags int) {
	if flags&FlagResidual != 0 {
		for o := range y {
			y[o] += res[o]
		}
	}
	if flags&FlagReLU != 0 {
		for o := range y {
			y[o] = relu(y[o])
		}
	}
	*dst = *y
}
