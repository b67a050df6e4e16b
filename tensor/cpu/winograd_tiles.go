package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// tileRun is count tiles of one row of tiles: tx is the first.
type tileRun struct{ n, ty, tx, count int }

// runs calls f for the rows' parts of some tiles, counted over rows and images,
// with the first tile of each.
func (z *winograd) runs(tiles span, f func(t int, r tileRun)) {
	for t := tiles.from; t < tiles.to; {
		row, tx := t/z.tx, t%z.tx
		count := min(z.tx-tx, tiles.to-t)
		f(t, tileRun{n: row / z.ty, ty: row % z.ty, tx: tx, count: count})
		t += count
	}
}

// input transforms some tiles of a channel block; tile base is v's first.
func (z *winograd) input(w *worker, v *transformed, block, base int, tiles span) {
	a := &w.winoIn
	a.SrcTile = tileOut * pixelBytes
	a.PosStride = v.position
	a.DstTile = pixelBytes
	z.runs(tiles, func(t int, r tileRun) {
		y := r.ty*tileOut - z.window.Top
		from := z.source(w, block, r.n, y)
		a.Src = from.pixelAt(block, r.n, y, r.tx*tileOut-z.window.Left)
		a.SrcRow = from.row
		a.Dst = v.at(0, block, t-base)
		a.N = r.count
		z.k.WinoIn(a)
	})
}

// product is one position of a panel: m = U·v. first is m's first output block.
type product struct {
	v, m            *transformed
	panel           *panel
	first, position int
}

// multiply computes a product for that many tiles: a convolution 1×1 whose pixels
// are tiles.
func (z *winograd) multiply(w *worker, x product, count int) {
	p := x.panel
	a := &w.conv
	a.Icb = p.icb
	a.Kh = 1
	a.Run = asm.Block
	a.SrcPlane = x.v.tiles * pixelBytes
	a.SrcRow = 0
	a.SrcPix = pixelBytes
	a.DstOB = x.m.tiles * pixelBytes
	a.ResOB = 0
	a.W = unsafe.Add(z.weight.at(0), z.distance(x.position, p.at))
	a.Bias = unsafe.Pointer(&zeros)
	a.Flags = 0
	a.PfStep = min(z.k.PfStep, roundUp(p.lanes*asm.Block*z.elem/ceilDiv(count, p.px), lineBytes))
	dst := x.m.at(x.position, p.ob-x.first, 0)
	line(a, p, count, place{src: x.v.at(x.position, 0, 0), dst: dst, res: dst})
}

// weights is where U of a position lies, so many elements on. It may lie after the last:
// such an address is for prefetching alone.
func (z *winograd) weights(position, elems int) uintptr {
	return uintptr(z.weight.at(0)) + uintptr(z.distance(position, elems))
}

// distance is that of U from the start of the packed weight, in bytes.
func (z *winograd) distance(position, elems int) int {
	return z.before*floatBytes + (position*z.position+elems)*z.elem
}

// result says which block of m becomes which of the output; tile base is m's
// first.
type result struct{ from, block, base int }

// output transforms some tiles of m to a block of the result. Partial tiles at the
// edges are calls of their own.
func (z *winograd) output(w *worker, m *transformed, to result, tiles span) {
	z.runs(tiles, func(t int, r tileRun) {
		whole := min(r.count, z.out.w/tileOut-r.tx)
		if whole > 0 {
			z.outputRun(w, m, to, t, tileRun{r.n, r.ty, r.tx, whole}, tileOut)
		}
		if r.count > whole {
			z.outputRun(w, m, to, t+whole, tileRun{r.n, r.ty, r.tx + whole, 1}, z.out.w%tileOut)
		}
		z.zeroHalo(to.block, r)
	})
}

// outputRun transforms tiles of that many columns; t is the first.
func (z *winograd) outputRun(w *worker, m *transformed, to result, t int, r tileRun, cols int) {
	a := &w.winoOut
	y, x := r.ty*tileOut, r.tx*tileOut
	a.Src = m.at(0, to.from, t-to.base)
	a.PosStride = m.position
	a.SrcTile = pixelBytes
	a.N = r.count
	a.Dst = z.out.pixelAt(to.block, r.n, y, x)
	a.DstRow = z.out.row
	a.DstTile = tileOut * pixelBytes
	a.Bias = z.weight.at(to.block * asm.Block)
	a.Rows = min(tileOut, z.out.h-y)
	a.Cols = cols
	a.Flags = 0
	if z.relu {
		a.Flags |= asm.FlagReLU
	}
	if z.res != nil {
		a.Flags |= asm.FlagResidual
		a.Res = z.res.pixelAt(to.block, r.n, y, x)
		a.ResRow = z.res.row
		a.ResTile = tileOut * pixelBytes
	}
	if z.out.elem != floatBytes {
		z.staged(w, a, to.block, (r.count-1)*tileOut+cols)
		return
	}
	z.k.WinoOut(a)
}

// zeroHalo zeroes what surrounds the rows of a run that ends its row of tiles.
func (z *winograd) zeroHalo(block int, r tileRun) {
	if r.tx+r.count == z.tx {
		y := r.ty * tileOut
		z.out.zeroHalo(block, block+1, r.n, y, min(y+tileOut, z.out.h))
	}
}
