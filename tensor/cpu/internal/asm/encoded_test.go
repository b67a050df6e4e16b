package asm

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// encoded is the comment of a line of bytes: an instruction that Go's assembler
// lacks. TestEncoded holds the bytes to it.
func encoded(line string) (code string, is bool) {
	bytes, code, is := strings.Cut(line, " // ")
	if !is || !strings.HasPrefix(bytes, "LONG $") {
		return "", false
	}
	return code, true
}

// TestEncoded decodes the bytes, by Intel's manual, volume 2, 2.7: what the emulator
// runs is what the processor will.
func TestEncoded(t *testing.T) {
	lines := 0
	for line := range strings.Lines(sourceAVX512BF16) {
		want, is := encoded(strings.TrimSpace(line))
		if !is {
			continue
		}
		lines++
		directives, _, _ := strings.Cut(line, " // ")
		if got := decodeEVEX(t, codeBytes(t, directives)); got != want {
			t.Errorf("%s is %s", strings.TrimSpace(line), got)
		}
	}
	if lines < 1000 {
		t.Errorf("%d instructions are bytes: too few", lines)
	}
}

// codeBytes is what LONG, WORD and BYTE write.
func codeBytes(t *testing.T, directives string) (code []byte) {
	for d := range strings.SplitSeq(directives, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), " $0x")
		v, err := strconv.ParseUint(value, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		for range map[string]int{"LONG": 4, "WORD": 2, "BYTE": 1}[name] {
			code = append(code, byte(v))
			v >>= 8
		}
	}
	return code
}

// decodeEVEX reads an instruction of 512 bits of the map 0F38 without a mask, whose
// memory operand, if it has one, is a broadcast without an index.
func decodeEVEX(t *testing.T, c []byte) string {
	if len(c) < 6 || c[0] != 0x62 || c[1]&15 != 2 || c[2]&0x84 != 4 || c[3]&^0x18 != 0x40 {
		t.Fatalf("% x is no such instruction", c)
	}
	bit := func(b byte, i int) int { return int(^b >> i & 1) } // registers' are inverted
	reg := int(c[5]>>3&7) | bit(c[1], 7)<<3 | bit(c[1], 4)<<4
	rm := int(c[5]&7) | bit(c[1], 5)<<3
	source := fmt.Sprintf("Z%d", rm|bit(c[1], 6)<<4)
	broadcast := ""
	if c[3]&0x10 != 0 {
		source, broadcast = decodeMemory(t, rm, c[5:]), ".BCST"
	} else if c[5]>>6 != 3 || len(c) != 6 {
		t.Fatalf("% x has memory as a whole", c)
	}
	second := int(^c[2]>>3&15) | bit(c[3], 3)<<4
	switch [2]byte{c[2] & 3, c[4]} {
	case [2]byte{2, 0x52}:
		return fmt.Sprintf("VDPBF16PS%s %s, Z%d, Z%d", broadcast, source, second, reg)
	case [2]byte{2, 0x72}:
		if second != 0 {
			t.Errorf("% x has a second source", c)
		}
		return fmt.Sprintf("VCVTNEPS2BF16 %s, Y%d", source, reg)
	}
	t.Fatalf("% x is not known", c)
	return ""
}

// decodeMemory reads ModRM and what follows, for a broadcast of 4 bytes.
func decodeMemory(t *testing.T, base int, c []byte) string {
	name := append(strings.Fields("AX CX DX BX SP BP SI DI"), strings.Fields("R8 R9 R10 R11 R12 R13 R14 R15")...)[base]
	mod, disp := c[0]>>6, c[1:]
	if base&7 == 4 { // a SIB byte
		if c[1]&63 != 0x24 {
			t.Fatalf("% x has an index", c)
		}
		disp = disp[1:]
	}
	switch {
	case mod == 0 && base&7 != 5 && len(disp) == 0:
		return "(" + name + ")"
	case mod == 1 && len(disp) == 1 && (disp[0] != 0 || base&7 == 5):
		return strings.TrimPrefix(fmt.Sprintf("%d(%s)", 4*int(int8(disp[0])), name), "0")
	}
	t.Fatalf("% x is no known place", c)
	return ""
}

// dotPairs is VDPBF16PS of a lane by Intel's manual: the upper product first, each
// added with one rounding, subnormal numbers taken as zero before and after.
func dotPairs(x, y uint32, d float32) float32 {
	const upper = 0xffff0000
	d = flushed(fma(flushed(math.Float32frombits(x&upper)), flushed(math.Float32frombits(y&upper)), flushed(d)))
	return flushed(fma(flushed(math.Float32frombits(x<<16)), flushed(math.Float32frombits(y<<16)), d))
}

// flushed is x, or a zero of its sign where it is subnormal.
func flushed(x float32) float32 {
	if bits := math.Float32bits(x); bits>>23&0xff == 0 {
		return math.Float32frombits(bits & (1 << 31))
	}
	return x
}

// flushedNearest is VCVTNEPS2BF16 of a lane.
func flushedNearest(bits uint32) BF16 { return RoundBF16(flushed(math.Float32frombits(bits))) }
