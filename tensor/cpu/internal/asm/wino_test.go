package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The matrices of F(4×4, 3×3) at 0, ±√½, ±√2 and ∞.
var (
	matrixB = [][]float64{
		{1, 0, -2.5, 0, 1, 0},
		{0, -math.Sqrt2, -2, math.Sqrt2 / 2, 1, 0},
		{0, math.Sqrt2, -2, -math.Sqrt2 / 2, 1, 0},
		{0, -math.Sqrt2 / 2, -0.5, math.Sqrt2, 1, 0},
		{0, math.Sqrt2 / 2, -0.5, -math.Sqrt2, 1, 0},
		{0, 1, 0, -2.5, 0, 1},
	}
	matrixA = [][]float64{
		{1, math.Sqrt2, math.Sqrt2, math.Sqrt2 / 2, math.Sqrt2 / 2, 0},
		{0, 1, -1, 1, -1, 0},
		{0, math.Sqrt2 / 2, math.Sqrt2 / 2, math.Sqrt2, math.Sqrt2, 0},
		{0, 0.5, -0.5, 2, -2, 1},
	}
)

// sandwich is m·x·mᵀ at (i, j), and the magnitude of its sum.
func sandwich(m [][]float64, i, j int, x func(k, l int) float64) (sum, size float64) {
	for k := range 6 {
		for l := range 6 {
			v := m[i][k] * x(k, l) * m[j][l]
			sum, size = sum+v, size+math.Abs(v)
		}
	}
	return sum, size
}

func TestWinoIn(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for i := range 30 {
			t.Run(fmt.Sprint(i), func(t *testing.T) { testWinoIn(t, r, k) })
		}
	})
}

func testWinoIn(t *testing.T, r *rand.Rand, k *Kernels) {
	n := 1 + r.IntN(4)
	a := WinoInArgs{N: n, SrcTile: 4 * 64, DstTile: 64 + 4*r.IntN(20)}
	a.SrcRow = (n-1)*a.SrcTile + 6*64 + 4*r.IntN(20)
	a.PosStride = n*a.DstTile + 4*r.IntN(20)
	src := newMemory(t, r, (5*a.SrcRow+(n-1)*a.SrcTile+6*64)/4)
	for i := range 6 {
		src.fill(r, i*a.SrcRow, ((n-1)*a.SrcTile+6*64)/4)
	}
	dst := newMemory(t, r, (35*a.PosStride+(n-1)*a.DstTile+64)/4)
	want := expected{}
	for tile := range n {
		for pos := range 36 {
			for o := range Block {
				v, size := sandwich(matrixB, pos/6, pos%6, func(i, j int) float64 {
					return src.get(tile*a.SrcTile + i*a.SrcRow + 64*j + 4*o)
				})
				want.want(pos*a.PosStride+tile*a.DstTile+4*o, v, size)
			}
		}
	}
	a.Src, a.Dst = src.at(0), dst.at(0)
	before := a
	k.WinoIn(&a)
	want.check(t, dst)
	before.Scratch = a.Scratch
	if a != before {
		t.Error("arguments changed")
	}
}

func TestWinoOut(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for rows := 1; rows <= 4; rows++ {
			for cols := 1; cols <= 4; cols++ {
				for flags := range FlagResidual << 1 {
					t.Run(fmt.Sprintf("%dx%d_flags%d", rows, cols, flags), func(t *testing.T) {
						testWinoOut(t, r, k, rows, cols, flags)
					})
				}
			}
		}
	})
}

func testWinoOut(t *testing.T, r *rand.Rand, k *Kernels, rows, cols, flags int) {
	n := 1 + r.IntN(4)
	pad := func() int { return 4 * r.IntN(20) }
	a := WinoOutArgs{N: n, Rows: rows, Cols: cols, Flags: flags, SrcTile: 64 + pad(), DstTile: cols*64 + pad(), ResTile: cols*64 + pad()}
	a.PosStride = n*a.SrcTile + pad()
	a.DstRow, a.ResRow = n*a.DstTile+pad(), n*a.ResTile+pad()
	src, bias := newMemory(t, r, (35*a.PosStride+(n-1)*a.SrcTile+64)/4), newFilled(t, r, 16)
	dst := newMemory(t, r, ((rows-1)*a.DstRow+(n-1)*a.DstTile+cols*64)/4)
	res := newMemory(t, r, ((rows-1)*a.ResRow+(n-1)*a.ResTile+cols*64)/4)
	want := expected{}
	for tile := range n {
		for pos := range 36 {
			src.fill(r, pos*a.PosStride+tile*a.SrcTile, 16)
		}
		for p := range rows * cols {
			i, j := p/cols, p%cols
			res.fill(r, tile*a.ResTile+i*a.ResRow+64*j, 16)
			for o := range Block {
				v, size := sandwich(matrixA, i, j, func(k, l int) float64 {
					return src.get((6*k+l)*a.PosStride + tile*a.SrcTile + 4*o)
				})
				v, size = v+bias.get(4*o), size+math.Abs(bias.get(4*o))
				if flags&FlagResidual != 0 {
					x := res.get(tile*a.ResTile + i*a.ResRow + 64*j + 4*o)
					v, size = v+x, size+math.Abs(x)
				}
				want.want(tile*a.DstTile+i*a.DstRow+64*j+4*o, clamp(v, flags), size)
			}
		}
	}
	a.Src, a.Dst, a.Bias = src.at(0), dst.at(0), bias.at(0)
	if flags&FlagResidual != 0 {
		a.Res = res.at(0)
	}
	before := a
	k.WinoOut(&a)
	want.check(t, dst)
	before.Scratch = a.Scratch
	if a != before {
		t.Error("arguments changed")
	}
}
