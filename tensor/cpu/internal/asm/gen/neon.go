package main

import (
	"bytes"
	"fmt"
	"go/format"
)

// neon writes the kernels for arm64, which avo does not know. Vector
// instructions that Go's assembler lacks are written as words, with what they
// mean beside them.
//
// R18 and R26 to R30 belong to the platform, the assembler and Go.
type neon struct {
	text, stubs bytes.Buffer
	label       int    // the number of the last unique label
	kernel      string // the name of the one that is being written
}

const neonPx = 6 // 6 pixels × 4 vectors, 6 sources, 2 weights: 32 registers

// arm64 generates the assembly and its stubs.
func arm64() ([]file, error) {
	n := &neon{}
	const header = generatedHeader + "//go:build arm64 && !noasm\n\n"
	n.text.WriteString(header + "#include \"textflag.h\"\n")
	n.stubs.WriteString(header + "package asm\n\nimport \"unsafe\"\n")
	for px := 1; px <= neonPx; px++ {
		n.conv(px)
		n.group(px, 4)
		n.group(px, 8)
	}
	n.winoIn()
	n.winoOut()
	n.elt()
	n.maxPool()
	n.addPixels()
	n.sums()
	n.peak()
	n.read()
	for rows := 1; rows <= neonPx; rows++ {
		n.gradWeight(rows)
	}
	n.normSums()
	n.normGrad()
	n.mask()
	n.join()
	n.squares()
	n.sgd()
	n.widen()
	n.narrow()
	n.maxPoolGrad()
	stubs, err := format.Source(n.stubs.Bytes())
	return []file{{"neon_arm64.s", n.text.Bytes()}, {"stubs_arm64.go", stubs}}, err
}

// function starts a function whose parameters and result have 8 bytes each, size in
// all. px is the kernel's pixels or rows, 0 for a kernel of one size.
func (n *neon) function(kind string, px int, params, result string, size int) {
	name := kind + "NEON"
	if px > 0 {
		name += fmt.Sprintf("x%d", px)
	}
	sig := fmt.Sprintf("func %s(%s)", name, params)
	if result != "" {
		sig += " (ret " + result + ")"
	}
	writeStub(&n.stubs, kernel{name: kind, full: name, size: px, nob: 1, half: px}.doc(), sig)
	fmt.Fprintf(&n.text, "\n// %s\nTEXT ·%s(SB), NOSPLIT, $0-%d\n", sig, name, size)
	n.kernel = kind
	n.section("")
}

// op writes one instruction.
func (n *neon) op(format string, args ...any) { fmt.Fprintf(&n.text, "\t"+format+"\n", args...) }

// at writes a label, and before it what the code after it is for, where that is
// known.
func (n *neon) at(label string) {
	n.text.WriteByte('\n')
	n.section(label)
	fmt.Fprintf(&n.text, "%s:\n", label)
}

// section writes the purpose of what follows.
func (n *neon) section(name string) {
	if why := section(n.kernel, name); why != "" {
		fmt.Fprintf(&n.text, "\t// %s\n", why)
	}
}

// unique makes a label unique inside its function.
func (n *neon) unique(label string) string {
	n.label++
	return fmt.Sprintf("%s%d", label, n.label)
}

// ld loads vector v.
func (n *neon) ld(base string, disp, v int) { n.op("FMOVQ %d(%s), F%d", disp, base, v) }

// st stores vector v.
func (n *neon) st(v int, base string, disp int) {
	n.op("FMOVQ F%d, %d(%s)", v, disp, base)
}

// field loads a field of the arguments at R0.
func (n *neon) field(offset int, r string) { n.op("MOVD %d(R0), %s", offset, r) }

// add adds a field of the arguments to r, by way of R25.
func (n *neon) add(offset int, r string) {
	n.field(offset, "R25")
	n.op("ADD R25, %s, %s", r, r)
}

// count ends a loop: it decrements r and jumps to label unless r has become 0.
func (n *neon) count(r, label string) {
	n.op("SUBS $1, %s, %s", r, r)
	n.op("BNE %s", label)
}

// Instructions of three vectors, d = x op y: opcodes without registers.
const (
	neonFADD   = 0x4e20d400
	neonFSUB   = 0x4ea0d400
	neonFMAX   = 0x4e20f400
	neonFMUL   = 0x6e20dc00
	neonFADD2D = 0x4e60d400
	neonFCMEQ  = 0x4e20e400
	neonFCMGT  = 0x6ea0e400
	neonORN    = 0x4ee01c00 // x | ^y
	neonBIT    = 0x6ea01c00 // d = x where y has ones
	neonUZP2   = 0x4e405800 // the odd halves of x, then of y
)

var neonNames = map[uint32]string{
	neonFADD: "fadd.4s", neonFSUB: "fsub.4s", neonFMAX: "fmax.4s", neonFMUL: "fmul.4s", neonFADD2D: "fadd.2d",
	neonFCMEQ: "fcmeq.4s", neonFCMGT: "fcmgt.4s", neonORN: "orn.16b", neonBIT: "bit.16b", neonUZP2: "uzp2.8h",
}

// three writes an instruction of three vectors.
func (n *neon) three(op uint32, d, x, y int) {
	n.op("WORD $0x%08x // %s v%d, v%d, v%d", op|uint32(y<<16|x<<5|d), neonNames[op], d, x, y)
}

func (n *neon) fadd(d, x, y int) { n.three(neonFADD, d, x, y) }
func (n *neon) fsub(d, x, y int) { n.three(neonFSUB, d, x, y) }

// fmax is NaN where one is.
func (n *neon) fmax(d, x, y int) { n.three(neonFMAX, d, x, y) }

// fmla is d += x·y.
func (n *neon) fmla(d, x, y int) { n.op("VFMLA V%d.S4, V%d.S4, V%d.S4", y, x, d) }

// fmls is d −= x·y.
func (n *neon) fmls(d, x, y int) { n.op("VFMLS V%d.S4, V%d.S4, V%d.S4", y, x, d) }

// fmlaLane is d += x·y[lane]. It spares the broadcasts that x86 needs: one load brings
// four floats of the source.
func (n *neon) fmlaLane(d, x, y, lane int) {
	w := 0x4f801000 | uint32(lane&1<<21|lane>>1<<11|y<<16|x<<5|d)
	n.op("WORD $0x%08x // fmla.4s v%d, v%d, v%d[%d]", w, d, x, y, lane)
}

func (n *neon) mov(d, x int) { n.op("VMOV V%d.B16, V%d.B16", x, d) }
func (n *neon) zero(v int)   { n.op("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v) }

// constant fills a vector, by way of R25.
func (n *neon) constant(bits uint32, v int) {
	n.op("MOVW $0x%08x, R25", bits)
	n.op("VDUP R25, V%d.S4", v)
}

// floor makes v the lower bound: 0, or −∞ without the ReLU's flag in r.
func (n *neon) floor(r string, v int) {
	label := n.unique("noReLU")
	n.constant(bitsMinusInf, v)
	n.op("TBZ $0, %s, %s", r, label)
	n.zero(v)
	n.at(label)
}
