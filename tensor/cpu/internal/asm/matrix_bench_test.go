package asm

import (
	"fmt"
	"testing"
)

// matrixSets are those with a matrix unit.
func matrixSets() (sets []*DotKernels) {
	for _, name := range append(Names(), "generic_matrix") {
		if d := Get(name).Dot; d != nil && d.Matrix != nil {
			sets = append(sets, d)
		}
	}
	return sets
}

// BenchmarkMatrix compares with the peak of the unit, on layers of a ResNet-50 for as
// many pixels as a worker gathers at a time, and with the rests of small images.
func BenchmarkMatrix(b *testing.B) {
	for _, l := range []struct {
		name              string
		pairs, taps       int
		pixels, row, skip int
	}{
		{"1x1_64", 2, 1, 1024, 1024, 0},
		{"1x1_256", 8, 1, 512, 512, 0},
		{"1x1_512_49", 16, 1, 49, 49, 0},
		{"3x3_64_56", 2, 9, 6*58 - 2, 56, 2},
		{"3x3_256_14", 8, 9, 14*16 - 2, 14, 2},
		{"3x3_512_7", 16, 9, 7*9 - 2, 7, 2},
	} {
		for _, d := range matrixSets() {
			b.Run(l.name+"/"+d.Name, func(b *testing.B) {
				taps := make([]int, l.taps)
				for i := range taps {
					taps[i] = (i/3*(l.row+l.skip) + i%3) * matrixPixelBytes
				}
				a := &MatrixArgs{
					Taps: &taps[0], TapCount: l.taps, Pairs: l.pairs, N: l.pixels, Row: l.row, Skip: l.skip,
					SrcPlane: (l.pixels + 2*(l.row+l.skip) + 3) * matrixPixelBytes, DstOB: l.pixels * halfPixelBytes,
					Flags: FlagReLU,
				}
				a.Src = pixels(l.pairs * a.SrcPlane / pixelBytes)
				a.W, a.Bias = pixels(l.pairs*l.taps*2*Block), pixels(2)
				a.Dst = pixels(l.pixels)
				flops := float64(2 * l.pixels * l.pairs * l.taps * 2 * Block * 2 * Block)
				compare(b, &Kernels{Peak: d.Peak}, flops, func() { d.Matrix.Conv(a) })
			})
		}
	}
}

// BenchmarkMatrixGrad compares with the peak, for a tap and nine, in runs of some
// hundred pixels.
func BenchmarkMatrixGrad(b *testing.B) {
	for _, taps := range []int{1, 9} {
		for _, n := range []int{7, 16} {
			for _, d := range matrixSets() {
				b.Run(fmt.Sprintf("taps%d_%d/%s", taps, 32*n, d.Name), func(b *testing.B) {
					at := make([]int, taps)
					for i := range at {
						at[i] = 2 * (i/3*30 + i%3)
					}
					a := &MatrixGradArgs{
						Taps: &at[0], TapCount: taps, SrcRow: 64*(n+2) + 64, GradOB: 1024 * n,
						DstIB: 1024 * taps, DstOB: 2048 * taps, N: n,
					}
					a.Src, a.Grad, a.Dst = pixels(a.SrcRow/2), pixels(32*n), pixels(64*taps)
					flops := float64(2 * taps * 32 * n * 2 * Block * 2 * Block)
					compare(b, &Kernels{Peak: d.Peak}, flops, func() { d.Matrix.Grad[2][2](a) })
				})
			}
		}
	}
}

// BenchmarkMatrixLayout times what lays pixels out, in bytes of gathered pixels.
func BenchmarkMatrixLayout(b *testing.B) {
	const n = 512
	for _, d := range matrixSets() {
		src, gathered, channels := pixels(n), pixels(n), pixels(n+2*Block)
		b.Run("gather/"+d.Name, func(b *testing.B) {
			b.SetBytes(n * matrixPixelBytes)
			a := &GatherArgs{Src: src, Dst: gathered, SrcOB: n * halfPixelBytes, SrcPix: halfPixelBytes, Nx: n, Ny: 1}
			for b.Loop() {
				d.Matrix.Gather(a)
			}
		})
		b.Run("transpose/"+d.Name, func(b *testing.B) {
			b.SetBytes(n * matrixPixelBytes)
			a := &TransposeArgs{Src: gathered, Dst: channels, DstRow: 2*n + 64, N: n / 32}
			for b.Loop() {
				d.Matrix.Transpose(a)
			}
		})
	}
}
