package asm

import "unsafe"

// GradWeightArgs sums the gradient of a weight over Nz images of Ny rows of Nx
// pixels. A kernel sums as many rows of the result as GradWeight[rows] says, Groups
// times:
// for each row r < Groups·rows, and each lane o of one block of output channels,
//
//	Dst[r][o] += Σ_z Σ_y Σ_x src[z·SrcZ + y·SrcRow + x·SrcPix + 4·r] · grad[z·GradZ + y·GradRow + 64·x + 4·o]
//
// In the layout NCHW16c a row of kw taps is one run of kw·16 floats; the stem's
// is kw·C floats of an interleaved image. So Dst lies as a row of taps of Conv1's
// weights does. For a convolution in groups, a block of the source times a block
// of the gradient holds the wanted products around its diagonal.
//
// Distances are in bytes. No field is changed. A call does Nz·Ny·Nx·Groups·rows·16
// multiply-adds and can't be preempted meanwhile; it passes over the pixels
// Groups times, so they should stay in the L1 cache.
type GradWeightArgs struct {
	Src, Grad, Dst          unsafe.Pointer
	SrcPix, SrcRow, GradRow int
	Nx, Ny, Groups          int
	Nz, SrcZ, GradZ         int
}

// NormGradArgs is N contiguous pixels of one channel block in the backward pass
// of a batch norm, and of the ReLU after it, whose result is Y: dy is DY where
// Y > 0, else 0, or DY everywhere if Y is nil. Factors are [3][16]float32. Dst may
// be X, DY or Y.
type NormGradArgs struct {
	X, DY, Y, Dst, Mean, Factors unsafe.Pointer
	N                            int
}

// SGDArgs is PyTorch's step for N floats: with d = Grad + Decay·W,
//
//	V ← Momentum·V + d; W ← W − Rate·V
//
// or, with Nesterov, W ← W − Rate·(d + Momentum·V), or, if V is nil,
// W ← W − Rate·d. Each product is rounded: every set makes the same bits.
type SGDArgs struct {
	W, V, Grad            unsafe.Pointer
	N                     int
	Rate, Momentum, Decay float32
	Nesterov              uint32 // 1: take Nesterov's step
}

// PoolGradArgs is the gradient of a max-pool. In order, for N output pixels of a
// row, each lane of DY is added to DX where the window of KH×KW pixels of X has
// its first maximum, or its last NaN if there is one, as in PyTorch. Distances
// are in bytes: Step from window to window in both.
type PoolGradArgs struct {
	X, DY, DX         unsafe.Pointer
	XRow, DXRow, Step int
	KH, KW, N         int
}
