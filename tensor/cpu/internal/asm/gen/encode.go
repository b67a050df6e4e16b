package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Go's assembler lacks some instructions. They are written as their bytes, with what
// they are as a comment, which the emulator of the tests reads:
//
//	LONG $0x526e7262; WORD $0xc2 … // VDPBF16PS Z10, Z8, Z0

// evex is what distinguishes an instruction of the map 0F38 in the EVEX encoding:
// Intel's manual, volume 2, 2.7. All have 512 bits, W0, and no mask.
type evex struct {
	prefix byte // pp: 2 for F3, 3 for F2
	opcode byte
	three  bool // it has two sources; else the field vvvv is unused
}

var unknownInstructions = map[string]evex{
	"VDPBF16PS":     {prefix: 2, opcode: 0x52, three: true},
	"VCVTNEPS2BF16": {prefix: 2, opcode: 0x72},
}

// encodeUnknown replaces the instructions that Go's assembler lacks.
func encodeUnknown(text []byte) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(string(text)) {
		name, operands, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, broadcast := strings.CutSuffix(name, ".BCST")
		args := strings.Split(strings.ReplaceAll(operands, " ", ""), ",")
		var code []byte
		if e, is := unknownInstructions[name]; is {
			code = e.encode(args, broadcast)
		} else if v, is := tileInstructions[name]; is {
			code = v.encode(args)
		} else {
			b.WriteString(line)
			continue
		}
		fmt.Fprintf(&b, "\t%s // %s\n", directives(code), strings.Join(strings.Fields(line), " "))
	}
	return b.Bytes()
}

// directives writes bytes for Go's assembler, as many as possible at once.
func directives(code []byte) string {
	var parts []string
	for len(code) > 0 {
		name, n := "BYTE", 1
		switch {
		case len(code) >= 4:
			name, n = "LONG", 4
		case len(code) >= 2:
			name, n = "WORD", 2
		}
		value := "" // little-endian
		for _, c := range code[:n] {
			value = fmt.Sprintf("%02x", c) + value
		}
		parts = append(parts, name+" $0x"+value)
		code = code[n:]
	}
	return strings.Join(parts, "; ")
}

// encode takes operands in Go's order: the result is the last, and the first may be
// memory.
func (e evex) encode(operands []string, broadcast bool) []byte {
	last := len(operands) - 1
	reg, middle := vectorNumber(operands[last]), 0
	if e.three {
		middle = vectorNumber(operands[1])
	}
	rm := parsePlace(operands[0])
	// Registers' upper bits are inverted in the prefix.
	p0 := 2 | inverted(reg, 3)<<7 | inverted(rm.index, 3)<<6 | inverted(rm.base, 3)<<5 | inverted(reg, 4)<<4
	if rm.register {
		p0 = p0&^(1<<6) | inverted(rm.base, 4)<<6
	}
	p1 := byte(15&^middle)<<3 | 1<<2 | e.prefix
	p2 := 2<<5 | inverted(middle, 4)<<3
	scale := pixelBytes // of a displacement of 8 bits
	if broadcast {
		p2 |= 1 << 4
		scale = floatBytes
	}
	return append([]byte{0x62, p0, p1, p2, e.opcode}, rm.encode(byte(reg&7), scale)...)
}

// inverted is the complement of a register number's bit.
func inverted(number, bit int) byte { return byte(^number >> bit & 1) }

// vectorNumber is the number of Z7 or Y7.
func vectorNumber(s string) int {
	n, err := strconv.Atoi(s[1:])
	if err != nil || s[0] != 'Z' && s[0] != 'Y' {
		panic("no vector: " + s)
	}
	return n
}

// place is a register, or memory at disp(base)(index*scale).
type place struct {
	register bool
	base     int
	index    int // 4 for none
	scale    int
	disp     int
}

var generalNumbers = map[string]int{
	"AX": 0, "CX": 1, "DX": 2, "BX": 3, "SP": 4, "BP": 5, "SI": 6, "DI": 7, "R8": 8, "R9": 9,
	"R10": 10, "R11": 11, "R12": 12, "R13": 13, "R14": 14, "R15": 15,
}

func parsePlace(s string) place {
	disp, rest, memory := strings.Cut(s, "(")
	if !memory {
		return place{register: true, base: vectorNumber(s)}
	}
	base, index, _ := strings.Cut(strings.TrimSuffix(rest, ")"), ")(")
	p := place{base: generalNumber(base), index: 4, scale: 1}
	p.disp, _ = strconv.Atoi(disp)
	if index != "" {
		name, scale, _ := strings.Cut(index, "*")
		p.index = generalNumber(name)
		p.scale, _ = strconv.Atoi(scale)
	}
	return p
}

func generalNumber(name string) int {
	n, is := generalNumbers[name]
	if !is {
		panic("no general register: " + name)
	}
	return n
}

// encode is the bytes ModRM, SIB and displacement, which counts in units of unit bytes
// where it has 8 bits: 2.7.5 of the manual.
func (p place) encode(reg byte, unit int) []byte {
	if p.register {
		return []byte{3<<6 | reg<<3 | byte(p.base&7)}
	}
	const sib = 4 // as a register: a SIB byte follows
	mod, disp := p.displacement(unit)
	if p.index == sib && p.base&7 != sib {
		return append([]byte{mod<<6 | reg<<3 | byte(p.base&7)}, disp...)
	}
	log := map[int]byte{1: 0, 2: 1, 4: 2, 8: 3}[p.scale]
	code := []byte{mod<<6 | reg<<3 | sib, log<<6 | byte(p.index&7)<<3 | byte(p.base&7)}
	return append(code, disp...)
}

// displacement is the field mod and the bytes: BP and R13 have no form without any.
func (p place) displacement(unit int) (mod byte, disp []byte) {
	const noneMeansOther = 5
	switch small := p.disp / unit; {
	case p.disp == 0 && p.base&7 != noneMeansOther:
		return 0, nil
	case p.disp%unit == 0 && small == int(int8(small)):
		return 1, []byte{byte(small)}
	}
	d := uint32(int32(p.disp))
	return 2, []byte{byte(d), byte(d >> 8), byte(d >> 16), byte(d >> 24)}
}
