package asm

import "math"

// F16 is IEEE 754's binary16: 5 bits of exponent and 10 of mantissa.
type F16 uint16

const (
	leastNormalF16 = 0x38800000 // bits of the float32 2⁻¹⁴
	tooLargeF16    = 0x477ff000 // of 65520, from which on the nearest is infinite
	f16Bias        = (127 - 15) << 23
)

// RoundF16 is the nearest F16, ties to even: an infinite one from 65520 on. A NaN
// stays one.
func RoundF16(x float32) F16 {
	bits := math.Float32bits(x)
	sign := F16(bits >> 16 & 0x8000)
	bits &= 1<<31 - 1
	switch {
	case x != x:
		return sign | 0x7e00
	case bits >= tooLargeF16:
		return sign | 0x7c00
	case bits < leastNormalF16: // a multiple of 2⁻²⁴, which is the last place of 0.5
		return sign | F16(math.Float32bits(math.Float32frombits(bits)+0.5)&0x7fff)
	}
	bits -= f16Bias
	return sign | F16((bits+0xfff+bits>>13&1)>>13)
}

// Float32 is the same number.
func (x F16) Float32() float32 {
	sign := uint32(x&0x8000) << 16
	bits := uint32(x&0x7fff) << 13
	switch {
	case bits >= 0x7c00<<13:
		bits |= 0xff << 23
	case bits >= 0x0400<<13:
		bits += f16Bias
	default:
		bits = math.Float32bits(float32(bits>>13) / (1 << 24))
	}
	return math.Float32frombits(sign | bits)
}
