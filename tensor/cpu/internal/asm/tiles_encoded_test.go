package asm

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// TestEncodedTiles decodes the bytes of AMX's kernels, as TestEncoded does those of
// AVX512_BF16.
func TestEncodedTiles(t *testing.T) {
	names := map[string]int{}
	for line := range strings.Lines(sourceAMX) {
		want, is := encoded(strings.TrimSpace(line))
		if !is {
			continue
		}
		directives, _, _ := strings.Cut(line, " // ")
		code := codeBytes(t, directives)
		got := ""
		if code[0] == 0x62 {
			got = decodeEVEX(t, code)
		} else {
			got = decodeTile(t, code)
		}
		if got != want {
			t.Errorf("%s is %s", strings.TrimSpace(line), got)
		}
		name, _, _ := strings.Cut(want, " ")
		names[name]++
	}
	for _, name := range []string{"LDTILECFG", "TILERELEASE", "TILEZERO", "TILELOADD", "TILESTORED", "TDPBF16PS"} {
		if names[name] == 0 {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestDecodeTile holds the decoder to what GNU's assembler writes.
func TestDecodeTile(t *testing.T) {
	for code, want := range map[string]string{
		"c4e2784980a8010000":   "LDTILECFG 424(AX)",
		"c4c278494500":         "LDTILECFG (R13)",
		"c4e27849c0":           "TILERELEASE",
		"c4e27b49d8":           "TILEZERO TMM3",
		"c4827b4bac1100040000": "TILELOADD 1024(R9)(R10*1), TMM5",
		"c4827b4b7c3d80":       "TILELOADD -128(R13)(R15*1), TMM7",
		"c4c27b4b2414":         "TILELOADD (R12)(DX*1), TMM4",
		"c4a27a4b940000040000": "TILESTORED TMM2, 1024(AX)(R8*1)",
		"c4e2425cdd":           "TDPBF16PS TMM7, TMM5, TMM3",
	} {
		c, err := hex.DecodeString(code)
		if err != nil {
			t.Fatal(err)
		}
		if got := decodeTile(t, c); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
}

// decodeTile reads an instruction of tiles: Intel's manual, volume 2, 2.3.5. It is of
// the map 0F38 and has 128 bits and W0.
func decodeTile(t *testing.T, c []byte) string {
	if len(c) < 5 || c[0] != 0xc4 || c[1]&31 != 2 || c[1]>>7 != 1 || c[2]&0x84 != 0 {
		t.Fatalf("% x is no such instruction", c)
	}
	base, index := int(^c[1]>>5&1)<<3, int(^c[1]>>6&1)<<3
	middle, reg := int(^c[2]>>3&15), int(c[4]>>3&7)
	registers := c[4]>>6 == 3
	if registers && (len(c) > 5 || base+index != 0) {
		t.Fatalf("% x has a wrong length or prefix", c)
	}
	switch op := [2]byte{c[2] & 3, c[3]}; {
	case op == [2]byte{2, 0x5c} && registers && middle < 8:
		return fmt.Sprintf("TDPBF16PS TMM%d, TMM%d, TMM%d", middle, c[4]&7, reg)
	case middle != 0:
		t.Fatalf("% x has an operand too many", c)
	case op == [2]byte{0, 0x49} && c[4] == 0xc0:
		return "TILERELEASE"
	case op == [2]byte{0, 0x49} && reg == 0 && !registers:
		return "LDTILECFG " + decodePlace(t, base, index, c[4:])
	case op == [2]byte{3, 0x49} && registers && c[4]&7 == 0:
		return fmt.Sprintf("TILEZERO TMM%d", reg)
	case op == [2]byte{3, 0x4b} && c[4]&7 == 4:
		return fmt.Sprintf("TILELOADD %s, TMM%d", decodePlace(t, base, index, c[4:]), reg)
	case op == [2]byte{2, 0x4b} && c[4]&7 == 4:
		return fmt.Sprintf("TILESTORED TMM%d, %s", reg, decodePlace(t, base, index, c[4:]))
	}
	t.Fatalf("% x is not known", c)
	return ""
}

// decodePlace reads ModRM and what follows; base and index are the upper bits.
func decodePlace(t *testing.T, base, index int, c []byte) string {
	names := strings.Fields("AX CX DX BX SP BP SI DI R8 R9 R10 R11 R12 R13 R14 R15")
	mod, rm, rest := c[0]>>6, int(c[0]&7), c[1:]
	indexed := ""
	if rm == 4 { // a SIB byte
		sib := rest[0]
		rm, rest = int(sib&7), rest[1:]
		if i := index + int(sib>>3&7); i != 4 {
			indexed = fmt.Sprintf("(%s*%d)", names[i], 1<<(sib>>6))
		}
	}
	disp := 0
	switch {
	case mod == 0 && rm != 5 && len(rest) == 0:
	case mod == 1 && len(rest) == 1:
		disp = int(int8(rest[0]))
	case mod == 2 && len(rest) == 4:
		disp = int(int32(uint32(rest[0]) | uint32(rest[1])<<8 | uint32(rest[2])<<16 | uint32(rest[3])<<24))
	default:
		t.Fatalf("% x is no known place", c)
	}
	place := fmt.Sprintf("(%s)%s", names[base+rm], indexed)
	if disp != 0 {
		place = fmt.Sprint(disp) + place
	}
	return place
}
