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
func pixelStride(a *asm.ConvArgs, n int) stride {
	return stride{src: n * a.SrcPix, dst: n * pixelBytes, res: n * pixelBytes}
}

// rows is some rows of pixels, from the place of the first on; next is the
// distance from row to row.
type rows struct {
	width, count int
	first        place
	next         stride
}

// tiles is nx × ny tiles of px pixels. Where a tile has two halves, half is the
// distance between them.
type tiles struct {
	px, nx, ny        int
	first             place
	right, down, half stride
}

// The functions below say what of a panel's arguments is where: all but the
// places, distances and counts of tiles was set before, and stays.

// row computes rows, each cut into near-equal tiles.
func row(a *asm.ConvArgs, p *panel, r rows) {
	t := newTiling(r.width, p.px)
	columns(a, p, r, t.px, t.wide)
	if t.narrow > 0 {
		r.first = r.first.plus(pixelStride(a, t.wide*t.px))
		columns(a, p, r, t.px-1, t.narrow)
	}
}

// columns computes nx tiles of px pixels of each row. A single column of narrow
// tiles goes two rows at a time, as the halves of wider tiles: they have too few
// sums to hide the latency of the multiply-add. On AVX2 it gained a tenth of a
// ResNet's 7×7 stage.
func columns(a *asm.ConvArgs, p *panel, r rows, px, nx int) {
	if nx == 1 && 2*px >= p.halves && 2*px <= p.px && r.count > 1 {
		pairs := r.count / 2
		two := r.next.times(2)
		run(a, p, &tiles{px: 2 * px, nx: 1, ny: pairs, first: r.first, down: two, half: r.next})
		r.first = r.first.plus(two.times(pairs))
		r.count -= 2 * pairs
	}
	if r.count > 0 {
		run(a, p, &tiles{
			px: px, nx: nx, ny: r.count, first: r.first, right: pixelStride(a, px), down: r.next,
			half: pixelStride(a, (px+1)/2), // both are neighbours in a row
		})
	}
}

// run computes tiles, in calls that do not last.
func run(a *asm.ConvArgs, p *panel, t *tiles) {
	a.SrcX = t.right.src
	a.SrcY = t.down.src
	a.SrcHalf = t.half.src
	a.DstX = t.right.dst
	a.DstY = t.down.dst
	a.DstHalf = t.half.dst
	a.ResX = t.right.res
	a.ResY = t.down.res
	a.ResHalf = t.half.res
	tile := t.px * a.Icb * a.Kh * a.Run * p.lanes
	most := max(1, callMACs/tile) // tiles of a call
	if t.nx*t.ny <= most {
		call(a, p, t, 0, 0, t.nx, t.ny)
		return
	}
	stepX, stepY := min(t.nx, most), max(1, most/t.nx)
	for y := 0; y < t.ny; y += stepY {
		for x := 0; x < t.nx; x += stepX {
			call(a, p, t, x, y, min(stepX, t.nx-x), min(stepY, t.ny-y))
		}
	}
}

// call computes nx × ny tiles from tile (x, y) on.
func call(a *asm.ConvArgs, p *panel, t *tiles, x, y, nx, ny int) {
	first := t.first.plus(t.down.times(y)).plus(t.right.times(x))
	a.Src = first.src
	a.Dst = first.dst
	a.Res = first.res
	a.Nx = nx
	a.Ny = ny
	p.kernels[t.px](a)
}
