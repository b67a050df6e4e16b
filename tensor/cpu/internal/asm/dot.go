package asm

import "unsafe"

// DotKernels are the products of bfloat16 that a set has: factors of 16 bits, summed
// in float32. A pixel of a block is 16 of them, 32 contiguous bytes. A processor
// multiplies and adds two neighbours at once: what the sum runs over lies in pairs.
//
// The instructions take subnormal numbers as zero, and round each sum, or each two,
// once to the nearest. So sets agree within rounding, not in every bit.
type DotKernels struct {
	// Name is "amx_bf16", "avx512_bf16", "generic_dot" or "generic_matrix".
	Name string
	// Nob, PfStep and HalvesFrom are what they are in Kernels, with 16 elements of
	// Run in the place of 16 floats.
	Nob, PfStep, HalvesFrom int
	// Conv and Conv1 differ from those of Kernels in their data: Src is bfloat16; so
	// are Dst and Res, in pixels of 32 bytes, unless FlagFloat is set. Run is even. W is [Icb][Kh][Run/2][16·nob][2]: two neighbours of Run side by
	// side. Bias and all sums are float32; a result is rounded to nearest even.
	Conv, Conv1 [MaxPix + 1]func(*ConvArgs)
	// GradWeight differs from that of Kernels in that a pixel is a pair of them,
	// [16][2] bfloat16, as Pair makes it: a row of the source is two values of a
	// channel, multiplied by two of each lane of the gradient.
	GradWeight [MaxRows + 1]func(*GradWeightArgs)
	// Pair lays pairs of pixels out for GradWeight.
	Pair func(*PairArgs)
	// Peak is Peak of Kernels with products of pairs.
	Peak func(n int) int64
	// Matrix has what a matrix unit does faster, nil without one.
	Matrix *MatrixKernels
}

// PairArgs puts each two of N pixels of one block side by side:
//
//	(Dst + p·DstStep)[o] = {(Src + 2·p·SrcStep)[o], (Src + (2·p+1)·SrcStep)[o]}
//
// for p < ⌈N/2⌉ and each lane o. If N is odd, the last pixel's neighbour is zero.
// Distances are in bytes; SrcStep is that between a tap's pixels, so that a stride
// costs nothing. N is at least 1.
type PairArgs struct {
	Src, Dst            unsafe.Pointer
	SrcStep, DstStep, N int
}
