// Package asm holds the CPU kernels: one subject a file, for AVX-512, AVX2
// with FMA, NEON, and plain Go. All work on the layout NCHW16c: channels in
// blocks of 16 (Block), a pixel of a block is 64 contiguous bytes, missing
// channels of the last block are zero lanes. Planes may carry a physical halo,
// so that no kernel has edge code.
//
// Every set of kernels computes the same; which one runs is a Kernels value.
// The assembly, and each kernel's loop as a comment of its declaration, are
// written by the generator in gen: after a change there, run "go -C gen run .";
// with -check it fails if the files are out of date.
package asm

import "unsafe"

// Block is the number of channels in a block of the layout.
const Block = 16

// MaxPix bounds the pixels of one convolution tile, MaxRows the rows of one
// weight gradient.
const (
	MaxPix  = 14
	MaxRows = 24
)

// Flags of ConvArgs, WinoOutArgs and EltArgs.
const (
	FlagReLU     = 1 << iota // max(·, 0) at the end
	FlagResidual             // add Res before the ReLU
	FlagPrefetch             // prefetch the tile's destination lines first
	FlagScale                // EltArgs: multiply by Scale and add Shift
	FlagFloat                // DotKernels: Dst and Res are float32
)

// ConvArgs is one call of a convolution kernel: Ny rows of Nx tiles of px
// pixels, each for nob blocks of output channels (a panel).
//
// For each pixel p of a tile, and output lane o of the panel,
//
//	y[p][o] = Bias[o] + Σ_icb Σ_kh Σ_r src[icb·SrcPlane + kh·SrcRow + at(p) + 4·r] · W[icb][kh][r][o]   (+ Res) (ReLU)
//
// with r < Run, at(p) = p·SrcPix for the first half (⌈px/2⌉ pixels) of a tile
// of Kernels.HalvesFrom pixels or more and for all of a narrower one, and SrcHalf +
// (p−⌈px/2⌉)·SrcPix for the second half: it may be the same row's continuation
// or another row. In the layout NCHW16c a row of kw taps is one contiguous run
// of kw·16 floats; the stem's run is kw·C floats of an interleaved image.
// All distances are in bytes; addresses need the alignment of a float32 only.
// Counts are at least 1. The kernel changes no field but Pf, so arguments can be
// used again. A call does Ny·Nx·px · Icb·Kh·Run · nob·16 multiply-adds and can't be
// preempted meanwhile: a million of them take 100 µs at 20 GFLOP/s.
// The generator knows the fields' offsets, here and in the structs below:
// TestOffsets holds both together.
type ConvArgs struct {
	Src, W, Dst, Bias, Res unsafe.Pointer
	// Pf is where the next panel's weights lie; each call moves it on. It is a
	// uintptr because it is only prefetched and may run past the allocation.
	Pf uintptr

	Icb, Kh, Run         int
	SrcPlane, SrcRow     int
	SrcPix, SrcHalf      int
	DstHalf, ResHalf     int // as SrcHalf, for pixels of 64 bytes
	DstOB, ResOB         int // between the panel's output blocks
	Nx, SrcX, DstX, ResX int // tiles of a row, and the step from one to the next
	Ny, SrcY, DstY, ResY int // rows, and the step
	// PfStep is the bytes that Pf moves on for each 16 floats of Run, so that the
	// next panel goes to L2 while this one is computed. 0 prefetches the same
	// lines again and again; more than Kernels.PfStep leaves gaps.
	PfStep int
	Flags  int
	_      [512]byte // two workers' arguments never share a cache line
}

// WinoInArgs transforms N tiles of 6×6 pixels of one channel block by
// Bᵀ·d·B of F(4×4, 3×3) at 0, ±√½, ±√2 and ∞, Src at the first tile's corner.
// Position i = 6·row + column of tile t goes to Dst + i·PosStride + t·DstTile.
// A tile takes some 0.2 µs.
type WinoInArgs struct {
	Src, Dst              unsafe.Pointer
	SrcRow, SrcTile       int
	PosStride, DstTile, N int
	Scratch               [36 * Block]float32
}

// WinoOutArgs transforms N tiles of 36 positions of one channel block by
// Aᵀ·m·A, adds Bias (and Res), and stores the upper left Rows×Cols pixels of
// each tile.
type WinoOutArgs struct {
	Src, Dst, Bias, Res   unsafe.Pointer
	PosStride, SrcTile, N int
	DstRow, DstTile       int
	ResRow, ResTile       int
	Rows, Cols            int // 1 … 4
	Flags                 int
	Scratch               [24 * Block]float32
}

// EltArgs is y = Scale·x + Shift + Res, then ReLU, each where its flag is set,
// over N contiguous pixels of one channel block. Dst may be Src or Res.
// ReLU keeps a NaN, here and in every other kernel.
type EltArgs struct {
	Src, Dst, Res, Scale, Shift unsafe.Pointer
	N, Flags                    int
}

// PoolArgs takes the maximum over KH×KW pixels for each of N output pixels of
// a row; a NaN among them is the maximum, as in PyTorch. Distances in bytes.
type PoolArgs struct {
	Src, Dst        unsafe.Pointer
	SrcRow, SrcStep int // between rows; between neighbouring outputs' windows
	KH, KW, N       int
}

// Kernels is one set of kernels, for one instruction set.
type Kernels struct {
	// Name is "avx512", "avx2", "neon" or "generic".
	Name string
	// Nob is the number of output blocks in a panel of Conv. Conv[px] is the
	// kernel for tiles of px pixels, nil where there is none; Conv1 is the
	// same for panels of one block.
	Nob int
	// PfStep is how many bytes at Pf a kernel prefetches for each 16 floats
	// of Run: the greatest ConvArgs.PfStep that leaves no line out.
	PfStep int
	// HalvesFrom is the pixels from which on a tile has two halves, which may
	// lie on two rows; more than MaxPix where none has.
	HalvesFrom int
	Conv       [MaxPix + 1]func(*ConvArgs)
	Conv1      [MaxPix + 1]func(*ConvArgs)
	// ConvHalf and ConvHalf1 are the same with weights of bf16, ConvF16 and ConvF161 with
	// weights of IEEE binary16. Each becomes the float32 that it is. A set has all of
	// these or none.
	ConvHalf, ConvHalf1 [MaxPix + 1]func(*ConvArgs)
	ConvF16, ConvF161   [MaxPix + 1]func(*ConvArgs)
	// Group4 and Group8 are convolutions of 4 and 8 channels per group: source
	// block = destination block, Icb 1, Run = kw·16 floats, weights
	// [kh][kw][j][16] with j < 4 or 8 the channel inside its group.
	Group4, Group8 [MaxPix + 1]func(*ConvArgs)

	WinoIn  func(*WinoInArgs)
	WinoOut func(*WinoOutArgs)
	Elt     func(*EltArgs)
	MaxPool func(*PoolArgs)
	// AddPixels adds n pixels of 16 floats to sum[16].
	AddPixels func(sum *[Block]float32, src unsafe.Pointer, n int)
	// Sums adds Σx and Σx² of n pixels to s, by lane, in float64.
	Sums func(s *[2][Block]float64, src unsafe.Pointer, n int)

	// GradWeight[rows] sums that many floats of the source in registers, nil
	// where there is none.
	GradWeight [MaxRows + 1]func(*GradWeightArgs)
	// NormSums adds Σ dy and Σ dy·(X − Mean) to s, by lane, in float64.
	NormSums func(s *[2][Block]float64, a *NormGradArgs)
	// NormGrad is Dst = Factors[0]·dy + (Factors[1]·X + Factors[2]), by lane.
	NormGrad func(*NormGradArgs)
	// Mask is Dst = dy.
	Mask func(*NormGradArgs)
	// Join is dst = x + y over n pixels, and adds Σx², Σy², Σx·y, Σ(x+y)² to s,
	// in float64. dst may be x or y.
	Join func(s *[4]float64, dst, x, y unsafe.Pointer, n int)
	// Squares adds Σx² of n pixels to s, in float64.
	Squares func(s *float64, src unsafe.Pointer, n int)
	// Count adds n pixels to c, of whose values that many are not zero.
	Count func(c *Counts, src unsafe.Pointer, n, nonzero int)
	// Figures adds n pixels to s. A value that is not finite makes its lane's sums NaN or
	// infinite, and its extremes meaningless.
	Figures func(s *FigureSums, src unsafe.Pointer, n int)
	SGD     func(*SGDArgs)
	// Widen copies n pixels from bf16 (32 bytes) to float32 (64 bytes), Narrow from
	// float32 to bf16, rounded to the nearest, ties to even; a NaN stays one. A subnormal
	// number may become zero.
	Widen, Narrow func(dst, src unsafe.Pointer, n int)
	MaxPoolGrad   func(*PoolGradArgs)

	// Peak does n rounds of independent multiply-adds and returns the FLOPs
	// done; Read loads n bytes, a multiple of 1024.
	Peak func(n int) int64
	Read func(src unsafe.Pointer, n int)

	// Dot has the products of bfloat16, nil where the processor has no instructions
	// for them.
	Dot *DotKernels
}
