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

// place is where a pixel lies in a kernel's three operands.
type place struct{ src, dst, res unsafe.Pointer }

func (p place) plus(s stride) place {
	return place{unsafe.Add(p.src, s.src), unsafe.Add(p.dst, s.dst), unsafe.Add(p.res, s.res)}
}

// stride is the distance between two places, in bytes.
type stride struct{ src, dst, res int }

func (s stride) times(n int) stride { return stride{s.src * n, s.dst * n, s.res * n} }

// pixelStride is the distance between pixels of a row that are n apart.
func pixelStride(a *asm.ConvArgs, p *panel, n int) stride {
	return stride{src: n * a.SrcPix, dst: n * p.pixel, res: n * p.pixel}
}

// rows is some rows of pixels, from the place of the first on; next is the
// distance from row to row.
type rows struct {
	width, count int
	first        place
	next         stride
}

// Who sets which of a kernel's arguments, none of which has to be restored:
//
//	panel, multiply   what all calls for a panel share
//	line, columns     distances between tiles, and between the halves of a tile
//	aim               places and counts of tiles
//	the kernel        Pf

// lines computes rows of pixels, each cut into near-equal tiles.
func lines(a *asm.ConvArgs, p *panel, r *rows) {
	t := newTiling(r.width, p.px)
	columns(a, p, r, r.first, t.px, t.wide)
	if t.narrow > 0 {
		columns(a, p, r, r.first.plus(pixelStride(a, p, t.wide*t.px)), t.px-1, t.narrow)
	}
}

// line computes one row of width pixels. Winograd computes many short ones.
func line(a *asm.ConvArgs, p *panel, width int, first place) {
	t := newTiling(width, p.px)
	distances(a, p, t.px, stride{}, pixelStride(a, p, (t.px+1)/2))
	run(a, p, t.px, t.wide, 1, first)
	if t.narrow > 0 {
		first = first.plus(pixelStride(a, p, t.wide*t.px))
		distances(a, p, t.px-1, stride{}, pixelStride(a, p, t.px/2))
		run(a, p, t.px-1, t.narrow, 1, first)
	}
}

// columns computes nx tiles of px pixels of each row, from the place first on. A
// single column of narrow tiles goes two rows at a time, as the halves of wider
// tiles: they have too few sums to hide the latency of the multiply-add. On AVX2 it
// gained a tenth of a ResNet's 7×7 stage.
func columns(a *asm.ConvArgs, p *panel, r *rows, first place, px, nx int) {
	rest := r.count
	if nx == 1 && rest > 1 && 2*px >= p.halves && 2*px <= p.px {
		pairs := rest / 2
		two := r.next.times(2)
		distances(a, p, 2*px, two, r.next)
		run(a, p, 2*px, 1, pairs, first)
		first = first.plus(two.times(pairs))
		rest -= 2 * pairs
	}
	if rest > 0 {
		distances(a, p, px, r.next, pixelStride(a, p, (px+1)/2)) // both halves are neighbours in a row
		run(a, p, px, nx, rest, first)
	}
}

// distances sets those between tiles of px pixels and between the halves of a tile.
func distances(a *asm.ConvArgs, p *panel, px int, down, half stride) {
	right := pixelStride(a, p, px)
	a.SrcX = right.src
	a.DstX = right.dst
	a.ResX = right.res
	a.SrcY = down.src
	a.DstY = down.dst
	a.ResY = down.res
	a.SrcHalf = half.src
	a.DstHalf = half.dst
	a.ResHalf = half.res
}

// run computes nx × ny tiles of px pixels, in calls that do not last.
func run(a *asm.ConvArgs, p *panel, px, nx, ny int, first place) {
	tile := px * a.Icb * a.Kh * a.Run * p.lanes
	most := max(1, callMACs/tile) // tiles of a call
	if nx*ny <= most {
		aim(a, first, nx, ny)
		p.kernels[px](a)
		return
	}
	right := stride{a.SrcX, a.DstX, a.ResX}
	down := stride{a.SrcY, a.DstY, a.ResY}
	stepX, stepY := min(nx, most), max(1, most/nx)
	for y := 0; y < ny; y += stepY {
		for x := 0; x < nx; x += stepX {
			at := first.plus(down.times(y)).plus(right.times(x))
			aim(a, at, min(stepX, nx-x), min(stepY, ny-y))
			p.kernels[px](a)
		}
	}
}

// aim points a kernel at nx × ny tiles, from the place first on.
func aim(a *asm.ConvArgs, first place, nx, ny int) {
	a.Src = first.src
	a.Dst = first.dst
	a.Res = first.res
	a.Nx = nx
	a.Ny = ny
}
