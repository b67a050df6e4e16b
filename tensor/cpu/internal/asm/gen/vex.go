package main

import (
	"strconv"
	"strings"
)

// vex is what distinguishes an instruction of the map 0F38 in the VEX encoding of
// three bytes: Intel's manual, volume 2, 2.3.5. All have 128 bits and W0. Those of
// tiles are the only ones here: Go's assembler has none of them.
type vex struct {
	prefix byte // pp: 0 for none, 1 for 66, 2 for F3, 3 for F2
	opcode byte
	form   form
}

// form says which operands there are, in Go's order.
type form int

const (
	alone    form = iota
	ofMemory      // memory
	ofTile        // a tile
	load          // memory, a tile
	store         // a tile, memory
	product       // second factor, first factor, result
)

var tileInstructions = map[string]vex{
	"LDTILECFG":   {0, 0x49, ofMemory},
	"TILERELEASE": {0, 0x49, alone},
	"TILEZERO":    {3, 0x49, ofTile},
	"TILELOADD":   {3, 0x4b, load},
	"TILESTORED":  {2, 0x4b, store},
	"TDPBF16PS":   {2, 0x5c, product},
}

// encode is the bytes of an instruction.
func (v vex) encode(operands []string) []byte {
	reg, middle, rm := 0, 0, place{register: true, index: noIndex}
	switch v.form {
	case ofMemory:
		rm = parsePlace(operands[0])
	case ofTile:
		reg = tileNumber(operands[0])
	case load:
		rm, reg = parsePlace(operands[0]), tileNumber(operands[1])
	case store:
		reg, rm = tileNumber(operands[0]), parsePlace(operands[1])
	case product:
		middle, rm.base, reg = tileNumber(operands[0]), tileNumber(operands[1]), tileNumber(operands[2])
	}
	// Registers' upper bits are inverted in the prefix.
	p0 := 2 | 1<<7 | inverted(rm.index, 3)<<6 | inverted(rm.base, 3)<<5
	p1 := byte(15&^middle)<<3 | v.prefix
	return append([]byte{0xc4, p0, p1, v.opcode}, rm.encode(byte(reg), 1)...)
}

// noIndex is the number of an index register that says that there is none.
const noIndex = 4

// tileNumber is the number of TMM7.
func tileNumber(s string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(s, "TMM"))
	if err != nil || n < 0 || n > 7 {
		panic("no tile: " + s)
	}
	return n
}
