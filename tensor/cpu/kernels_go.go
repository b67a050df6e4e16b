package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

type lanes = [asm.Block]float32

func lanesAt(p unsafe.Pointer, off int) *lanes { return (*lanes)(unsafe.Add(p, off)) }

type gradWeightArgs struct {
	Src, Grad, Dst          unsafe.Pointer
	SrcPix, SrcRow, GradRow int
	Run, Nx, Ny             int
}

func gradWeightKernel(a *gradWeightArgs) {
	for y := range a.Ny {
		for x := range a.Nx {
			g := lanesAt(a.Grad, y*a.GradRow+x*pixelBytes)
			src := floats(unsafe.Add(a.Src, y*a.SrcRow+x*a.SrcPix), a.Run)
			for r, v := range src {
				d := lanesAt(a.Dst, r*pixelBytes)
				for l := range d {
					d[l] += v * g[l]
				}
			}
		}
	}
}

type bnArgs struct {
	X, DY, Y, Dst, Mean, Coefficients unsafe.Pointer
	N                                 int
}

func (a *bnArgs) grad(p, l int) float32 {
	if a.Y != nil && !(lanesAt(a.Y, p)[l] > 0) {
		return 0
	}
	return lanesAt(a.DY, p)[l]
}

func bnSums(s *sums, a *bnArgs) {
	mean := lanesAt(a.Mean, 0)
	for p := 0; p < a.N*pixelBytes; p += pixelBytes {
		x := lanesAt(a.X, p)
		for l := range x {
			g := float64(a.grad(p, l))
			s[0][l] += g
			s[1][l] += g * float64(x[l]-mean[l])
		}
	}
}

func bnGrad(a *bnArgs) {
	k := (*[3]lanes)(a.Coefficients)
	for p := 0; p < a.N*pixelBytes; p += pixelBytes {
		x, dst := lanesAt(a.X, p), lanesAt(a.Dst, p)
		for l := range x {
			dst[l] = k[0][l]*a.grad(p, l) + (k[1][l]*x[l] + k[2][l])
		}
	}
}

type maskArgs struct {
	Y, DY, Dst unsafe.Pointer
	N          int
}

func eltMask(a *maskArgs) {
	for p := 0; p < a.N*pixelBytes; p += pixelBytes {
		y, dy, dst := lanesAt(a.Y, p), lanesAt(a.DY, p), lanesAt(a.Dst, p)
		for l := range y {
			v := dy[l]
			if !(y[l] > 0) {
				v = 0
			}
			dst[l] = v
		}
	}
}

type joinArgs struct {
	Branch, Skip, Dst unsafe.Pointer
	N                 int
}

func joinKernel(s *[4]float64, a *joinArgs) {
	for p := 0; p < a.N*pixelBytes; p += pixelBytes {
		b, k, dst := lanesAt(a.Branch, p), lanesAt(a.Skip, p), lanesAt(a.Dst, p)
		for l := range b {
			u, v := float64(b[l]), float64(k[l])
			d := b[l] + k[l]
			s[0] += u * u
			s[1] += v * v
			s[2] += u * v
			s[3] += float64(d) * float64(d)
			dst[l] = d
		}
	}
}

func norm2(src unsafe.Pointer, n int) (s float64) {
	for _, v := range floats(src, n*asm.Block) {
		s += float64(v) * float64(v)
	}
	return s
}

type sgdArgs struct {
	W, V, Grad            unsafe.Pointer
	Rate, Momentum, Decay float32
	Nesterov              bool
	N                     int
}

func sgdKernel(a *sgdArgs) {
	w, g := floats(a.W, a.N), floats(a.Grad, a.N)
	var v []float32
	if a.V != nil {
		v = floats(a.V, a.N)
	}
	for i := range w {
		d := g[i] + float32(a.Decay*w[i])
		if v != nil {
			v[i] = float32(a.Momentum*v[i]) + d
			if a.Nesterov {
				d += float32(a.Momentum * v[i])
			} else {
				d = v[i]
			}
		}
		w[i] -= float32(a.Rate * d)
	}
}
