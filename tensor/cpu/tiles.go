package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// tiling cuts a row into wide tiles of px pixels, then narrow ones of px−1:
// near-equal tiles run near the peak, a rest of one pixel would not.
type tiling struct{ px, wide, narrow int }

func newTiling(width, maxPx int) tiling {
	n := ceilDiv(width, maxPx)
	px := ceilDiv(width, n)
	narrow := px*n - width
	return tiling{px: px, wide: n - narrow, narrow: narrow}
}

// row computes ny rows of that width, cut into near-equal tiles.
func row(a *asm.ConvArgs, p *panel, width, ny int) {
	t := newTiling(width, p.px)
	columns(a, p, t.px, t.wide, ny)
	if t.narrow > 0 {
		x := t.wide * t.px
		advance(a, x*a.SrcPix, x*pixelBytes, x*pixelBytes)
		columns(a, p, t.px-1, t.narrow, ny)
	}
}

// columns computes ny rows of nx tiles of px pixels. A column of narrow tiles
// goes two rows at a time, as the halves of wider tiles: they have too few sums
// to hide the latency of the multiply-add.
func columns(a *asm.ConvArgs, p *panel, px, nx, ny int) {
	pairs := 0
	if nx == 1 && 2*px >= p.halves && 2*px <= p.px {
		pairs = ny / 2
		rowPairs(a, p, px, pairs)
	}
	if rest := ny - 2*pairs; rest > 0 {
		y := 2 * pairs
		advance(a, y*a.SrcY, y*a.DstY, y*a.ResY)
		halves(a, px)
		tiles(a, p, px, nx, rest)
		advance(a, -y*a.SrcY, -y*a.DstY, -y*a.ResY)
	}
}

// rowPairs computes pairs of rows of one tile of px pixels.
func rowPairs(a *asm.ConvArgs, p *panel, px, pairs int) {
	if pairs == 0 {
		return
	}
	src, dst, res := a.SrcY, a.DstY, a.ResY
	a.SrcHalf, a.DstHalf, a.ResHalf = src, dst, res
	a.SrcY, a.DstY, a.ResY = 2*src, 2*dst, 2*res
	tiles(a, p, 2*px, 1, pairs)
	a.SrcY, a.DstY, a.ResY = src, dst, res
}

// halves makes both halves of a tile neighbours in a row.
func halves(a *asm.ConvArgs, px int) {
	half := (px + 1) / 2
	a.SrcHalf, a.DstHalf, a.ResHalf = half*a.SrcPix, half*pixelBytes, half*pixelBytes
}

func advance(a *asm.ConvArgs, src, dst, res int) {
	a.Src, a.Dst, a.Res = unsafe.Add(a.Src, src), unsafe.Add(a.Dst, dst), unsafe.Add(a.Res, res)
}

// tiles computes ny rows of nx tiles of px pixels, in calls that do not last.
func tiles(a *asm.ConvArgs, p *panel, px, nx, ny int) {
	a.SrcX, a.DstX, a.ResX = px*a.SrcPix, px*pixelBytes, px*pixelBytes
	tile := px * a.Icb * a.Kh * a.Run * p.lanes
	most := max(1, callMACs/tile) // tiles of a call
	if nx*ny <= most {
		a.Nx, a.Ny = nx, ny
		p.kernels[px](a)
		return
	}
	src, dst, res := a.Src, a.Dst, a.Res
	stepX, stepY := min(nx, most), max(1, most/nx)
	for y := 0; y < ny; y += stepY {
		for x := 0; x < nx; x += stepX {
			a.Src = unsafe.Add(src, y*a.SrcY+x*a.SrcX)
			a.Dst = unsafe.Add(dst, y*a.DstY+x*a.DstX)
			a.Res = unsafe.Add(res, y*a.ResY+x*a.ResX)
			a.Nx, a.Ny = min(stepX, nx-x), min(stepY, ny-y)
			p.kernels[px](a)
		}
	}
	a.Src, a.Dst, a.Res = src, dst, res
}
