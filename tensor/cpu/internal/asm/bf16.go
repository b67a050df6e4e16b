package asm

import (
	"math"
	"unsafe"
)

// BF16 is the upper half of a float32: its sign, its 8 bits of exponent, and 7 of its
// 23 bits of mantissa.
type BF16 uint16

// RoundBF16 is the nearest BF16, ties to even. A NaN stays one.
func RoundBF16(x float32) BF16 {
	bits := math.Float32bits(x)
	if x != x {
		return BF16(bits>>16 | 0x40)
	}
	return BF16((bits + 0x7fff + bits>>16&1) >> 16)
}

// Float32 is the same number.
func (x BF16) Float32() float32 { return math.Float32frombits(uint32(x) << 16) }

// HalfPixel is a pixel of a block in bf16.
type HalfPixel [Block]BF16

func genericWiden(dst, src unsafe.Pointer, n int) {
	for p := range n {
		to := pixel(dst, p*pixelBytes)
		for o, x := range (*HalfPixel)(unsafe.Add(src, p*pixelBytes/2)) {
			to[o] = x.Float32()
		}
	}
}

func genericNarrow(dst, src unsafe.Pointer, n int) {
	for p := range n {
		to := (*HalfPixel)(unsafe.Add(dst, p*pixelBytes/2))
		for o, x := range pixel(src, p*pixelBytes) {
			to[o] = RoundBF16(x)
		}
	}
}
