package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// A shadow is a float32 copy, in a worker's memory, of some rows of some blocks of a
// bf16 view. It is a view itself, of the same image: pixel (y, x) of image n in block b
// has the same number in both, so that code for float32 works on it as it is. It has no
// memory for other rows and blocks.

// shadowing says which rows and blocks a shadow has. Rows are counted over images,
// halos included.
type shadowing struct{ rows, blocks span }

// rowNumber is the number of row y of image n, where those of a halo count.
func (l *layout) rowNumber(n, y int) int { return n*(l.halo.top+l.h+l.halo.bottom) + l.halo.top + y }

// shadow lays out the copy.
func (l *layout) shadow(s shadowing) layout {
	c := *l
	c.elem = floatBytes
	c.pixel = pixelBytes
	c.row = l.rowPixels() * pixelBytes
	c.image = (l.halo.top + l.h + l.halo.bottom) * c.row
	c.bytes = s.rows.len() * c.row
	c.plane = c.bytes
	if c.plane%aliasBytes == 0 {
		c.plane += lineBytes
	}
	c.origin = l.halo.top*c.row + l.halo.left*pixelBytes - s.rows.from*c.row - s.blocks.from*c.plane
	c.bytes = c.plane * s.blocks.len()
	return c
}

// rowPixels are the pixels of a row with its halo.
func (l *layout) rowPixels() int { return l.halo.left + l.w + l.halo.right }

// widen fills a shadow at mem.
func (v *view) widen(k *asm.Kernels, s shadowing, mem unsafe.Pointer) view {
	c := view{layout: v.shadow(s), base: mem}
	rows, step := s.rows.len(), v.rowPixels()
	if v.row == step*v.pixel {
		rows, step = 1, rows*step
	}
	for b := range s.blocks.len() {
		src := unsafe.Add(v.base, (s.blocks.from+b)*v.plane+s.rows.from*v.row)
		dst := unsafe.Add(mem, b*c.plane)
		for range rows {
			eachCall(step, func(at, n int) {
				k.Widen(unsafe.Add(dst, at*pixelBytes), unsafe.Add(src, at*v.pixel), n)
			})
			src = unsafe.Add(src, v.row)
			dst = unsafe.Add(dst, c.row)
		}
	}
	return c
}

// eachCall cuts n pixels into calls that do not last.
func eachCall(n int, f func(at, n int)) {
	for at := 0; at < n; at += callPixels {
		f(at, min(callPixels, n-at))
	}
}

// narrowRows writes rows [y0, y1) of an image from its shadow, in blocks [b0, b1).
func (v *view) narrowRows(k *asm.Kernels, from *view, blocks span, n, y0, y1 int) {
	rows, step := y1-y0, v.w
	if v.contiguous() && from.contiguous() {
		rows, step = 1, rows*step
	}
	for b := blocks.from; b < blocks.to; b++ {
		for y := y0; y < y0+rows; y++ {
			dst, src := v.pixelAt(b, n, y, 0), from.pixelAt(b, n, y, 0)
			eachCall(step, func(at, n int) {
				k.Narrow(unsafe.Add(dst, at*v.pixel), unsafe.Add(src, at*pixelBytes), n)
			})
		}
	}
}

// widenRows is the reverse: of what lies inside the halo.
func (v *view) widenRows(k *asm.Kernels, to *view, blocks span, n, y0, y1 int) {
	rows, step := y1-y0, v.w
	if v.contiguous() && to.contiguous() {
		rows, step = 1, rows*step
	}
	for b := blocks.from; b < blocks.to; b++ {
		for y := y0; y < y0+rows; y++ {
			dst, src := to.pixelAt(b, n, y, 0), v.pixelAt(b, n, y, 0)
			eachCall(step, func(at, n int) {
				k.Widen(unsafe.Add(dst, at*pixelBytes), unsafe.Add(src, at*v.pixel), n)
			})
		}
	}
}

// onePlane is all rows of one image and one block.
func (l *layout) onePlane(block, n int) shadowing {
	first := l.rowNumber(n, -l.halo.top)
	return shadowing{rows: span{first, first + l.halo.top + l.h + l.halo.bottom}, blocks: span{block, block + 1}}
}

// windowRows are the rows that the windows of some units read, which are rows of an
// output of h rows, counted over images.
func windowRows(win tensor.Window, in *layout, h int, units span) span {
	last := units.to - 1
	return span{
		in.rowNumber(units.from/h, units.from%h*win.SH-win.Top),
		in.rowNumber(last/h, last%h*win.SH-win.Top+win.KH),
	}
}
