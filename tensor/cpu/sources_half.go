package cpu

import (
	"sync"
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// halfSource is a view of bf16 in blocks of channels. Its values are taken from float32
// copies of a few pixels at a time.
type halfSource struct {
	blockSource
	k *asm.Kernels
}

// copies are memory for them: sources have no worker's.
var copies = sync.Pool{New: func() any { return new([sourcePixels * asm.Block]float32) }}

func (s *halfSource) walk(piece int, t taker) {
	if s.lanes(piece/s.parts) < asm.Block {
		s.blockSource.walk(piece, t)
		return
	}
	room := copies.Get().(*[sourcePixels * asm.Block]float32)
	defer copies.Put(room)
	at := unsafe.Pointer(room)
	s.strips(piece, func(r strip) {
		r.walk(walk{whole: s.v.contiguous(), width: s.v.w, most: sourcePixels}, func(y, x, n int) {
			s.k.Widen(at, s.v.pixelAt(r.block, r.n, y, x), n)
			t.pixels(valueRows{at, n, 1, 0})
		})
	})
}
