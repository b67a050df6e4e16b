package main

import "testing"

// TestEncode compares with what LLVM's assembler makes of the same instructions.
func TestEncode(t *testing.T) {
	for line, want := range map[string]string{
		"VDPBF16PS Z1, Z2, Z3":                     "LONG $0x486ef262; WORD $0xd952",
		"VDPBF16PS Z31, Z16, Z8":                   "LONG $0x407e1262; WORD $0xc752",
		"VDPBF16PS Z8, Z15, Z24":                   "LONG $0x48064262; WORD $0xc052",
		"VDPBF16PS.BCST 4(AX), Z24, Z0":            "LONG $0x503ef262; WORD $0x4052; BYTE $0x01",
		"VDPBF16PS.BCST (R12), Z1, Z17":            "LONG $0x5876c262; WORD $0x0c52; BYTE $0x24",
		"VDPBF16PS.BCST (R13), Z1, Z17":            "LONG $0x5876c262; WORD $0x4d52; BYTE $0x00",
		"VDPBF16PS.BCST -512(R13), Z1, Z9":         "LONG $0x58765262; WORD $0x4d52; BYTE $0x80",
		"VDPBF16PS.BCST 512(BP), Z1, Z9":           "LONG $0x58767262; LONG $0x02008d52; WORD $0x0000",
		"VDPBF16PS.BCST 6(CX), Z1, Z9":             "LONG $0x58767262; LONG $0x00068952; WORD $0x0000",
		"VDPBF16PS 64(BX)(R14*4), Z1, Z9":          "LONG $0x48763262; LONG $0x01b34c52",
		"VDPBF16PS.BCST     8(R12)(SI*1), Z30, Z9": "LONG $0x500e5262; LONG $0x02344c52",
		"VCVTNEPS2BF16 Z19, Y19":                   "LONG $0x487ea262; WORD $0xdb72",
		"VCVTNEPS2BF16 Z5, Y12":                    "LONG $0x487e7262; WORD $0xe572",
	} {
		got := string(encodeUnknown([]byte("\t" + line + "\n")))
		if want := "\t" + want + " // "; len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("%s is %q, want %q", line, got, want)
		}
	}
	if known := "\tVADDPS Z1, Z2, Z3\n"; string(encodeUnknown([]byte(known))) != known {
		t.Error("an instruction that the assembler knows was changed")
	}
}
