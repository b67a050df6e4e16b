package asm

import (
	"fmt"
	"testing"
)

// halves is a layer's call for elements of half the size.
func (l layer) halves(px, nob int) (*ConvArgs, float64) {
	a, flops := l.args(px, nob, nob)
	for _, distance := range []*int{
		&a.SrcPix, &a.SrcRow, &a.SrcPlane, &a.SrcX, &a.SrcY, &a.SrcHalf,
		&a.DstX, &a.DstY, &a.DstHalf, &a.DstOB,
	} {
		*distance /= 2
	}
	return a, flops
}

// BenchmarkDot compares with the peak of products of pairs.
func BenchmarkDot(b *testing.B) {
	for _, l := range []layer{
		{"1x1_64", 64, 1, 1, 60, 2},
		{"1x1_256", 256, 1, 1, 60, 1},
		{"3x3_64", 64, 3, 1, 60, 1},
		{"3x3_64_s2", 64, 3, 2, 30, 1},
	} {
		for _, name := range Names() {
			d := Get(name).Dot
			if d == nil {
				continue
			}
			for px, f := range d.Conv {
				if f == nil {
					continue
				}
				b.Run(fmt.Sprintf("%s/%s/px%d", l.name, d.Name, px), func(b *testing.B) {
					a, flops := l.halves(px, d.Nob)
					compare(b, &Kernels{Peak: d.Peak}, flops, func() { f(a) })
				})
			}
		}
	}
}

// BenchmarkDotGradWeight sums over pairs that stay in the L1 cache.
func BenchmarkDotGradWeight(b *testing.B) {
	const width, height = 28, 4 // in pairs
	for _, name := range Names() {
		d := Get(name).Dot
		if d == nil {
			continue
		}
		for rows, f := range d.GradWeight {
			if f == nil {
				continue
			}
			b.Run(fmt.Sprintf("%s/rows%d", d.Name, rows), func(b *testing.B) {
				a := &GradWeightArgs{
					SrcPix: 3 * pixelBytes, SrcRow: 3 * width * pixelBytes, GradRow: width * pixelBytes,
					Nx: width, Ny: height, Nz: 1, Groups: max(1, 3*Block/rows),
				}
				a.Src, a.Grad, a.Dst = pixels(3*width*height), pixels(width*height), pixels(a.Groups*rows)
				flops := float64(4 * width * height * a.Groups * rows * Block)
				compare(b, &Kernels{Peak: d.Peak}, flops, func() { f(a) })
			})
		}
	}
}
