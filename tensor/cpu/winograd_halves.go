package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// Winograd in bf16: the transforms read and write float32 copies of a few rows in the
// worker's memory, and everything between them is float32.

// stageBytes is the memory of the copies: six rows of the input and their halo, or four
// of the result.
func (z *winograd) stageBytes() int {
	if z.out.elem == floatBytes {
		return 0
	}
	rows := tileOut * z.out.w * pixelBytes
	return roundUp(max(tileIn*z.in.rowPixels()*pixelBytes+lineBytes, 2*rows), lineBytes) // the result, and its residual
}

// source is the input, or a copy of the rows of a row of tiles that begin at y.
func (z *winograd) source(w *worker, block, n, y int) view {
	if z.in.elem == floatBytes {
		return *z.in
	}
	first := z.in.rowNumber(n, y)
	return z.in.widen(z.k, shadowing{span{first, first + tileIn}, span{block, block + 1}}, z.stage(w))
}

// stage is the worker's memory for copies.
func (z *winograd) stage(w *worker) unsafe.Pointer { return unsafe.Add(w.scratch, z.staging) }

// staged transforms some tiles of a block of the result, of width pixels, in the worker's
// memory.
func (z *winograd) staged(w *worker, a *asm.WinoOutArgs, block, width int) {
	dst, res, resRow, dstRow := a.Dst, a.Res, a.ResRow, a.DstRow
	a.Dst = z.stage(w)
	a.DstRow = width * pixelBytes
	if z.res != nil {
		a.Res = unsafe.Add(a.Dst, a.Rows*a.DstRow)
		a.ResRow = a.DstRow
		for y := range a.Rows {
			z.k.Widen(unsafe.Add(a.Res, y*a.ResRow), unsafe.Add(res, y*resRow), width)
		}
	}
	if z.elem == halfBytes && z.scales(block) != unscaled {
		z.rescaled(w, a, block, width)
	} else {
		z.k.WinoOut(a)
	}
	for y := range a.Rows {
		z.k.Narrow(unsafe.Add(dst, y*dstRow), unsafe.Add(a.Dst, y*a.DstRow), width)
	}
}
