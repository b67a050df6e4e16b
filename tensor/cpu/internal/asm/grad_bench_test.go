package asm

import (
	"fmt"
	"testing"
	"unsafe"
)

// pixels is memory for n pixels, on a cache line.
func pixels(n int) unsafe.Pointer {
	s := make([]float32, Block*(n+1))
	p := unsafe.Pointer(&s[0])
	return unsafe.Add(p, -int(uintptr(p))&(pixelBytes-1))
}

// BenchmarkGradWeight sums over pixels that stay in the L1 cache, in rows that
// begin with the taps' overlap.
func BenchmarkGradWeight(b *testing.B) {
	for _, c := range []struct{ taps, width, height int }{
		{1, 192, 1}, {3, 56, 3}, {3, 14, 12}, {3, 7, 7},
	} {
		for _, name := range Names() {
			k := Get(name)
			for rows, f := range k.GradWeight {
				if f == nil {
					continue
				}
				b.Run(fmt.Sprintf("%d_of_%dx%d/%s/rows%d", c.taps, c.width, c.height, name, rows), func(b *testing.B) {
					a := &GradWeightArgs{
						SrcPix: pixelBytes, SrcRow: (c.width + c.taps - 1) * pixelBytes, GradRow: c.width * pixelBytes,
						Nx: c.width, Ny: c.height, Nz: 1, Groups: max(1, c.taps*Block/rows),
					}
					a.Src, a.Grad, a.Dst = pixels(c.height*a.SrcRow/pixelBytes), pixels(c.height*c.width), pixels(a.Groups*rows)
					compare(b, k, float64(2*c.width*c.height*a.Groups*rows*Block), func() { f(a) })
				})
			}
		}
	}
}

// BenchmarkBackward reports the best time of a pixel, or of 16 weights, in cache.
func BenchmarkBackward(b *testing.B) {
	const n = 64
	x, y, z, p, wide := pixels(n), pixels(n), pixels(n), pixels(3), pixels(9*n)
	var sums [2][Block]float64
	var joins [4]float64
	norm := &NormGradArgs{X: x, DY: y, Y: z, Dst: y, Mean: p, Factors: p, N: n}
	sgd := &SGDArgs{W: x, V: y, Grad: z, N: n * Block, Rate: 0.1, Momentum: 0.9, Decay: 1e-4}
	pool := &PoolGradArgs{X: wide, DX: wide, DY: x, XRow: 3 * n * pixelBytes, DXRow: 3 * n * pixelBytes, Step: 2 * pixelBytes, KH: 3, KW: 3, N: n}
	for _, name := range Names() {
		k := Get(name)
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"normSums", func() { k.NormSums(&sums, norm) }},
			{"normGrad", func() { k.NormGrad(norm) }},
			{"mask", func() { k.Mask(norm) }},
			{"join", func() { k.Join(&joins, z, x, y, n) }},
			{"squares", func() { k.Squares(&joins[0], x, n) }},
			{"sgd", func() { k.SGD(sgd) }},
			{"maxPoolGrad3x3", func() { k.MaxPoolGrad(pool) }},
		} {
			b.Run(c.name+"/"+name, func(b *testing.B) { perItem(b, n, c.f) })
		}
	}
}
