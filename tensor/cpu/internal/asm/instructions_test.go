package asm

import (
	"math"
	"unsafe"
)

// jumps says when a jump is taken.
var jumps = map[string]func(m *machine) bool{
	"JMP": func(*machine) bool { return true },
	"JZ":  func(m *machine) bool { return m.zero },
	"JEQ": func(m *machine) bool { return m.zero },
	"JNZ": func(m *machine) bool { return !m.zero },
	"JNE": func(m *machine) bool { return !m.zero },
	"JLT": func(m *machine) bool { return m.less },
}

// instructions in Go's order of operands: the destination is the last.
var instructions = map[string]func(m *machine, a []operand, lanes int){
	"PREFETCHT0": func(*machine, []operand, int) {},
	"PREFETCHT1": func(*machine, []operand, int) {},
	"VZEROUPPER": func(m *machine, _ []operand, _ int) {
		for i := range 16 {
			clear(m.vec[i][4:])
		}
	},

	"MOVQ": func(m *machine, a []operand, _ int) { *m.word(a[1]) = *m.word(a[0]) },
	"MOVL": func(m *machine, a []operand, _ int) {
		if a[0].base != "" {
			*m.word(a[1]) = uint64(m.vector(a[0], 1)[0])
			return
		}
		*m.word(a[1]) = uint64(uint32(a[0].imm))
	},
	"LEAQ": func(m *machine, a []operand, _ int) { *m.word(a[1]) = m.address(a[0]) },
	"ADDQ": func(m *machine, a []operand, _ int) { m.set(a[1], *m.word(a[1])+*m.word(a[0])) },
	"SUBQ": func(m *machine, a []operand, _ int) { m.set(a[1], *m.word(a[1])-*m.word(a[0])) },
	"ANDQ": func(m *machine, a []operand, _ int) { m.set(a[1], *m.word(a[1])&*m.word(a[0])) },
	"XORQ": func(m *machine, a []operand, _ int) { m.set(a[1], *m.word(a[1])^*m.word(a[0])) },
	"SHRQ": func(m *machine, a []operand, _ int) { m.set(a[1], *m.word(a[1])>>a[0].imm) },
	"SHLQ": func(m *machine, a []operand, _ int) { m.set(a[1], *m.word(a[1])<<a[0].imm) },
	"DECQ": func(m *machine, a []operand, _ int) { m.set(a[0], *m.word(a[0])-1) },
	"IMUL3Q": func(m *machine, a []operand, _ int) {
		*m.word(a[2]) = uint64(a[0].imm) * *m.word(a[1])
	},
	"TESTQ": func(m *machine, a []operand, _ int) { m.zero = *m.word(a[0])&*m.word(a[1]) == 0 },
	"TESTB": func(m *machine, a []operand, _ int) { m.zero = uint8(a[0].imm)&uint8(*m.word(a[1])) == 0 },
	"CMPQ": func(m *machine, a []operand, _ int) {
		x, y := int64(*m.word(a[0])), int64(*m.word(a[1]))
		m.zero, m.less = x == y, x < y
	},

	"CMPL": func(m *machine, a []operand, _ int) {
		x, y := int32(*m.word(a[0])), int32(*m.word(a[1]))
		m.zero, m.less = x == y, x < y
	},

	"VMOVUPS": move,
	"VMOVAPS": move,
	"VMOVUPD": move,
	"VMOVD": func(m *machine, a []operand, _ int) {
		m.put(a[1], vector{uint32(*m.word(a[0]))}, 1)
	},
	"VMOVQ": func(m *machine, a []operand, _ int) {
		x := *m.word(a[0])
		m.put(a[1], vector{uint32(x), uint32(x >> 32)}, 2)
	},
	"VBROADCASTSS": broadcast,
	"VPBROADCASTD": broadcast,
	"VMOVSD":       func(m *machine, a []operand, _ int) { m.put(a[1], m.vector(a[0], 2), 2) },
	"VPERMILPS": func(m *machine, a []operand, lanes int) {
		x, y := m.vector(a[1], lanes), vector{}
		for i := range y {
			y[i] = x[i&^3+int(a[0].imm)>>(2*(i&3))&3]
		}
		m.put(a[2], y, lanes)
	},
	"VPERMPS": func(m *machine, a []operand, lanes int) {
		x, index, y := m.vector(a[0], lanes), m.vector(a[1], lanes), vector{}
		for i := range y {
			y[i] = x[int(index[i])%lanes]
		}
		m.put(a[2], y, lanes)
	},
	"VPUNPCKLWD":  interleave(2, 0),
	"VPUNPCKHWD":  interleave(2, 1),
	"VPUNPCKLDQ":  interleave(4, 0),
	"VPUNPCKHDQ":  interleave(4, 1),
	"VPUNPCKLQDQ": interleave(8, 0),
	"VPUNPCKHQDQ": interleave(8, 1),
	"VSHUFI32X4": func(m *machine, a []operand, _ int) {
		x, y, z := m.vector(a[2], 16), m.vector(a[1], 16), vector{}
		for i := range 4 { // two quarters of each
			from := &x
			if i >= 2 {
				from = &y
			}
			copy(z[4*i:4*i+4], from[4*(a[0].imm>>(2*i)&3):])
		}
		m.put(a[3], z, 16)
	},
	"VINSERTI64X4": func(m *machine, a []operand, _ int) {
		y, x := m.vector(a[2], 16), m.vector(a[1], 8)
		copy(y[8*a[0].imm:][:8], x[:])
		m.put(a[3], y, 16)
	},
	"VPERMILPD": func(m *machine, a []operand, lanes int) {
		x, y := m.vector(a[1], lanes), vector{}
		for i := range lanes / 2 {
			y.setDouble(i, x.double(i&^1+int(a[0].imm)>>i&1))
		}
		m.put(a[2], y, lanes)
	},
	"VEXTRACTF128": func(m *machine, a []operand, _ int) {
		x, y := m.vector(a[1], 8), vector{}
		copy(y[:], x[4*a[0].imm:][:4])
		m.put(a[2], y, 4)
	},
	"VCMPPS": func(m *machine, a []operand, lanes int) {
		x, y := m.vector(a[1], lanes), m.vector(a[2], lanes)
		is := compares[a[0].imm]
		for i := range lanes {
			y[i] = allOnes(is(y.float(i), x.float(i)))
		}
		m.put(a[3], y, lanes)
	},
	"VPCMPEQD": bitwise(func(x, y uint32) uint32 { return allOnes(x == y) }),
	"VBLENDVPS": func(m *machine, a []operand, lanes int) {
		mask, x, y := m.vector(a[0], lanes), m.vector(a[1], lanes), m.vector(a[2], lanes)
		for i := range lanes {
			if mask[i]>>31 == 1 {
				y[i] = x[i]
			}
		}
		m.put(a[3], y, lanes)
	},
	"VCVTPS2PD": func(m *machine, a []operand, lanes int) {
		x, y := m.vector(a[0], lanes/2), vector{}
		for i := range lanes / 2 {
			y.setDouble(i, float64(x.float(i)))
		}
		m.put(a[1], y, lanes)
	},

	"VXORPS": bitwise(func(x, y uint32) uint32 { return x ^ y }),
	"VPXOR":  bitwise(func(x, y uint32) uint32 { return x ^ y }),
	"VPAND":  bitwise(func(x, y uint32) uint32 { return x & y }),
	"VPXORD": bitwise(func(x, y uint32) uint32 { return x ^ y }),
	"VORPS":  bitwise(func(x, y uint32) uint32 { return x | y }),
	"VANDPS": bitwise(func(x, y uint32) uint32 { return x & y }),
	"VPADDD": bitwise(func(x, y uint32) uint32 { return x + y }),
	"VPSUBD": bitwise(func(x, y uint32) uint32 { return y - x }),
	"VADDPS": floats(func(x, y, _ float32) float32 { return y + x }),
	"VSUBPS": floats(func(x, y, _ float32) float32 { return y - x }),
	"VMULPS": floats(func(x, y, _ float32) float32 { return y * x }),
	"VMAXPS": floats(func(x, y, _ float32) float32 {
		if y > x {
			return y
		}
		return x // also where one is NaN
	}),
	"VFMADD231PS":  floats(func(x, y, d float32) float32 { return fma(x, y, d) }),
	"VFNMADD231PS": floats(func(x, y, d float32) float32 { return fma(-x, y, d) }),
	"VFMADD213PS":  floats(func(x, y, d float32) float32 { return fma(y, d, x) }),
	"VFNMADD213PS": floats(func(x, y, d float32) float32 { return fma(-y, d, x) }),
	"VADDPD":       doubles(func(x, y, _ float64) float64 { return y + x }),
	"VADDSD": func(m *machine, a []operand, _ int) {
		x, y := m.vector(a[0], 2), m.vector(a[1], 4)
		y.setDouble(0, y.double(0)+x.double(0))
		m.put(a[2], y, 4)
	},
	"VFMADD231PD": doubles(math.FMA),
	"VDPBF16PS": floats(func(x, y, d float32) float32 {
		return dotPairs(math.Float32bits(x), math.Float32bits(y), d)
	}),
	"VCVTNEPS2BF16": func(m *machine, a []operand, _ int) {
		x, y := m.vector(a[0], 16), vector{}
		for i := range 16 {
			y[i/2] |= uint32(flushedNearest(x[i])) << (i % 2 * 16)
		}
		m.put(a[1], y, 8)
	},
	"VPMOVZXWD": func(m *machine, a []operand, lanes int) {
		x, y := m.vector(a[0], lanes/2), vector{}
		for i := range lanes {
			y[i] = x[i/2] >> (i % 2 * 16) & 0xffff
		}
		m.put(a[1], y, lanes)
	},
	"VPORD": bitwise(func(x, y uint32) uint32 { return x | y }),
	"VPSLLD": func(m *machine, a []operand, lanes int) {
		x := m.vector(a[1], lanes)
		for i := range lanes {
			x[i] <<= a[0].imm
		}
		m.put(a[2], x, lanes)
	},
	"VMINPS": floats(func(x, y, _ float32) float32 {
		if y < x {
			return y
		}
		return x
	}),

	"VPMINUD":   bitwise(func(x, y uint32) uint32 { return min(x, y) }),
	"VPSUBB":    quads(parts(8, func(x, y uint64) uint64 { return y - x })),
	"VPSUBW":    quads(parts(16, func(x, y uint64) uint64 { return y - x })),
	"VPADDUSB":  quads(parts(8, func(x, y uint64) uint64 { return min(x+y, 255) })),
	"VPACKUSDW": pack(32),
	"VPACKUSWB": pack(16),
	"VPSHUFB": func(m *machine, a []operand, lanes int) {
		index, x, y := m.vector(a[0], lanes), m.vector(a[1], lanes), vector{}
		for i := range 4 * lanes {
			if at := index[i/4] >> (8 * (i % 4)) & 255; at < 128 {
				at = at&15 + uint32(i)&^15
				y[i/4] |= x[at/4] >> (8 * (at % 4)) & 255 << (8 * (i % 4))
			}
		}
		m.put(a[2], y, lanes)
	},
	"VPADDB": quads(parts(8, func(x, y uint64) uint64 { return x + y })),
	"VPADDQ": quads(func(x, y uint64) uint64 { return x + y }),
	"VPSADBW": quads(func(x, y uint64) (sum uint64) {
		for i := 0; i < 64; i += 8 {
			a, b := x>>i&255, y>>i&255
			sum += max(a, b) - min(a, b)
		}
		return sum
	}),
	"VPSRLW":  shiftRight(16),
	"VPSRLD":  shiftRight(32),
	"VMOVDQU": move,
	"VCVTPH2PS": func(m *machine, a []operand, lanes int) {
		x, y := m.vector(a[0], lanes/2), vector{}
		for i := range lanes {
			y[i] = math.Float32bits(F16(x[i/2] >> (16 * (i % 2))).Float32())
		}
		m.put(a[1], y, lanes)
	},
	"VPERMQ": func(m *machine, a []operand, lanes int) {
		x, y := m.vector(a[1], lanes), vector{}
		for i := range lanes / 2 {
			y.setQuad(i, x.quad(int(a[0].imm>>(2*i)&3)))
		}
		m.put(a[2], y, lanes)
	},
	"VPMOVMSKB": func(m *machine, a []operand, lanes int) {
		x, mask := m.vector(a[0], lanes), uint64(0)
		for i := range 4 * lanes {
			mask |= uint64(x[i/4]>>(8*(i%4)+7)&1) << i
		}
		*m.word(a[1]) = mask
	},
}

// compares are VCMPPS's predicates.
var compares = map[int64]func(y, x float32) bool{
	0x00: func(y, x float32) bool { return y == x },
	0x03: func(y, x float32) bool { return y != y || x != x },
	0x1e: func(y, x float32) bool { return y > x },
}

func allOnes(is bool) uint32 {
	if is {
		return math.MaxUint32
	}
	return 0
}

func fma(x, y, z float32) float32 { return float32(math.FMA(float64(x), float64(y), float64(z))) }

// set stores a result and sets the flag.
func (m *machine) set(o operand, v uint64) {
	*m.word(o) = v
	m.zero = v == 0
}

func move(m *machine, a []operand, lanes int) { m.put(a[1], m.vector(a[0], lanes), lanes) }

func broadcast(m *machine, a []operand, lanes int) {
	x, y := m.vector(a[0], 1), vector{}
	for i := range y {
		y[i] = x[0]
	}
	m.put(a[1], y, lanes)
}

func bitwise(f func(x, y uint32) uint32) func(*machine, []operand, int) {
	return func(m *machine, a []operand, lanes int) {
		x, y := m.vector(a[0], lanes), m.vector(a[1], lanes)
		for i := range lanes {
			y[i] = f(x[i], y[i])
		}
		m.put(a[2], y, lanes)
	}
}

func floats(f func(x, y, d float32) float32) func(*machine, []operand, int) {
	return func(m *machine, a []operand, lanes int) {
		x, y, d := m.vector(a[0], lanes), m.vector(a[1], lanes), m.vector(a[2], lanes)
		for i := range lanes {
			d[i] = math.Float32bits(f(x.float(i), y.float(i), d.float(i)))
		}
		m.put(a[2], d, lanes)
	}
}

// quads is an instruction on words of 64 bits.
func quads(f func(x, y uint64) uint64) func(*machine, []operand, int) {
	return func(m *machine, a []operand, lanes int) {
		x, y := m.vector(a[0], lanes), m.vector(a[1], lanes)
		for i := range lanes / 2 {
			y.setQuad(i, f(x.quad(i), y.quad(i)))
		}
		m.put(a[2], y, lanes)
	}
}

// interleave takes elements of so many bytes in turn from the second operand and the
// first, of the lower or the upper half of each 128 bits.
func interleave(bytes, half int) func(*machine, []operand, int) {
	return func(m *machine, a []operand, lanes int) {
		x, y, z := m.vector(a[1], lanes), m.vector(a[0], lanes), vector{}
		from := [2]*[64]byte{(*[64]byte)(unsafe.Pointer(&x)), (*[64]byte)(unsafe.Pointer(&y))}
		to := (*[64]byte)(unsafe.Pointer(&z))
		for i := 0; i < 4*lanes; i += bytes {
			at := i/16*16 + half*8 + i%16/(2*bytes)*bytes
			copy(to[i:i+bytes], from[i/bytes%2][at:])
		}
		m.put(a[2], z, lanes)
	}
}

// parts applies f to each part of so many bits.
func parts(width int, f func(x, y uint64) uint64) func(x, y uint64) uint64 {
	mask := uint64(1)<<width - 1
	return func(x, y uint64) (all uint64) {
		for i := 0; i < 64; i += width {
			all |= f(x>>i&mask, y>>i&mask) & mask << i
		}
		return all
	}
}

// pack halves the width of signed integers, those that are too small to 0 and those that
// are too large to the greatest: of the second operand, then the first, in each 128 bits.
func pack(width int) func(*machine, []operand, int) {
	return func(m *machine, a []operand, lanes int) {
		half, y := width/2, vector{}
		for i, x := range []vector{m.vector(a[1], lanes), m.vector(a[0], lanes)} {
			for j := range lanes * 32 / width {
				bit := j * width
				v := int64(int32(x[bit/32]<<(32-width-bit%32))) >> (32 - width)
				v = max(0, min(v, 1<<half-1))
				to := bit/128*128 + i*64 + bit%128/2
				y[to/32] |= uint32(v) << (to % 32)
			}
		}
		m.put(a[2], y, lanes)
	}
}

// shiftRight shifts words of so many bits by an immediate number.
func shiftRight(width int) func(*machine, []operand, int) {
	return func(m *machine, a []operand, lanes int) {
		x := m.vector(a[1], lanes)
		for i := range lanes / 2 {
			shift := parts(width, func(_, y uint64) uint64 { return y >> a[0].imm })
			x.setQuad(i, shift(0, x.quad(i)))
		}
		m.put(a[2], x, lanes)
	}
}

func doubles(f func(x, y, d float64) float64) func(*machine, []operand, int) {
	return func(m *machine, a []operand, lanes int) {
		x, y, d := m.vector(a[0], lanes), m.vector(a[1], lanes), m.vector(a[2], lanes)
		for i := range lanes / 2 {
			d.setDouble(i, f(x.double(i), y.double(i), d.double(i)))
		}
		m.put(a[2], d, lanes)
	}
}

// word64 is a pointer as an argument.
func word64(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }
