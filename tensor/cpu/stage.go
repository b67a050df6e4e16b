package cpu

import (
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// Kernels that memory limits read and write float32. A bf16 operand goes through a
// copy of a few pixels in the worker's memory, which stays in the L1 cache:
//
//	src  bf16 ─ widen ─► stage 0 ┐
//	res  bf16 ─ widen ─► stage 1 ┼─ kernel ─► stage 2 ─ narrow ─► dst  bf16

// stagePixels is how many pixels of an operand are copied at a time.
const stagePixels = 64

// stage is the copies of up to four operands.
type stage [4][stagePixels * asm.Block]float32

// read is n pixels of v, from src on, in float32: themselves, or their copy at place i
// of the stage.
func (w *worker) read(k *asm.Kernels, i int, v *view, src unsafe.Pointer, n int) unsafe.Pointer {
	if v.elem == floatBytes {
		return src
	}
	to := unsafe.Pointer(&w.stage[i])
	k.Widen(to, src, n)
	return to
}

// target is where a kernel writes what is to go to dst in v.
func (w *worker) target(i int, v *view, dst unsafe.Pointer) unsafe.Pointer {
	if v.elem == floatBytes {
		return dst
	}
	return unsafe.Pointer(&w.stage[i])
}

// written brings n pixels from a target to dst.
func (w *worker) written(k *asm.Kernels, i int, v *view, dst unsafe.Pointer, n int) {
	if v.elem != floatBytes {
		k.Narrow(dst, unsafe.Pointer(&w.stage[i]), n)
	}
}

// walk says how strips of several views are walked through together.
type walk struct {
	whole bool // their pixels are one run over all rows
	width int  // pixels of a row
	most  int  // pixels at a time
}

// walkThrough walks through views of the same width; nil ones don't count.
func walkThrough(views ...*view) walk {
	r := walk{whole: true, most: callPixels, width: views[0].w}
	for _, v := range views {
		if v == nil {
			continue
		}
		r.whole = r.whole && v.contiguous()
		if v.elem != floatBytes {
			r.most = stagePixels
		}
	}
	return r
}

// walk calls f for the runs of pixels of a strip that all views share: its rows, or
// all of it where there are no halos. Long ones are cut, as kernels can't be preempted
// and the stage is small.
func (s strip) walk(r walk, f func(y, x, pixels int)) {
	w, rows := r.width, s.y1-s.y0
	if r.whole {
		w, rows = rows*w, 1
	}
	for y := s.y0; y < s.y0+rows; y++ {
		for x := 0; x < w; x += r.most {
			f(y, x, min(r.most, w-x))
		}
	}
}
