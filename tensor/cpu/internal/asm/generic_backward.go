package asm

import (
	"math"
	"unsafe"
)

// genericGradWeight is the weight gradient in groups of that many rows: four of
// them all and two lanes at a time, which fit into registers.
func genericGradWeight(rows int) func(*GradWeightArgs) {
	return func(a *GradWeightArgs) {
		total := a.Groups * rows
		whole := total &^ 3
		for o := 0; o < Block; o += 2 {
			for r := 0; r < whole; r += 4 {
				a.quad(r, o)
			}
			for r := whole; r < total; r++ {
				a.row(r, o)
			}
		}
	}
}

// quad sums rows r to r+3, lanes o and o+1.
func (a *GradWeightArgs) quad(r, o int) {
	var s0, s1, s2, s3, t0, t1, t2, t3 float32
	for y := range a.Nz * a.Ny {
		src, grad := a.at(y, r, o)
		for p := range a.Nx {
			x, g := (*[4]float32)(unsafe.Add(src, p*a.SrcPix)), (*[2]float32)(unsafe.Add(grad, p*pixelBytes))
			s0 += x[0] * g[0]
			s1 += x[1] * g[0]
			s2 += x[2] * g[0]
			s3 += x[3] * g[0]
			t0 += x[0] * g[1]
			t1 += x[1] * g[1]
			t2 += x[2] * g[1]
			t3 += x[3] * g[1]
		}
	}
	a.add(r, o, s0, t0)
	a.add(r+1, o, s1, t1)
	a.add(r+2, o, s2, t2)
	a.add(r+3, o, s3, t3)
}

// row sums row r, lanes o and o+1.
func (a *GradWeightArgs) row(r, o int) {
	var s, t float32
	for y := range a.Nz * a.Ny {
		src, grad := a.at(y, r, o)
		for p := range a.Nx {
			x, g := *(*float32)(unsafe.Add(src, p*a.SrcPix)), (*[2]float32)(unsafe.Add(grad, p*pixelBytes))
			s += x * g[0]
			t += x * g[1]
		}
	}
	a.add(r, o, s, t)
}

// at is where row r of the result and lane o begin in row y, counted over the
// images.
func (a *GradWeightArgs) at(y, r, o int) (src, grad unsafe.Pointer) {
	z, y := y/a.Ny, y%a.Ny
	return unsafe.Add(a.Src, z*a.SrcZ+y*a.SrcRow+r*floatBytes), unsafe.Add(a.Grad, z*a.GradZ+y*a.GradRow+o*floatBytes)
}

func (a *GradWeightArgs) add(r, o int, s, t float32) {
	d := pixel(a.Dst, r*pixelBytes)
	d[o] += s
	d[o+1] += t
}

// dy is pixel p of the gradient, masked.
func (a *NormGradArgs) dy(p int) [Block]float32 {
	v := *pixel(a.DY, p)
	if a.Y != nil {
		for o, y := range pixel(a.Y, p) {
			if !(y > 0) {
				v[o] = 0
			}
		}
	}
	return v
}

func genericNormSums(s *[2][Block]float64, a *NormGradArgs) {
	mean := pixel(a.Mean, 0)
	for p := 0; p < a.N*pixelBytes; p += pixelBytes {
		dy, x := a.dy(p), pixel(a.X, p)
		for o, v := range dy {
			g := float64(v)
			s[0][o] += g
			s[1][o] += g * float64(x[o]-mean[o]) // exact, so fused or not is the same
		}
	}
}

func genericNormGrad(a *NormGradArgs) {
	f := (*[3][Block]float32)(a.Factors)
	for p := 0; p < a.N*pixelBytes; p += pixelBytes {
		dy, x := a.dy(p), *pixel(a.X, p)
		dst := pixel(a.Dst, p)
		for o, v := range dy {
			dst[o] = f[0][o]*v + (f[1][o]*x[o] + f[2][o])
		}
	}
}

func genericMask(a *NormGradArgs) {
	for p := 0; p < a.N*pixelBytes; p += pixelBytes {
		*pixel(a.Dst, p) = a.dy(p)
	}
}

func genericJoin(s *[4]float64, dst, x, y unsafe.Pointer, n int) {
	for p := 0; p < n*pixelBytes; p += pixelBytes {
		u, v, d := *pixel(x, p), *pixel(y, p), pixel(dst, p)
		for o := range d {
			a, b := float64(u[o]), float64(v[o])
			d[o] = u[o] + v[o]
			s[0] += a * a
			s[1] += b * b
			s[2] += a * b
			s[3] += float64(d[o]) * float64(d[o])
		}
	}
}

func genericSquares(s *float64, src unsafe.Pointer, n int) {
	for p := 0; p < n*pixelBytes; p += pixelBytes {
		for _, x := range pixel(src, p) {
			*s += float64(x) * float64(x)
		}
	}
}

// genericSGD rounds every product: a machine that fuses gets the same bits.
func genericSGD(a *SGDArgs) {
	w, grad := unsafe.Slice((*float32)(a.W), a.N), unsafe.Slice((*float32)(a.Grad), a.N)
	var v []float32
	if a.V != nil {
		v = unsafe.Slice((*float32)(a.V), a.N)
	}
	for i := range w {
		d := grad[i] + float32(a.Decay*w[i])
		if v != nil {
			v[i] = float32(a.Momentum*v[i]) + d
			if a.Nesterov == 1 {
				d += float32(a.Momentum * v[i])
			} else {
				d = v[i]
			}
		}
		w[i] -= float32(a.Rate * d)
	}
}

// sgdTail makes an SGD of one for whole pixels.
func sgdTail(whole func(*SGDArgs)) func(*SGDArgs) {
	return func(a *SGDArgs) {
		whole(a)
		done := a.N &^ (Block - 1)
		if done == a.N {
			return
		}
		tail := *a
		tail.N -= done
		tail.W, tail.Grad = unsafe.Add(a.W, done*floatBytes), unsafe.Add(a.Grad, done*floatBytes)
		if a.V != nil {
			tail.V = unsafe.Add(a.V, done*floatBytes)
		}
		genericSGD(&tail)
	}
}

func genericMaxPoolGrad(a *PoolGradArgs) {
	for n := range a.N {
		src, dx := unsafe.Add(a.X, n*a.Step), unsafe.Add(a.DX, n*a.Step)
		best, at := *pixel(src, 0), [Block]int{}
		for kh := range a.KH {
			for kw := range a.KW {
				for o, v := range pixel(src, kh*a.XRow+kw*pixelBytes) {
					if v > best[o] || math.IsNaN(float64(v)) {
						best[o], at[o] = v, kh*a.DXRow+kw*pixelBytes
					}
				}
			}
		}
		for o, g := range pixel(a.DY, n*pixelBytes) {
			pixel(dx, at[o])[o] += g
		}
	}
}
