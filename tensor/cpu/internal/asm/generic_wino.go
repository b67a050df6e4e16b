package asm

import (
	"math"
	"unsafe"
)

// winoB is Bᵀ·d, see WinoInArgs.
func winoB(d [6]float32) [6]float32 {
	a, b := d[4]-2*d[2], d[3]-2*d[1]
	c, e := d[4]-0.5*d[2], d[3]-0.5*d[1]
	b, e = math.Sqrt2/2*b, math.Sqrt2*e
	return [6]float32{
		d[0] - 2.5*d[2] + d[4],
		a + b,
		a - b,
		c + e,
		c - e,
		d[1] - 2.5*d[3] + d[5],
	}
}

// winoA is Aᵀ·m, see WinoOutArgs.
func winoA(m [6]float32) [4]float32 {
	s, d := m[1]+m[2], m[1]-m[2]
	p, q := m[3]+m[4], m[3]-m[4]
	return [4]float32{
		m[0] + math.Sqrt2*s + math.Sqrt2/2*p,
		d + q,
		math.Sqrt2/2*s + math.Sqrt2*p,
		0.5*d + 2*q + m[5],
	}
}

func genericWinoIn(a *WinoInArgs) {
	for t := range a.N {
		src, dst := unsafe.Add(a.Src, t*a.SrcTile), unsafe.Add(a.Dst, t*a.DstTile)
		for o := range Block {
			var rows, cols [6][6]float32
			for i := range rows {
				for j := range rows[i] {
					rows[i][j] = pixel(src, i*a.SrcRow+j*pixelBytes)[o]
				}
				rows[i] = winoB(rows[i])
			}
			for j := range cols {
				for i := range rows {
					cols[j][i] = rows[i][j]
				}
				cols[j] = winoB(cols[j])
				for i, v := range cols[j] {
					pixel(dst, (6*i+j)*a.PosStride)[o] = v
				}
			}
		}
	}
}

func genericWinoOut(a *WinoOutArgs) {
	for t := range a.N {
		y := winoTile(unsafe.Add(a.Src, t*a.SrcTile), a.PosStride)
		for i := range a.Rows {
			for j := range a.Cols {
				v, bias := &y[i][j], pixel(a.Bias, 0)
				for o := range v {
					v[o] += bias[o]
				}
				var res *[Block]float32
				if a.Flags&FlagResidual != 0 {
					res = pixel(a.Res, t*a.ResTile+i*a.ResRow+j*pixelBytes)
				}
				finish(v, pixel(a.Dst, t*a.DstTile+i*a.DstRow+j*pixelBytes), res, a.Flags)
			}
		}
	}
}

// winoTile is Aᵀ·m·A of the 36 positions at src.
func winoTile(src unsafe.Pointer, posStride int) (y [4][4][Block]float32) {
	for o := range Block {
		var rows [6][4]float32
		for i := range rows {
			var m [6]float32
			for j := range m {
				m[j] = pixel(src, (6*i+j)*posStride)[o]
			}
			rows[i] = winoA(m)
		}
		for j := range 4 {
			var m [6]float32
			for i := range m {
				m[i] = rows[i][j]
			}
			for i, v := range winoA(m) {
				y[i][j][o] = v
			}
		}
	}
	return y
}
