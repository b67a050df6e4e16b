package checkpoint

import (
	"encoding/binary"
	"math"
)

// DType is the type of a tensor's elements in a file.
type DType uint8

// The types that can be read. The zero DType is invalid.
const (
	F64 DType = iota + 1
	F32
	F16
	BF16
	I64
	I32
	I16
	I8
	U64
	U32
	U16
	U8
	Bool
)

// dtypes describes each type. decode converts len(dst) little-endian elements of src to
// float32, rounding to nearest even.
var dtypes = [...]struct {
	name   string // in safetensors
	size   int64  // bytes per element
	decode func(dst []float32, src []byte)
}{
	F64: {"F64", 8, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(src[8*i:])))
		}
	}},
	F32: {"F32", 4, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(src[4*i:]))
		}
	}},
	F16: {"F16", 2, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = halfToFloat(le.Uint16(src[2*i:]))
		}
	}},
	BF16: {"BF16", 2, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(le.Uint16(src[2*i:])) << 16)
		}
	}},
	I64: {"I64", 8, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(int64(le.Uint64(src[8*i:])))
		}
	}},
	I32: {"I32", 4, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(int32(le.Uint32(src[4*i:])))
		}
	}},
	I16: {"I16", 2, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(int16(le.Uint16(src[2*i:])))
		}
	}},
	I8: {"I8", 1, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(int8(src[i]))
		}
	}},
	U64: {"U64", 8, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(le.Uint64(src[8*i:]))
		}
	}},
	U32: {"U32", 4, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(le.Uint32(src[4*i:]))
		}
	}},
	U16: {"U16", 2, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(le.Uint16(src[2*i:]))
		}
	}},
	U8: {"U8", 1, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(src[i])
		}
	}},
	Bool: {"BOOL", 1, func(dst []float32, src []byte) {
		for i := range dst {
			if dst[i] = 0; src[i] != 0 {
				dst[i] = 1
			}
		}
	}},
}

var le = binary.LittleEndian

// Size returns the bytes per element.
func (d DType) Size() int64 { return dtypes[d].size }

// String returns the type's name in safetensors, such as "F32" or "BOOL".
func (d DType) String() string {
	if int(d) < len(dtypes) && d > 0 {
		return dtypes[d].name
	}
	return "–"
}

// dtypeNamed finds a type by its name in safetensors.
func dtypeNamed(name string) (DType, bool) {
	for d := F64; d <= Bool; d++ {
		if dtypes[d].name == name {
			return d, true
		}
	}
	return 0, false
}

// halfToFloat converts from IEEE 754 binary16: 1 bit of sign, 5 of exponent with bias
// 15, 10 of fraction. The conversion is exact.
func halfToFloat(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp := uint32(h >> 10 & 31)
	frac := uint32(h & 1023)
	switch exp {
	case 31: // infinity, NaN
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	case 0: // zero, subnormal: frac · 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// floatToHalf converts to IEEE 754 binary16, rounding to nearest even. It reports false
// if v or the result isn't finite.
func floatToHalf(v float32) (uint16, bool) {
	sign, size := uint16(math.Float32bits(v)>>16&0x8000), math.Abs(float64(v))
	if !(size < 65520) { // from here on, rounding gives infinity
		return 0, false
	}
	if size < 0x1p-14 { // subnormal: a multiple of 2⁻²⁴
		return sign | uint16(math.RoundToEven(size*0x1p24)), true
	}
	frac, exp := math.Frexp(size) // frac in [½, 1)
	// A significand that rounds up to 2048 carries into the exponent by itself.
	return sign | uint16((exp+14)<<10) + uint16(math.RoundToEven(frac*2048)) - 1024, true
}
