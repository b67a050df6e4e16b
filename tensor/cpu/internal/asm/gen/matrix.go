package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// amx is AMX: eight registers of 16 rows of 64 bytes, and an instruction that
// multiplies 16 pixels of 32 channels by 32×16 weights. Beside it, AVX-512 finishes
// what is summed.
var amx = func() isa {
	s := avx512
	s.file, s.suffix, s.emit = "amx", "AMX", (*gen).matrices
	return s
}()

// matrices emits the kernels for AMX.
func (g *gen) matrices() {
	g.matrix("matrixConv", 2)
	g.matrix("matrixConvOne", 1)
	g.gather()
	g.transpose()
	for in := 1; in <= 2; in++ {
		for out := 1; out <= 2; out++ {
			g.matrixGrad(in, out)
		}
	}
	g.matrixPeak()
}

const (
	rowBytes  = 64               // of a tile, and of a gathered pixel
	tileBytes = block * rowBytes // of a whole tile
)

// tiles of a matrix kernel: of the sums, two halves × two output blocks.
var (
	tileSums    = [2][2]string{{"TMM0", "TMM1"}, {"TMM2", "TMM3"}}
	tilePixels  = [2]string{"TMM4", "TMM5"}
	tileWeights = [2]string{"TMM6", "TMM7"}
)

// matrix is a kernel while it is being written.
type matrix struct {
	*gen
	nob    int
	args   reg.GPVirtual
	stride reg.GPVirtual // a tile's distance between rows: 64, in a register as it must be
	half   reg.GPVirtual // from a group's first half to its second, in gathered pixels
	group  reg.GPVirtual // the pixels of this group, in the source
	n      reg.GPVirtual // pixels left
	cur    map[string]operand.Mem
}

// matrix emits the convolution over gathered pixels. A group of up to 32 of them is
// two halves of one tile each. The halves of the last group have half as many rows
// each as it has pixels: with an odd number the second begins one pixel earlier, and
// both compute the same. So one body with another configuration does every group.
//
// Tiles are large: the four sums of two halves and two blocks, and two factors each
// way, are all eight. Each is loaded for two products, which take as long as the
// loads of four.
func (g *gen) matrix(name string, nob int) {
	g.function(name, 0, nil, variable("a", pointerTo("MatrixArgs")))
	m := &matrix{gen: g, nob: nob, cur: map[string]operand.Mem{}}
	m.args = g.argument("a")
	for _, v := range []string{"dst", "res", "valid", "junk"} {
		m.cur[v] = g.AllocLocal(8)
	}
	m.stride, m.half, m.group, m.n = g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(operand.U32(rowBytes), m.stride)
	g.MOVQ(m.arg(matrixSrc), m.group)
	g.MOVQ(m.arg(matrixN), m.n)
	m.copy("dst", matrixDst)
	m.copy("res", matrixRes)
	m.copy("valid", matrixRow)
	m.set("junk", 0)
	g.CMPQ(m.n, operand.U8(2*block))
	g.JLT(operand.LabelRef("rest"))
	g.MOVQ(operand.U32(tileBytes), m.half)
	m.ldtilecfg(m.arg(matrixWhole))
	g.Label("group")
	m.reduce()
	m.epilogue()
	m.next()
}

// next goes on to the next group, or ends.
func (m *matrix) next() {
	m.Label("next")
	m.ADDQ(operand.U32(2*tileBytes), m.group)
	m.SUBQ(operand.U8(2*block), m.n)
	m.CMPQ(m.n, operand.U8(1))
	m.JLT(operand.LabelRef("done"))
	m.CMPQ(m.n, operand.U8(2*block))
	m.JLT(operand.LabelRef("rest"))
	m.JMP(operand.LabelRef("group"))
	m.Label("rest")
	m.ldtilecfg(m.arg(matrixRest))
	m.MOVQ(m.n, m.half)
	m.SHRQ(operand.U8(1), m.half)
	m.SHLQ(operand.U8(6), m.half)
	m.JMP(operand.LabelRef("group"))
	m.Label("done")
	m.tilerelease()
	m.ret()
}

// arg is the field of the arguments at an offset.
func (m *matrix) arg(offset int) operand.Mem { return mem(m.args, offset) }

// copy sets state to an argument.
func (m *matrix) copy(to string, from int) {
	r := m.GP64()
	m.MOVQ(m.arg(from), r)
	m.MOVQ(r, m.cur[to])
}

// set sets state to a number.
func (m *matrix) set(to string, n uint32) {
	r := m.GP64()
	m.MOVQ(operand.U32(n), r)
	m.MOVQ(r, m.cur[to])
}

// reduce sums a group over pairs of input blocks and taps. The weights are packed in
// this order, one stream.
func (m *matrix) reduce() {
	plane, pairs, w, tap, taps := m.GP64(), m.GP64(), m.GP64(), m.GP64(), m.GP64()
	for half := range tileSums {
		for ob := range m.nob {
			m.tilezero(tileSums[half][ob])
		}
	}
	m.MOVQ(m.group, plane)
	m.MOVQ(m.arg(matrixW), w)
	m.MOVQ(m.arg(matrixPairs), pairs)
	m.Label("pair")
	m.MOVQ(m.arg(matrixTaps), tap)
	m.MOVQ(m.arg(matrixTapCount), taps)
	m.Label("tap")
	m.multiply(plane, tap, w)
	m.ADDQ(operand.U8(8), tap)
	m.ADDQ(operand.U32(uint32(m.nob*tileBytes)), w)
	m.count(taps, "tap")
	m.ADDQ(m.arg(matrixSrcPlane), plane)
	m.count(pairs, "pair")
}

// multiply adds the products of a tap.
func (m *matrix) multiply(plane, tap, w reg.GPVirtual) {
	first, second := m.GP64(), m.GP64()
	m.MOVQ(mem(tap, 0), first)
	m.ADDQ(plane, first)
	m.LEAQ(mem(first, 0).Idx(m.half, 1), second)
	m.tileload(mem(w, 0).Idx(m.stride, 1), tileWeights[0])
	m.tileload(mem(first, 0).Idx(m.stride, 1), tilePixels[0])
	m.tdpbf16ps(tileWeights[0], tilePixels[0], tileSums[0][0])
	m.tileload(mem(second, 0).Idx(m.stride, 1), tilePixels[1])
	m.tdpbf16ps(tileWeights[0], tilePixels[1], tileSums[1][0])
	if m.nob > 1 {
		m.tileload(mem(w, tileBytes).Idx(m.stride, 1), tileWeights[1])
		m.tdpbf16ps(tileWeights[1], tilePixels[0], tileSums[0][1])
		m.tdpbf16ps(tileWeights[1], tilePixels[1], tileSums[1][1])
	}
}

// scratchBlock is the bytes of a group's sums of one output block.
const scratchBlock = 2 * block * pixelBytes

// epilogue stores the sums to the scratch memory, whose pixels are then finished in
// runs: of a row of the image at most, with those skipped that lie between two rows.
func (m *matrix) epilogue() {
	sums, second := m.GP64(), m.GP64()
	m.section("store")
	m.LEAQ(m.arg(matrixScratch+rowBytes-1), sums) // rows don't straddle cache lines
	m.ANDQ(operand.I8(-rowBytes), sums)
	m.LEAQ(mem(sums, 0).Idx(m.half, 1), second)
	for ob := range m.nob {
		m.tilestore(tileSums[0][ob], mem(sums, ob*scratchBlock).Idx(m.stride, 1))
		m.tilestore(tileSums[1][ob], mem(second, ob*scratchBlock).Idx(m.stride, 1))
	}
	left, count := m.GP64(), m.GP64()
	m.MOVQ(m.n, left)
	m.CMPQ(left, operand.U8(2*block))
	m.JLT(operand.LabelRef("segment"))
	m.MOVQ(operand.U32(2*block), left)
	m.Label("segment")
	m.take("junk", left, count)
	m.SHLQ(operand.U8(6), count)
	m.ADDQ(count, sums)
	m.TESTQ(left, left)
	m.JZ(operand.LabelRef("next"))
	m.take("valid", left, count)
	m.finish(sums, count)
	m.Label("rowEnd")
	m.CMPQ(m.cur["valid"], operand.U8(0))
	m.JNE(operand.LabelRef("next"))
	m.copy("valid", matrixRow)
	m.copy("junk", matrixSkip)
	m.step("dst", matrixDstSkip)
	m.step("res", matrixResSkip)
	m.TESTQ(left, left)
	m.JNZ(operand.LabelRef("segment"))
}

// take sets count to the state or to left, whichever is less, and takes it off both.
func (m *matrix) take(state string, left, count reg.GPVirtual) {
	enough := state + "Enough"
	m.MOVQ(m.cur[state], count)
	m.CMPQ(count, left)
	m.JLT(operand.LabelRef(enough))
	m.MOVQ(left, count)
	m.Label(enough)
	m.SUBQ(count, m.cur[state])
	m.SUBQ(count, left)
}

// step adds an argument to state.
func (m *matrix) step(to string, by int) {
	r := m.GP64()
	m.MOVQ(m.arg(by), r)
	m.ADDQ(r, m.cur[to])
}

// finisher is what the loops that finish pixels share.
type finisher struct {
	sums, dst, res, count reg.GPVirtual
	dstOB, resOB          reg.GPVirtual
	bias                  []reg.VecPhysical
	least                 reg.VecPhysical // 0, or −∞ without ReLU
}

// finish adds bias and residual to count pixels, of all blocks, clamps, rounds, and
// stores them. count is at least 1, and sums moves on. There is a loop for each
// combination of a residual and an element type.
func (m *matrix) finish(sums, count reg.GPVirtual) {
	m.used = 0
	f := finisher{sums: sums, count: count, dst: m.GP64(), res: m.GP64(), dstOB: m.GP64(), resOB: m.GP64()}
	m.section("finish")
	m.MOVQ(m.arg(matrixDstOB), f.dstOB)
	m.MOVQ(m.arg(matrixResOB), f.resOB)
	m.MOVQ(m.cur["dst"], f.dst)
	m.MOVQ(m.cur["res"], f.res)
	bias, flags := m.GP64(), m.GP64()
	m.MOVQ(m.arg(matrixBias), bias)
	for ob := range m.nob {
		v := m.vec()
		m.VMOVUPS(mem(bias, ob*pixelBytes), v)
		f.bias = append(f.bias, v)
	}
	f.least = m.constant(bitsMinusInf)
	m.MOVQ(m.arg(matrixFlags), flags)
	m.unless(flagReLU, flags, "noReLU")
	m.VPXORD(f.least, f.least, f.least)
	m.Label("noReLU")
	m.unless(flagFloat, flags, "halves")
	m.unless(flagResidual, flags, "plainFloats")
	m.pixels(&f, "residualFloats", pixelBytes, true)
	m.pixels(&f, "plainFloats", pixelBytes, false)
	m.Label("halves")
	m.unless(flagResidual, flags, "plainHalves")
	m.pixels(&f, "residualHalves", halfPixelBytes, true)
	m.pixels(&f, "plainHalves", halfPixelBytes, false)
	m.Label("finished")
	m.MOVQ(f.dst, m.cur["dst"])
	m.MOVQ(f.res, m.cur["res"])
}

// pixels finishes pixels of so many bytes.
func (m *matrix) pixels(f *finisher, label string, bytes int, residual bool) {
	m.Label(label)
	used := m.used
	x, r := m.vec(), m.vec()
	for ob := range m.nob {
		dst, res := mem(f.dst, 0), mem(f.res, 0)
		if ob == 1 {
			dst, res = dst.Idx(f.dstOB, 1), res.Idx(f.resOB, 1)
		}
		m.VADDPS(mem(f.sums, ob*scratchBlock), f.bias[ob], x)
		switch {
		case residual && bytes == pixelBytes:
			m.VADDPS(res, x, x)
		case residual:
			m.VPMOVZXWD(res, r)
			m.VPSLLD(operand.U8(16), r, r)
			m.VADDPS(r, x, x)
		}
		m.relu(x, f.least)
		if bytes == pixelBytes {
			m.VMOVUPS(x, dst)
			continue
		}
		half := r.AsY().(reg.VecPhysical)
		m.vcvtneps2bf16(x, half)
		m.VMOVUPS(half, dst)
	}
	m.used = used
	m.ADDQ(operand.U8(rowBytes), f.sums)
	m.ADDQ(operand.U8(uint8(bytes)), f.dst)
	if residual {
		m.ADDQ(operand.U8(uint8(bytes)), f.res)
	}
	m.count(f.count, label)
	m.JMP(operand.LabelRef("finished"))
}

// gather emits the copy of two blocks' pixels, side by side, as tiles want them.
func (g *gen) gather() {
	g.function("gather", 0, nil, variable("a", pointerTo("GatherArgs")))
	args := g.argument("a")
	first, second, dst, pix, nx, ny := g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64()
	rowSrc, rowDst := g.GP64(), g.GP64()
	lower, upper := reg.Y0, reg.Y1
	g.MOVQ(mem(args, gatherSrc), rowSrc)
	g.MOVQ(mem(args, gatherDst), rowDst)
	g.MOVQ(mem(args, gatherSrcPix), pix)
	g.MOVQ(mem(args, gatherNy), ny)
	g.VPXOR(upper, upper, upper)
	g.Label("row")
	g.MOVQ(rowSrc, first)
	g.MOVQ(rowDst, dst)
	g.MOVQ(mem(args, gatherNx), nx)
	g.MOVQ(mem(args, gatherSrcOB), second)
	g.TESTQ(second, second)
	g.JZ(operand.LabelRef("single"))
	g.ADDQ(first, second)
	g.Label("pixel")
	g.VMOVUPS(mem(first, 0), lower)
	g.VMOVUPS(mem(second, 0), upper)
	g.VMOVUPS(lower, mem(dst, 0))
	g.VMOVUPS(upper, mem(dst, halfPixelBytes))
	g.ADDQ(pix, first)
	g.ADDQ(pix, second)
	g.ADDQ(operand.U8(rowBytes), dst)
	g.count(nx, "pixel")
	g.JMP(operand.LabelRef("rowDone"))
	g.Label("single")
	g.VMOVUPS(mem(first, 0), lower)
	g.VMOVUPS(lower, mem(dst, 0))
	g.VMOVUPS(upper, mem(dst, halfPixelBytes))
	g.ADDQ(pix, first)
	g.ADDQ(operand.U8(rowBytes), dst)
	g.count(nx, "single")
	g.Label("rowDone")
	g.ADDQ(mem(args, gatherSrcRow), rowSrc)
	g.ADDQ(mem(args, gatherDstRow), rowDst)
	g.count(ny, "row")
	g.ret()
}

// matrixPeak emits rounds of products as a kernel has them, without its loads. Four
// chains hide the latency: some 52 cycles, while a product occupies the unit for 16.
func (g *gen) matrixPeak() {
	const flops = 2 * block * block * 2 * block // of a product
	g.function("matrixPeak", 0, typeInt64, variable("config", typePtr), variable("n", typeInt))
	config := g.argument("config")
	n := g.argument("n")
	done := g.GP64()
	g.ldtilecfg(mem(config, 0))
	for i := range 8 {
		g.tilezero(fmt.Sprintf("TMM%d", i))
	}
	g.IMUL3Q(operand.U32(4*flops), n, done)
	g.Label("round")
	for half, sums := range tileSums {
		for ob, sum := range sums {
			g.tdpbf16ps(tileWeights[ob], tilePixels[half], sum)
		}
	}
	g.count(n, "round")
	g.Store(done, g.ReturnIndex(0))
	g.tilerelease()
	g.ret()
}

// ldtilecfg configures the tiles by 64 bytes: how many rows each has, of how many
// bytes. All become zero.
func (g *gen) ldtilecfg(config operand.Mem) { g.tileInstruction("LDTILECFG", config) }

// tilerelease gives the tiles back. Their 8 KB are no longer saved when the thread is
// preempted, and a thread that has none runs at the clock of its other instructions.
func (g *gen) tilerelease() { g.tileInstruction("TILERELEASE") }

func (g *gen) tilezero(t string) { g.tileInstruction("TILEZERO", operand.LabelRef(t)) }

// tileload loads a tile's rows, whose distance is the index register.
func (g *gen) tileload(m operand.Mem, t string) {
	g.tileInstruction("TILELOADD", m, operand.LabelRef(t))
}

// tilestore stores them.
func (g *gen) tilestore(t string, m operand.Mem) {
	g.tileInstruction("TILESTORED", operand.LabelRef(t), m)
}

// tdpbf16ps adds pixels × weights to the sums, pair by pair of channels.
func (g *gen) tdpbf16ps(weights, pixels, sums string) {
	g.tileInstruction("TDPBF16PS", operand.LabelRef(weights), operand.LabelRef(pixels), operand.LabelRef(sums))
}

// tileInstruction adds an instruction that avo doesn't know; encodeUnknown writes its
// bytes. Tiles are labels to avo: it must not deal them out, or save them.
func (g *gen) tileInstruction(name string, ops ...operand.Op) {
	in := &ir.Instruction{Opcode: name, Operands: ops, ISA: []string{"AMX_BF16"}}
	for _, op := range ops {
		if m, is := op.(operand.Mem); is {
			in.Inputs = append(in.Inputs, m)
		}
	}
	g.Instruction(in)
}
