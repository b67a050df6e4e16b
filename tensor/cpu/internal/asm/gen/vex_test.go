package main

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// TestTiles compares with what GNU's and LLVM's assemblers make of the same
// instructions.
func TestTiles(t *testing.T) {
	for line, want := range map[string]string{
		"LDTILECFG 424(AX)":               "c4 e2 78 49 80 a8 01 00 00",
		"LDTILECFG (R13)":                 "c4 c2 78 49 45 00",
		"TILERELEASE":                     "c4 e2 78 49 c0",
		"TILEZERO TMM3":                   "c4 e2 7b 49 d8",
		"TILEZERO TMM7":                   "c4 e2 7b 49 f8",
		"TILELOADD (AX)(BX*1), TMM0":      "c4 e2 7b 4b 04 18",
		"TILELOADD 1024(R9)(R10*1),TMM5":  "c4 82 7b 4b ac 11 00 04 00 00",
		"TILELOADD -128(R13)(R15*1),TMM7": "c4 82 7b 4b 7c 3d 80",
		"TILELOADD 64(SI)(DI*1), TMM6":    "c4 e2 7b 4b 74 3e 40",
		"TILELOADD (BP)(DX*1), TMM4":      "c4 e2 7b 4b 64 15 00",
		"TILELOADD (R12)(DX*1), TMM4":     "c4 c2 7b 4b 24 14",
		"TILESTORED TMM2, 1024(AX)(R8*1)": "c4 a2 7a 4b 94 00 00 04 00 00",
		"TDPBF16PS TMM6, TMM4, TMM0":      "c4 e2 4a 5c c4",
		"TDPBF16PS TMM7, TMM5, TMM3":      "c4 e2 42 5c dd",
	} {
		name, operands, _ := strings.Cut(line, " ")
		got := tileInstructions[name].encode(strings.Split(strings.ReplaceAll(operands, " ", ""), ","))
		bytesWanted, err := hex.DecodeString(strings.ReplaceAll(want, " ", ""))
		if err != nil || !bytes.Equal(got, bytesWanted) {
			t.Errorf("%s is % x, want %s", line, got, want)
		}
	}
}
