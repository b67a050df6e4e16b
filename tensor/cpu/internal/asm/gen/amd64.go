package main

import (
	"bytes"
	"fmt"
	"go/format"
	"go/token"
	"go/types"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

// isa is what the kernels need to know of an instruction set.
type isa struct {
	file       string            // name of the assembly
	suffix     string            // of function names
	lanes      int               // float32 in a vector
	regs       []reg.VecPhysical // vector registers
	nob        int               // output blocks of a convolution's panel
	maxPx      int               // pixels of a convolution's widest tile
	maxRows    int               // floats of the source that a weight gradient sums at once
	halvesFrom int               // pixels from which on a tile has two halves
	pfLines    int               // cache lines prefetched for each 16 floats of Run
	emit       func(g *gen)      // emits all kernels
}

var avx2 = isa{file: "avx2", suffix: "AVX2", lanes: 8, nob: 1, maxPx: 6, maxRows: 6, halvesFrom: 6, pfLines: 8, regs: ymm, emit: (*gen).floats}

var avx512 = isa{file: "avx512", suffix: "AVX512", lanes: 16, nob: 2, maxPx: 14, maxRows: 24, halvesFrom: 8, pfLines: 8, regs: zmm, emit: (*gen).floats}

var ymm = []reg.VecPhysical{
	reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
	reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
}

var zmm = []reg.VecPhysical{
	reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
	reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
	reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
	reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
}

const (
	block      = 16 // asm.Block
	floatBytes = 4
	pixelBytes = block * floatBytes
)

// parts is the number of vectors in a pixel of a block: 1 with AVX-512, 2 with AVX2.
func (s isa) parts() int { return block / s.lanes }

// vecBytes is the size of a vector.
func (s isa) vecBytes() int { return s.lanes * floatBytes }

// gen writes the kernels of one instruction set. Vector registers are dealt out by
// hand, since a kernel is designed around how many there are; general ones by avo.
type gen struct {
	*build.Context
	isa
	kernel string // the name of the one that is being written
	used   int    // vector registers that it has taken so far
}

// amd64 generates one file of assembly per instruction set, and the stubs.
func amd64() ([]file, error) {
	var files []file
	var fns []*ir.Function
	for _, s := range []isa{avx2, avx512, avx512BF16, amx} {
		f, err := s.generate()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.file, err)
		}
		text, err := printer.NewGoAsm(printer.Config{Name: "gen", Pkg: "asm"}).Print(f)
		if err != nil {
			return nil, err
		}
		files = append(files, file{s.file + "_amd64.s", encodeUnknown(text)})
		fns = append(fns, f.Functions()...)
	}
	stubs, err := stubs(fns)
	return append(files, file{"stubs_amd64.go", stubs}), err
}

// generate emits and compiles all kernels of the set.
func (s isa) generate() (*ir.File, error) {
	g := &gen{Context: build.NewContext(), isa: s}
	g.ConstraintExpr("amd64,!noasm")
	s.emit(g)
	f, err := g.Result()
	if err != nil {
		return nil, err
	}
	return f, pass.Compile.Execute(f)
}

// floats emits the kernels of float32.
func (g *gen) floats() {
	for px := 1; px <= g.maxPx; px++ {
		g.conv("conv", px, g.nob)
		if g.nob > 1 {
			g.conv("convOne", px, 1)
			g.convHalf("convHalfOne", px, 1, g.loadBF16)
			g.convHalf("convF16One", px, 1, g.loadF16)
		}
		g.convHalf("convHalf", px, g.nob, g.loadBF16)
		g.convHalf("convF16", px, g.nob, g.loadF16)
		g.group(px, 4)
		g.group(px, 8)
	}
	g.winoIn()
	g.winoOut()
	g.elt()
	g.maxPool()
	g.addPixels()
	g.sums()
	g.peak("peak", 1, g.VFMADD231PS)
	g.read()
	for rows := 1; rows <= g.maxRows; rows++ {
		g.gradWeight("gradWeight", rows, g.VFMADD231PS_BCST)
	}
	if g.parts() > 1 { // memory is their limit: the set of AVX-512 uses the same
		g.normSums()
		g.normGrad()
		g.mask()
		g.join()
		g.squares()
		g.countExponents()
		g.outside()
		g.figures()
		g.sgd()
		g.widen()
		g.narrow()
		g.maxPoolGrad()
	}
}

// stubs declares the functions for Go: avo's own printer lacks the import.
func stubs(fns []*ir.Function) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(generatedHeader + "//go:build amd64 && !noasm\n\npackage asm\n\nimport \"unsafe\"\n")
	for _, fn := range fns {
		writeStub(&b, fn.Doc, fn.Stub())
	}
	return format.Source(b.Bytes())
}

// writeStub declares a function.
func writeStub(b *bytes.Buffer, doc []string, signature string) {
	b.WriteByte('\n')
	for _, line := range doc {
		fmt.Fprintln(b, strings.TrimRight("// "+line, " "))
	}
	fmt.Fprintf(b, "//\n//go:noescape\n%s\n", signature)
}

var (
	pkg       = types.NewPackage("asm", "asm")
	typeInt   = types.Typ[types.Int]
	typeInt64 = types.Typ[types.Int64]
	typePtr   = types.Typ[types.UnsafePointer]
	typeLanes = types.NewPointer(types.NewArray(types.Typ[types.Float32], block))
	typeSums  = types.NewPointer(types.NewArray(types.NewArray(types.Typ[types.Float64], block), 2))
)

// pointerTo is *name, a type of package asm whose fields don't matter here.
func pointerTo(name string) types.Type {
	t := types.NewTypeName(token.NoPos, pkg, name, nil)
	return types.NewPointer(types.NewNamed(t, types.NewStruct(nil, nil), nil))
}

func variable(name string, t types.Type) *types.Var { return types.NewVar(token.NoPos, pkg, name, t) }

// function starts a function, whose name is name, the suffix of the set, and "x" with
// the number of pixels where that is not 0. A result of nil means that it has none.
func (g *gen) function(name string, px int, result types.Type, params ...*types.Var) {
	k := kernel{name: name, size: px, nob: g.nob, half: px}
	if name == "convOne" || name == "convHalfOne" || name == "convF16One" || name == "dotOne" || name == "matrixConvOne" {
		k.nob = 1
	}
	if px >= g.halvesFrom {
		k.half = (px + 1) / 2
	}
	var results *types.Tuple
	if result != nil {
		results = types.NewTuple(variable("ret", result))
	}
	sig := types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), results, false)
	name += g.suffix
	if px > 0 {
		name += fmt.Sprintf("x%d", px)
	}
	k.full = name
	g.Function(name)
	g.Doc(k.doc()...)
	g.Attributes(attr.NOSPLIT)
	g.Signature(gotypes.NewSignature(pkg, sig))
	g.kernel = k.name
	g.used = 0
	g.section("")
}

// Label begins a section of the kernel with its purpose, where that is known.
func (g *gen) Label(name string) {
	g.section(name)
	g.Context.Label(name)
}

// section writes the purpose of what follows.
func (g *gen) section(name string) {
	if why := section(g.kernel, name); why != "" {
		g.Comment(why)
	}
}

// argument loads a parameter of 8 bytes.
func (g *gen) argument(name string) reg.GPVirtual {
	r := g.GP64()
	b, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	g.MOVQ(b.Addr, r)
	return r
}

// ret ends a function.
func (g *gen) ret() {
	g.VZEROUPPER()
	g.RET()
}

// vec takes the next vector register. There is no spilling: a kernel that needs more
// than there are fails here.
func (g *gen) vec() reg.VecPhysical {
	g.used++
	return g.regs[g.used-1]
}

// vecs takes n vector registers.
func (g *gen) vecs(n int) []reg.VecPhysical {
	v := make([]reg.VecPhysical, n)
	for i := range v {
		v[i] = g.vec()
	}
	return v
}

// vecsLeft takes the vector registers that are left, n at most.
func (g *gen) vecsLeft(n int) []reg.VecPhysical {
	return g.vecs(min(n, len(g.regs)-g.used))
}

// constant puts a float32 with these bits into every lane of a new vector register.
func (g *gen) constant(bits uint32) reg.VecPhysical {
	r, v := g.GP32(), g.vec()
	g.MOVL(operand.U32(bits), r)
	g.VMOVD(r, v.AsX())
	g.VBROADCASTSS(v.AsX(), v)
	return v
}

// relu is max(v, zero). The order of the operands keeps a NaN in v: x86 returns the
// second source, avo's first operand, where either is NaN.
func (g *gen) relu(v, zero reg.VecPhysical) { g.VMAXPS(v, zero, v) }

// mem is disp(base).
func mem(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// strides addresses up to seven places at equal distances: one, three and five
// times the distance, with x86's scales 2 and 4, make all multiples up to six.
type strides struct{ one, three, five reg.GPVirtual }

// newStrides serves n places; one holds the distance.
func (g *gen) newStrides(one reg.GPVirtual, n int) strides {
	s := strides{one: one}
	if n > 3 {
		s.three = g.GP64()
		g.LEAQ(mem(one, 0).Idx(one, 2), s.three)
	}
	if n > 5 {
		s.five = g.GP64()
		g.LEAQ(mem(one, 0).Idx(one, 4), s.five)
	}
	return s
}

// at is disp bytes after place i from base.
func (s strides) at(base reg.Register, i, disp int) operand.Mem {
	m := mem(base, disp)
	switch i {
	case 1, 2, 4:
		return m.Idx(s.one, uint8(i))
	case 3, 6:
		return m.Idx(s.three, uint8(i/3))
	case 5:
		return m.Idx(s.five, 1)
	}
	return m
}

// count ends a loop: it decrements r and jumps to label unless r has become 0.
func (g *gen) count(r operand.Op, label string) {
	g.DECQ(r)
	g.JNZ(operand.LabelRef(label))
}

// unless jumps to label if the flag is not set in r.
func (g *gen) unless(flag uint8, r reg.GPVirtual, label string) {
	g.TESTB(operand.U8(flag), r.As8L())
	g.JZ(operand.LabelRef(label))
}

// Flags of package asm.
const (
	flagReLU = 1 << iota
	flagResidual
	flagPrefetch
	flagScale
	flagFloat
)

// Bits of float32 constants.
const (
	bitsHalf        = 0x3f000000
	bitsRootHalf    = 0x3f3504f3 // √½
	bitsRootTwo     = 0x3fb504f3 // √2
	bitsTwo         = 0x40000000
	bitsTwoAndAHalf = 0x40200000
	bitsMinusInf    = 0xff800000
)
