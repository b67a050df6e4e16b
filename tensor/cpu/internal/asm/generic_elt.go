package asm

import "unsafe"

func genericElt(a *EltArgs) {
	for p := 0; p < a.N*pixelBytes; p += pixelBytes {
		y := *pixel(a.Src, p)
		if a.Flags&FlagScale != 0 {
			scale, shift := pixel(a.Scale, 0), pixel(a.Shift, 0)
			for o := range y {
				y[o] = y[o]*scale[o] + shift[o]
			}
		}
		var res *[Block]float32
		if a.Flags&FlagResidual != 0 {
			res = pixel(a.Res, p)
		}
		finish(&y, pixel(a.Dst, p), res, a.Flags)
	}
}

func genericMaxPool(a *PoolArgs) {
	for n := range a.N {
		src := unsafe.Add(a.Src, n*a.SrcStep)
		y := *pixel(src, 0)
		for kh := range a.KH {
			for kw := range a.KW {
				x := pixel(src, kh*a.SrcRow+kw*pixelBytes)
				for o := range y {
					y[o] = max(y[o], x[o])
				}
			}
		}
		*pixel(a.Dst, n*pixelBytes) = y
	}
}

func genericAddPixels(sum *[Block]float32, src unsafe.Pointer, n int) {
	for p := range n {
		for o, x := range pixel(src, p*pixelBytes) {
			sum[o] += x
		}
	}
}

func genericSums(s *[2][Block]float64, src unsafe.Pointer, n int) {
	for p := range n {
		for o, x := range pixel(src, p*pixelBytes) {
			v := float64(x)
			s[0][o] += v
			s[1][o] += v * v // exact, so fused or not is the same
		}
	}
}

// keep is opaque to the compiler, which therefore computes x.
//
//go:noinline
func keep(x float32) {}

func genericPeak(n int) int64 {
	const x, y = 0.5, 1
	var a, b, c, d, e, f, g, h float32
	for range n {
		a = a*x + y
		b = b*x + y
		c = c*x + y
		d = d*x + y
		e = e*x + y
		f = f*x + y
		g = g*x + y
		h = h*x + y
	}
	keep(a + b + c + d + e + f + g + h)
	return int64(n) * 16
}

func genericRead(src unsafe.Pointer, n int) {
	var s uint64
	for p := 0; p+pixelBytes <= n; p += pixelBytes {
		v := (*[8]uint64)(unsafe.Add(src, p))
		s |= v[0] | v[1] | v[2] | v[3] | v[4] | v[5] | v[6] | v[7]
	}
	keep(float32(s))
}
