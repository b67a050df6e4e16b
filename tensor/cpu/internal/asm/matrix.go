package asm

import "unsafe"

// MatrixKernels multiply matrices of bfloat16: a processor with such a unit takes 16
// pixels of 32 channels times 32×16 weights at once, and sums in float32. A pixel's
// 32 channels must lie side by side: Gather copies two blocks so, and what it has
// copied serves all panels of output channels.
//
// A unit takes subnormal numbers as zero.
type MatrixKernels struct {
	// Conv makes panels of two output blocks, Conv1 of one.
	Conv, Conv1 func(*MatrixArgs)
	Gather      func(*GatherArgs)
	// Grad[in][out] makes the weight gradient of that many blocks of input and of
	// output channels, one or two each.
	Grad      [3][3]func(*MatrixGradArgs)
	Transpose func(*TransposeArgs)
}

// MatrixGroup is the pixels that a kernel sums at once. A call costs as much for
// fewer in its last group, or not much less.
const MatrixGroup = 32

// MatrixArgs is one call of a convolution of gathered pixels, for a panel of nob
// blocks of output channels:
//
//	y[q][o] = Bias[o] + Σ_pair Σ_tap Σ_c src[pair·SrcPlane + Taps[tap] + 64·q][c] · W[pair][tap][o/16][c/2][o%16][c%2]   (+ Res) (ReLU)
//
// for N pixels q in one run, with c < 32. To walk over an image whose windows
// overlap, the run goes on from the end of a row to the next: after each Row pixels it
// skips Skip, whose sums have no meaning and are not stored. Dst and Res have 32
// bytes for a pixel, or 64 with FlagFloat, and pixels side by side in a row; DstSkip and
// ResSkip lead from behind a row's last pixel to the next's first, DstOB and ResOB from
// one output block to the next. All distances are in bytes. Flags are FlagReLU,
// FlagResidual and FlagFloat; each result is rounded once, to nearest even.
//
// Counts are at least 1, and Skip 0 or more. The kernel changes Whole, Rest and Scratch
// alone. A call does ⌈N/32⌉·32 · Pairs·TapCount·32 · nob·16 multiply-adds at most and
// can't be preempted meanwhile.
type MatrixArgs struct {
	Src, W, Dst, Bias, Res unsafe.Pointer
	Taps                   *int // distances of TapCount taps
	TapCount, Pairs        int
	SrcPlane               int // from a pair of input blocks to the next
	N, Row, Skip           int
	DstSkip, ResSkip       int
	DstOB, ResOB           int
	Flags                  int

	Whole, Rest tileConfig                           // of all groups but the last, and of the last
	Scratch     [(2*MatrixGroup + 1) * Block]float32 // from its first cache line on
	_           [512]byte                            // two workers' arguments never share a cache line
}

// tileConfig is what LDTILECFG loads: palette 1, then, from bytes 16 and 48 on, how
// many bytes a row of each tile has, and how many rows.
type tileConfig [64]byte

// newTileConfig has rows pixels in a tile: Intel's manual, volume 1, 18.2. Tiles 0 to
// 3 are sums, 4 and 5 pixels, 6 and 7 weights.
func newTileConfig(rows int) (c tileConfig) {
	c[0] = 1
	for tile := range 8 {
		c[16+2*tile] = 64
		c[48+tile] = byte(rows)
		if tile >= 6 {
			c[48+tile] = 16
		}
	}
	return c
}

// configured sets the configurations for a kernel: half of a group is a tile.
func configured(kernel func(*MatrixArgs)) func(*MatrixArgs) {
	return func(a *MatrixArgs) {
		a.Whole = newTileConfig(MatrixGroup / 2)
		a.Rest = newTileConfig((a.N%MatrixGroup + 1) / 2)
		kernel(a)
	}
}

// MatrixGradArgs is one call of a weight gradient, which sums over pixels:
//
//	dst[tap][r][o] += Σ_p src[r][p + Taps[tap]] · grad[p][o]
//
// for 32·N pixels p. A row of the source is the pixels of one channel, as Transpose
// makes it: channel r's begin at Src + r·SrcRow. Taps are distances in bytes, 2 for a
// pixel. Pairs of pixels of the gradient are [p/2][16][2], as Pair makes them, of its
// blocks GradOB apart. Sums are float32, [tap][16][16] of each pair of blocks: those of
// the second input block lie DstIB on, of the second output block DstOB. Counts are at
// least 1. The kernel changes Config alone.
type MatrixGradArgs struct {
	Src, Grad, Dst unsafe.Pointer
	Taps           *int
	TapCount       int
	SrcRow         int
	GradOB         int
	DstIB, DstOB   int
	N              int

	Config tileConfig
}

// TransposeArgs turns 32·N gathered pixels to rows of one channel each: channel c's
// begin at Dst + c·DstRow, for c < 32. N is at least 1.
type TransposeArgs struct {
	Src, Dst  unsafe.Pointer
	DstRow, N int
}

// configuredGrad sets the configuration for a kernel: all tiles are whole.
func configuredGrad(kernel func(*MatrixGradArgs)) func(*MatrixGradArgs) {
	return func(a *MatrixGradArgs) {
		a.Config = newTileConfig(MatrixGroup / 2)
		kernel(a)
	}
}

// GatherArgs copies Ny rows of Nx pixels of two blocks, SrcOB apart, side by side to
// pixels of 64 bytes. If SrcOB is 0 there is one block, and zeros beside it. All
// distances are in bytes; counts are at least 1.
type GatherArgs struct {
	Src, Dst              unsafe.Pointer
	SrcOB, SrcPix, SrcRow int
	DstRow                int
	Nx, Ny                int
}
