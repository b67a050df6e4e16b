package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// load fills the view from N×C×H×W and zeroes its halo and padding lanes.
func (v *view) load(t *tensor.Tensor) {
	if v.flat > 0 {
		copy(v.values(), t.Data)
		return
	}
	for n := range v.n {
		v.zeroHalo(0, v.blocks(), n, 0, v.h)
		for y := range v.h {
			if v.interleaved {
				v.loadInterleaved(t.Data, n, y)
				continue
			}
			for b := range v.blocks() {
				v.loadBlock(t.Data, b, n, y)
			}
		}
	}
}

// loadBlock fills one row of a channel block.
func (v *view) loadBlock(data []float32, b, n, y int) {
	if v.elem != floatBytes {
		v.loadHalves(data, b, n, y)
		return
	}
	dst := floats(v.pixelAt(b, n, y, 0), v.w*asm.Block)
	channels := min(asm.Block, v.c-b*asm.Block)
	if channels < asm.Block {
		clear(dst) // padding lanes are zero: sums over lanes rely on it
	}
	for lane := range channels {
		for x, e := range v.line(data, n, b*asm.Block+lane, y) {
			dst[x*asm.Block+lane] = e
		}
	}
}

// loadHalves fills one row of a channel block in bf16.
func (v *view) loadHalves(data []float32, b, n, y int) {
	for x := range v.w {
		var lanes [asm.Block]float32
		for lane := range min(asm.Block, v.c-b*asm.Block) {
			lanes[lane] = v.line(data, n, b*asm.Block+lane, y)[x]
		}
		v.put(b, n, y, x, &lanes)
	}
}

// loadInterleaved fills one row of pixels.
func (v *view) loadInterleaved(data []float32, n, y int) {
	if v.elem != floatBytes {
		v.loadInterleavedHalves(data, n, y)
		return
	}
	dst := floats(v.pixelAt(0, n, y, 0), v.w*v.c)
	for c := range v.c {
		for x, e := range v.line(data, n, c, y) {
			dst[x*v.c+c] = e
		}
	}
}

// loadInterleavedHalves is loadInterleaved in bf16. What follows the row's right halo
// is zero, for pairs that end there.
func (v *view) loadInterleavedHalves(data []float32, n, y int) {
	first := v.pixelAt(0, n, y, -v.halo.left)
	row := unsafe.Slice((*asm.BF16)(first), v.row/halfBytes)
	clear(row[v.rowPixels()*v.c:])
	for c := range v.c {
		for x, e := range v.line(data, n, c, y) {
			row[(v.halo.left+x)*v.c+c] = asm.RoundBF16(e)
		}
	}
}

// store writes the view to N×C×H×W.
func (v *view) store(t *tensor.Tensor) {
	if v.flat > 0 {
		copy(t.Data, v.values())
		return
	}
	for n := range v.n {
		for c := range v.c {
			for y := range v.h {
				v.storeLine(v.line(t.Data, n, c, y), c, n, y)
			}
		}
	}
}

// storeLine writes one row of a channel.
func (v *view) storeLine(line []float32, c, n, y int) {
	first, lane := v.pixelAt(c/asm.Block, n, y, 0), c%asm.Block
	if v.elem != floatBytes {
		src := unsafe.Slice((*asm.BF16)(first), v.w*asm.Block)
		for x := range line {
			line[x] = src[x*asm.Block+lane].Float32()
		}
		return
	}
	src := floats(first, v.w*asm.Block)
	for x := range line {
		line[x] = src[x*asm.Block+lane]
	}
}

// line is one row of a channel of N×C×H×W.
func (l *layout) line(data []float32, n, c, y int) []float32 {
	at := ((n*l.c+c)*l.h + y) * l.w
	return data[at : at+l.w]
}
