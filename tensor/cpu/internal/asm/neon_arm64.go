//go:build arm64 && !noasm

package asm

// neon is the set for arm64: 32 registers of 4 floats hold up to 6 pixels of one
// block, their sources, and two weights. Every arm64 has these instructions.
var neon = &Kernels{
	Name:       "neon",
	Nob:        1,
	PfStep:     256,
	HalvesFrom: MaxPix + 1,
	Conv: [MaxPix + 1]func(*ConvArgs){
		1: convNEONx1,
		2: convNEONx2,
		3: convNEONx3,
		4: convNEONx4,
		5: convNEONx5,
		6: convNEONx6,
	},
	Conv1: [MaxPix + 1]func(*ConvArgs){
		1: convNEONx1,
		2: convNEONx2,
		3: convNEONx3,
		4: convNEONx4,
		5: convNEONx5,
		6: convNEONx6,
	},
	Group4: [MaxPix + 1]func(*ConvArgs){
		1: group4NEONx1,
		2: group4NEONx2,
		3: group4NEONx3,
		4: group4NEONx4,
		5: group4NEONx5,
		6: group4NEONx6,
	},
	Group8: [MaxPix + 1]func(*ConvArgs){
		1: group8NEONx1,
		2: group8NEONx2,
		3: group8NEONx3,
		4: group8NEONx4,
		5: group8NEONx5,
		6: group8NEONx6,
	},
	WinoIn:    winoInNEON,
	WinoOut:   winoOutNEON,
	Elt:       eltNEON,
	MaxPool:   maxPoolNEON,
	AddPixels: addPixelsNEON,
	Sums:      sumsNEON,
	Peak:      peakNEON,
	Read:      readNEON,

	GradWeight: [MaxRows + 1]func(*GradWeightArgs){
		1: gradWeightNEONx1,
		2: gradWeightNEONx2,
		3: gradWeightNEONx3,
		4: gradWeightNEONx4,
		5: gradWeightNEONx5,
		6: gradWeightNEONx6,
	},
	NormSums:    normSumsNEON,
	NormGrad:    normGradNEON,
	Mask:        maskNEON,
	Join:        joinNEON,
	Squares:     squaresNEON,
	Count:       genericCount, // additions to a table, which vectors don't help
	Figures:     genericFigures,
	SGD:         sgdTail(sgdNEON),
	Widen:       widenNEON,
	Narrow:      narrowNEON,
	MaxPoolGrad: maxPoolGradNEON,
}

// native lists the sets of kernels beside the generic one.
func native() []*Kernels { return []*Kernels{neon} }
