//go:build amd64 && !noasm

package asm

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX512BF16 {
		avx512.Dot = dotAVX512
		avx512.Widen = widenAVX512
		avx512.Narrow = narrowAVX512
	}
}

// dotAVX512 has the products of AVX512_BF16, which Zen 4 and Cooper Lake brought. A
// pair of factors takes the place of a float, so the tiles are those of avx512.
var dotAVX512 = &DotKernels{
	Name:       "avx512_bf16",
	Nob:        2,
	PfStep:     256,
	HalvesFrom: 8,
	Conv: [MaxPix + 1]func(*ConvArgs){
		1:  dotAVX512x1,
		2:  dotAVX512x2,
		3:  dotAVX512x3,
		4:  dotAVX512x4,
		5:  dotAVX512x5,
		6:  dotAVX512x6,
		7:  dotAVX512x7,
		8:  dotAVX512x8,
		9:  dotAVX512x9,
		10: dotAVX512x10,
		11: dotAVX512x11,
		12: dotAVX512x12,
		13: dotAVX512x13,
		14: dotAVX512x14,
	},
	Conv1: [MaxPix + 1]func(*ConvArgs){
		1:  dotOneAVX512x1,
		2:  dotOneAVX512x2,
		3:  dotOneAVX512x3,
		4:  dotOneAVX512x4,
		5:  dotOneAVX512x5,
		6:  dotOneAVX512x6,
		7:  dotOneAVX512x7,
		8:  dotOneAVX512x8,
		9:  dotOneAVX512x9,
		10: dotOneAVX512x10,
		11: dotOneAVX512x11,
		12: dotOneAVX512x12,
		13: dotOneAVX512x13,
		14: dotOneAVX512x14,
	},
	GradWeight: [MaxRows + 1]func(*GradWeightArgs){
		1:  dotGradWeightAVX512x1,
		2:  dotGradWeightAVX512x2,
		3:  dotGradWeightAVX512x3,
		4:  dotGradWeightAVX512x4,
		5:  dotGradWeightAVX512x5,
		6:  dotGradWeightAVX512x6,
		7:  dotGradWeightAVX512x7,
		8:  dotGradWeightAVX512x8,
		9:  dotGradWeightAVX512x9,
		10: dotGradWeightAVX512x10,
		11: dotGradWeightAVX512x11,
		12: dotGradWeightAVX512x12,
		13: dotGradWeightAVX512x13,
		14: dotGradWeightAVX512x14,
		15: dotGradWeightAVX512x15,
		16: dotGradWeightAVX512x16,
		17: dotGradWeightAVX512x17,
		18: dotGradWeightAVX512x18,
		19: dotGradWeightAVX512x19,
		20: dotGradWeightAVX512x20,
		21: dotGradWeightAVX512x21,
		22: dotGradWeightAVX512x22,
		23: dotGradWeightAVX512x23,
		24: dotGradWeightAVX512x24,
	},
	Pair: pairAVX512,
	Peak: dotPeakAVX512,
}
