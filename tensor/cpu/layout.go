package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

const (
	floatBytes = 4
	halfBytes  = 2                      // of a bf16
	pixelBytes = asm.Block * floatBytes // of one block
	lineBytes  = 64                     // of a cache line
	aliasBytes = 4096                   // addresses apart by this contend for the same cache sets
)

// halo is how many zero pixels surround a plane.
type halo struct{ top, left, bottom, right int }

// max is the halo that serves both.
func (h halo) max(o halo) halo {
	return halo{max(h.top, o.top), max(h.left, o.left), max(h.bottom, o.bottom), max(h.right, o.right)}
}

// layout says where the elements of a buffer N×C×H×W lie: [block][n][h][w][16], or
// interleaved [n][h][w][C] for the images of a stem, in float32 or bf16, or flat, in
// float32. Distances are in bytes. Pixel (y, x) of image n in block b begins at
//
//	origin + b·plane + n·image + y·row + x·pixel
//
// where y and x may be negative, or beyond h and w, as far as the halo reaches.
type layout struct {
	n, c, h, w  int
	halo        halo
	interleaved bool
	elem        int // bytes of an element: 4 for float32, 2 for bf16
	flat        int // elements of a vector or a parameter's gradient, in the order of the host; else 0

	pixel, row, image, plane int // from one pixel, row, image, channel block to the next
	origin                   int // to the first pixel inside the halo
	bytes                    int
}

// newLayout lays out a shape of up to four dimensions; missing ones are 1.
func newLayout(s tensor.Shape, h halo, elem int) layout {
	l := layout{n: 1, c: 1, h: 1, w: 1, halo: h, elem: elem, pixel: asm.Block * elem}
	l.size(s)
	l.distances()
	return l
}

// interleavedLayout lays out a stem's images.
func interleavedLayout(s tensor.Shape, h halo, elem int) layout {
	l := layout{n: 1, c: 1, h: 1, w: 1, halo: h, elem: elem, interleaved: true}
	l.size(s)
	l.pixel = l.c * elem
	l.distances()
	return l
}

// size sets the dimensions.
func (l *layout) size(s tensor.Shape) {
	for i, d := range s {
		*[...]*int{&l.n, &l.c, &l.h, &l.w}[i] = d
	}
}

// distances sets those between rows, images and planes.
func (l *layout) distances() {
	h := l.halo
	l.row = (h.left + l.w + h.right) * l.pixel
	if l.interleaved && l.elem == halfBytes {
		l.row += halfBytes // a row of taps may end in the middle of a pair: beyond lies a zero
	}
	if l.interleaved {
		l.row = roundUp(l.row, lineBytes)
	}
	// Rows, or blocks, that lie a multiple of aliasBytes apart would compete for the
	// same few lines of the L1 cache. Rows without a halo must stay one run.
	if l.row%aliasBytes == 0 && h != (halo{}) {
		l.row += lineBytes
	}
	l.image = (h.top + l.h + h.bottom) * l.row
	l.plane = roundUp(l.n*l.image, lineBytes)
	if l.plane%aliasBytes == 0 {
		l.plane += lineBytes
	}
	l.origin = h.top*l.row + h.left*l.pixel
	l.bytes = l.blocks() * l.plane
}

// flatLayout lays out a shape in the order of the host. Its pixels are runs of
// 16 elements; what fills up the last has no meaning.
func flatLayout(s tensor.Shape) layout {
	l := newLayout(tensor.Shape{1, asm.Block, 1, ceilDiv(s.Elems(), asm.Block)}, halo{}, floatBytes)
	l.flat = s.Elems()
	return l
}

// blocks is the number of channel blocks.
func (l *layout) blocks() int {
	if l.interleaved {
		return 1
	}
	return ceilDiv(l.c, asm.Block)
}

// at is the distance of a pixel, which may lie in the halo, from the start.
func (l *layout) at(block, n, y, x int) int {
	return l.origin + block*l.plane + n*l.image + y*l.row + x*l.pixel
}

// contiguous reports whether the pixels of a block are one run over all rows
// and images.
func (l *layout) contiguous() bool { return l.halo == (halo{}) && !l.interleaved }

// view is a buffer's place in memory, shared by all launches that read or write it.
type view struct {
	layout
	base unsafe.Pointer // nil in a schedule
}

// pixelAt is a pixel's address.
func (v *view) pixelAt(block, n, y, x int) unsafe.Pointer {
	return unsafe.Add(v.base, v.at(block, n, y, x))
}

// values are the elements of a flat view.
func (v *view) values() []float32 { return floats(v.base, v.flat) }

// lanes are the 16 channels of a pixel of a float32 view.
func (v *view) lanes(block, n, y, x int) *[asm.Block]float32 {
	return (*[asm.Block]float32)(v.pixelAt(block, n, y, x))
}

// get is the 16 channels of a pixel.
func (v *view) get(block, n, y, x int) (lanes [asm.Block]float32) {
	if v.elem == floatBytes {
		return *v.lanes(block, n, y, x)
	}
	for i, e := range (*asm.HalfPixel)(v.pixelAt(block, n, y, x)) {
		lanes[i] = e.Float32()
	}
	return lanes
}

// put sets the 16 channels of a pixel.
func (v *view) put(block, n, y, x int, lanes *[asm.Block]float32) {
	if v.elem == floatBytes {
		*v.lanes(block, n, y, x) = *lanes
		return
	}
	to := (*asm.HalfPixel)(v.pixelAt(block, n, y, x))
	for i, e := range lanes {
		to[i] = asm.RoundBF16(e)
	}
}

// zeroHalo zeroes what surrounds rows [y0, y1) of an image's blocks [b0, b1);
// the first and the last row take the halo above and below with them. Memory
// that other buffers used in between needs it in every run.
func (v *view) zeroHalo(b0, b1, n, y0, y1 int) {
	if v.halo == (halo{}) {
		return
	}
	for b := b0; b < b1; b++ {
		if y0 == 0 {
			v.zero(b, n, -v.halo.top, 0)
		}
		for y := y0; y < y1; y++ {
			v.zeroPixels(b, n, y, -v.halo.left, v.halo.left)
			v.zeroPixels(b, n, y, v.w, v.halo.right)
		}
		if y1 == v.h {
			v.zero(b, n, v.h, v.h+v.halo.bottom)
		}
	}
}

// zero zeroes rows [y0, y1), which lie in the halo.
func (v *view) zero(block, n, y0, y1 int) {
	if y1 > y0 {
		clear(floats(v.pixelAt(block, n, y0, -v.halo.left), (y1-y0)*v.row/floatBytes))
	}
}

// zeroPixels zeroes count pixels of a row.
func (v *view) zeroPixels(block, n, y, x, count int) {
	if count > 0 {
		clear(unsafe.Slice((*byte)(v.pixelAt(block, n, y, x)), count*v.pixel))
	}
}

// floats is n floats at p.
func floats(p unsafe.Pointer, n int) []float32 { return unsafe.Slice((*float32)(p), n) }

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func roundUp(a, b int) int { return ceilDiv(a, b) * b }
