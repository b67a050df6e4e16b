//go:build amd64 && !noasm

package asm

// avx2 is the set for AVX2 with FMA: 16 registers of 8 floats hold up to 6 pixels
// of one block, two weights and two sources. From 4 pixels on there are enough
// independent sums to hide the latency of the multiply-add.
var avx2 = &Kernels{
	Name:       "avx2",
	Nob:        1,
	PfStep:     512,
	HalvesFrom: 6,
	Conv: [MaxPix + 1]func(*ConvArgs){
		1: convAVX2x1,
		2: convAVX2x2,
		3: convAVX2x3,
		4: convAVX2x4,
		5: convAVX2x5,
		6: convAVX2x6,
	},
	Conv1: [MaxPix + 1]func(*ConvArgs){
		1: convAVX2x1,
		2: convAVX2x2,
		3: convAVX2x3,
		4: convAVX2x4,
		5: convAVX2x5,
		6: convAVX2x6,
	},
	ConvHalf: [MaxPix + 1]func(*ConvArgs){
		1: convHalfAVX2x1,
		2: convHalfAVX2x2,
		3: convHalfAVX2x3,
		4: convHalfAVX2x4,
		5: convHalfAVX2x5,
		6: convHalfAVX2x6,
	},
	ConvHalf1: [MaxPix + 1]func(*ConvArgs){
		1: convHalfAVX2x1,
		2: convHalfAVX2x2,
		3: convHalfAVX2x3,
		4: convHalfAVX2x4,
		5: convHalfAVX2x5,
		6: convHalfAVX2x6,
	},
	ConvF16: [MaxPix + 1]func(*ConvArgs){
		1: convF16AVX2x1,
		2: convF16AVX2x2,
		3: convF16AVX2x3,
		4: convF16AVX2x4,
		5: convF16AVX2x5,
		6: convF16AVX2x6,
	},
	ConvF161: [MaxPix + 1]func(*ConvArgs){
		1: convF16AVX2x1,
		2: convF16AVX2x2,
		3: convF16AVX2x3,
		4: convF16AVX2x4,
		5: convF16AVX2x5,
		6: convF16AVX2x6,
	},
	Group4: [MaxPix + 1]func(*ConvArgs){
		1: group4AVX2x1,
		2: group4AVX2x2,
		3: group4AVX2x3,
		4: group4AVX2x4,
		5: group4AVX2x5,
		6: group4AVX2x6,
	},
	Group8: [MaxPix + 1]func(*ConvArgs){
		1: group8AVX2x1,
		2: group8AVX2x2,
		3: group8AVX2x3,
		4: group8AVX2x4,
		5: group8AVX2x5,
		6: group8AVX2x6,
	},
	WinoIn:    winoInAVX2,
	WinoOut:   winoOutAVX2,
	Elt:       eltAVX2,
	MaxPool:   maxPoolAVX2,
	AddPixels: addPixelsAVX2,
	Sums:      sumsAVX2,
	Peak:      peakAVX2,
	Read:      readAVX2,

	GradWeight: [MaxRows + 1]func(*GradWeightArgs){
		1: gradWeightAVX2x1,
		2: gradWeightAVX2x2,
		3: gradWeightAVX2x3,
		4: gradWeightAVX2x4,
		5: gradWeightAVX2x5,
		6: gradWeightAVX2x6,
	},
	NormSums:    normSumsAVX2,
	NormGrad:    normGradAVX2,
	Mask:        maskAVX2,
	Join:        joinAVX2,
	Squares:     squaresAVX2,
	Count:       windowAVX2.all,
	Figures:     figuresAVX2,
	SGD:         sgdTail(sgdAVX2),
	Widen:       widenAVX2,
	Narrow:      narrowAVX2,
	MaxPoolGrad: maxPoolGradAVX2,
}

var windowAVX2 = windowKernels{countAVX2, outsideAVX2}
