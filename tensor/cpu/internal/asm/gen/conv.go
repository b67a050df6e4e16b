package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tile is a convolution kernel while it is being written: px pixels of nob
// output blocks in registers. The source is read at sp (and sp2, the second
// half of a wide tile) plus multiples of the pixels' distance.
//
// Registers of the widest tiles:
//
//	AVX-512  14 pixels × 2 blocks × 1 vector  = 28 sums, 2 weights, 2 of the source
//	AVX2      6 pixels × 1 block  × 2 vectors = 12 sums, 2 weights, 2 of the source
//
// A float of the source is broadcast to a register, which serves all vectors of the
// panel: a broadcast as an operand of the multiply-add would be a load each time,
// and loads are the limit (70–84 % of the peak instead of 80–95 % on Zen 5).
type tile struct {
	*gen
	px, nob       int
	acc           [][]reg.VecPhysical // [pixel][vector of the panel]
	w             []reg.VecPhysical   // one tap's weights
	tmp           []reg.VecPhysical   // the source
	args          reg.GPVirtual
	sp, sp2       reg.GPVirtual
	pix           strides
	wp, pf        reg.GPVirtual
	cur           map[string]operand.Mem // loop state on the stack
	weightsPerTap int                    // bytes
	widenWeights  func(m, w operand.Op)  // loads a vector of 16 bits each; nil for float32
	srcPixel      int                    // bytes of a block of the source
	end           func()                 // emits what follows a tile's reduction
}

// conv emits the convolution for any kernel size and stride: nob output blocks at px
// pixels, summed over blocks of input channels, rows of taps and the floats of a row,
// which are kw·16 in one run, because the pixels of a row lie side by side. There is
// a function for each number of pixels, since registers can't be chosen at run time.
func (g *gen) conv(name string, px, nob int) {
	t := g.newTile(name, px, nob, 2)
	t.weightsPerTap = nob * pixelBytes
	t.loops(func() {
		t.reduce(block, true, func(k int) { t.convTap(k, t.VFMADD231PS) })
	})
}

// convHalf emits conv with weights of 16 bits, half as many bytes to stream: widen makes
// them float32 on their way into registers.
func (g *gen) convHalf(name string, px, nob int, widen func(m, w operand.Op)) {
	t := g.newTile(name, px, nob, 2)
	t.weightsPerTap = nob * halfBytes
	t.widenWeights = widen
	t.loops(func() {
		t.reduce(block, true, func(k int) { t.convTap(k, t.VFMADD231PS) })
	})
}

// convTap broadcasts float k of every pixel and multiplies it by its weights.
func (t *tile) convTap(k int, multiplyAdd func(...operand.Op)) {
	t.loadWeights(k)
	for p := range t.px {
		x := t.tmp[(k*t.px+p)%len(t.tmp)]
		t.VBROADCASTSS(t.pixel(p, k*floatBytes), x)
		for j, w := range t.w {
			multiplyAdd(x, w, t.acc[p][j])
		}
	}
}

// loadWeights loads the weights of step k after wp, one vector for each part of the
// panel.
func (t *tile) loadWeights(k int) {
	for j, w := range t.w {
		if t.widenWeights != nil {
			t.widenWeights(mem(t.wp, k*t.weightsPerTap+j*t.vecBytes()/2), w)
			continue
		}
		t.VMOVUPS(mem(t.wp, k*t.weightsPerTap+j*t.vecBytes()), w)
	}
}

// newTile starts a function and deals out its registers, with up to tmp vectors for
// the source: fewer where the sums of a wide tile leave fewer.
func (g *gen) newTile(name string, px, nob, tmp int) *tile {
	g.function(name, px, nil, variable("a", pointerTo("ConvArgs")))
	t := &tile{gen: g, px: px, nob: nob, cur: map[string]operand.Mem{}, srcPixel: pixelBytes}
	t.end = t.epilogue
	for range px {
		t.acc = append(t.acc, g.vecs(nob*g.parts()))
	}
	t.w = g.vecs(nob * g.parts())
	t.tmp = g.vecsLeft(tmp)
	t.args = g.argument("a")
	t.sp = g.GP64()
	t.wp = g.GP64()
	t.pf = g.GP64()
	// General registers are few: what only changes per tile or row is on the stack.
	for _, v := range []string{"nx", "ny", "rowSrc", "rowDst", "rowRes", "src", "dst", "res"} {
		t.cur[v] = g.AllocLocal(8)
	}
	return t
}

// arg is the field of the arguments at an offset.
func (t *tile) arg(offset int) operand.Mem { return mem(t.args, offset) }

// wide says whether the tile has two halves. Strides reach seven pixels from one
// pointer, so that more need a second one; as it may lie anywhere, a wide tile can
// also be two short rows of a small image.
func (t *tile) wide() bool { return t.px >= t.halvesFrom }

// first is the number of pixels in the first half, all if there is one half.
func (t *tile) first() int {
	if t.wide() {
		return (t.px + 1) / 2
	}
	return t.px
}

// pixel is where pixel p of the source lies, disp bytes on.
func (t *tile) pixel(p, disp int) operand.Mem {
	if p >= t.first() {
		return t.pix.at(t.sp2, p-t.first(), disp)
	}
	return t.pix.at(t.sp, p, disp)
}

// loops emits the outer loops, over Ny rows of Nx tiles, with body for one tile's
// reduction. Source, destination and residual advance by their own distances; the
// pointer that prefetches the next panel only moves on, and is handed back at the end.
func (t *tile) loops(body func()) {
	one := t.GP64()
	t.MOVQ(t.arg(convSrcPix), one)
	t.pix = t.newStrides(one, t.first())
	if t.wide() {
		t.sp2 = t.GP64()
	}
	t.MOVQ(t.arg(convPf), t.pf)
	t.copy("ny", convNy)
	t.copy("rowSrc", convSrc)
	t.copy("rowDst", convDst)
	t.copy("rowRes", convRes)
	t.Label("row")
	t.copy("nx", convNx)
	for _, v := range []string{"Src", "Dst", "Res"} {
		t.move("row"+v, map[string]string{"Src": "src", "Dst": "dst", "Res": "res"}[v])
	}
	t.Label("tile")
	t.prefetchOutput()
	t.bias()
	body()
	t.end()
	t.step("src", convSrcX)
	t.step("dst", convDstX)
	t.step("res", convResX)
	t.count(t.cur["nx"], "tile")
	t.step("rowSrc", convSrcY)
	t.step("rowDst", convDstY)
	t.step("rowRes", convResY)
	t.count(t.cur["ny"], "row")
	t.MOVQ(t.pf, t.arg(convPf)) // the next call prefetches on
	t.ret()
}

// copy sets loop state to an argument.
func (t *tile) copy(to string, from int) {
	r := t.GP64()
	t.MOVQ(t.arg(from), r)
	t.MOVQ(r, t.cur[to])
}

// move sets loop state to other loop state.
func (t *tile) move(from, to string) {
	r := t.GP64()
	t.MOVQ(t.cur[from], r)
	t.MOVQ(r, t.cur[to])
}

// step adds an argument to loop state.
func (t *tile) step(to string, by int) {
	r := t.GP64()
	t.MOVQ(t.arg(by), r)
	t.ADDQ(r, t.cur[to])
}

// bias starts the sums of every pixel with the bias, so that it costs no addition.
func (t *tile) bias() {
	r := t.GP64()
	t.MOVQ(t.arg(convBias), r)
	for j, v := range t.acc[0] {
		t.VMOVUPS(mem(r, j*t.vecBytes()), v)
		for _, other := range t.acc[1:] {
			t.VMOVAPS(v, other[j])
		}
	}
}

// reduce emits the sum over Icb, Kh and Run. The weights are packed in this order,
// one stream: wp only moves on. tap(k) is step k of `steps` for 16 floats of the
// source; with tail, tap(0) does each float that is left. Only a row of the first
// layer leaves any: kw·C floats of an interleaved image, not padded to blocks.
func (t *tile) reduce(steps int, tail bool, tap func(k int)) {
	plane := t.GP64()
	row := t.GP64()
	icb := t.GP64()
	kh := t.GP64()
	n := t.GP64()
	t.MOVQ(t.cur["src"], plane)
	t.MOVQ(t.arg(convW), t.wp)
	t.MOVQ(t.arg(convIcb), icb)
	t.Label("icb")
	t.MOVQ(plane, row)
	t.MOVQ(t.arg(convKh), kh)
	t.Label("kh")
	t.MOVQ(row, t.sp)
	if t.wide() {
		t.MOVQ(row, t.sp2)
		t.ADDQ(t.arg(convSrcHalf), t.sp2)
	}
	t.MOVQ(t.arg(convRun), n)
	t.SHRQ(operand.U8(4), n)
	if tail {
		t.JZ(operand.LabelRef("tail"))
	}
	t.Label("run")
	for k := range steps {
		t.prefetchPanel(k, steps)
		tap(k)
	}
	t.ADDQ(t.arg(convPfStep), t.pf)
	t.advance(t.srcPixel, steps)
	t.count(n, "run")
	if tail {
		t.tail(n, func() { tap(0) })
	}
	t.ADDQ(t.arg(convSrcRow), row)
	t.count(kh, "kh")
	t.ADDQ(t.arg(convSrcPlane), plane)
	t.count(icb, "icb")
}

// tail emits the last Run%16 elements of a row, as many at a time as 32 bits hold.
func (t *tile) tail(n reg.GPVirtual, tap func()) {
	t.Label("tail")
	t.MOVQ(t.arg(convRun), n)
	t.ANDQ(operand.U8(block-1), n)
	if t.srcPixel == halfPixelBytes {
		t.SHRQ(operand.U8(1), n)
	}
	t.JZ(operand.LabelRef("runDone"))
	t.Label("tailLoop")
	tap()
	t.advance(floatBytes, 1)
	t.count(n, "tailLoop")
	t.Label("runDone")
}

// advance moves on by src bytes in the source and taps steps in the weights.
func (t *tile) advance(src, taps int) {
	t.ADDQ(operand.I32(src), t.sp)
	if t.wide() {
		t.ADDQ(operand.I32(src), t.sp2)
	}
	t.ADDQ(operand.I32(taps*t.weightsPerTap), t.wp)
}

// prefetchPanel spreads the prefetches of pfLines cache lines over the steps of 16
// floats. They bring the next panel's weights to L2 while this one is computed.
func (t *tile) prefetchPanel(k, steps int) {
	for line := k * t.pfLines / steps; line < (k+1)*t.pfLines/steps; line++ {
		t.PREFETCHT1(mem(t.pf, line*pixelBytes))
	}
}

// prefetchOutput prefetches what the epilogue will read and write: the reduction is
// long enough to hide that these lines come from memory.
func (t *tile) prefetchOutput() {
	f := t.GP64()
	t.MOVQ(t.arg(convFlags), f)
	t.unless(flagPrefetch, f, "prefetched")
	fetch := func(p, part int, m operand.Mem, _ reg.VecPhysical) {
		p %= t.first()
		newLine := p*t.srcPixel%pixelBytes == 0 || p == t.first()-1 || p == t.px-t.first()-1
		if part == 0 && newLine {
			t.PREFETCHT0(m)
		}
	}
	t.eachOutput(dst(t.srcPixel), fetch)
	t.unless(flagResidual, f, "prefetched")
	t.eachOutput(res(t.srcPixel), fetch)
	t.Label("prefetched")
}

// epilogue adds the residual, clamps, and stores: what the fused addition and ReLU
// of a convolution do, while the sums are still in registers.
func (t *tile) epilogue() {
	t.section("residual")
	f := t.GP64()
	t.MOVQ(t.arg(convFlags), f)
	t.unless(flagResidual, f, "noResidual")
	t.eachOutput(res(pixelBytes), func(_, _ int, m operand.Mem, v reg.VecPhysical) {
		t.VADDPS(m, v, v)
	})
	t.Label("noResidual")
	t.clamp(f)
	t.eachOutput(dst(pixelBytes), func(_, _ int, m operand.Mem, v reg.VecPhysical) {
		t.VMOVUPS(v, m)
	})
}

// clamp emits the ReLU, if the flags in f have it.
func (t *tile) clamp(f reg.GPVirtual) {
	t.unless(flagReLU, f, "noReLU")
	zero := t.w[0]
	t.VXORPS(zero, zero, zero)
	for _, vs := range t.acc {
		for _, v := range vs {
			t.relu(v, zero)
		}
	}
	t.Label("noReLU")
}

// output is where a tile is stored, or read from: loop state with its beginning,
// the arguments with the distance to its second half and to the next block, and the
// bytes of a pixel.
type output struct {
	base            string
	half, ob, pixel int
}

func dst(pixel int) output { return output{"dst", convDstHalf, convDstOB, pixel} }
func res(pixel int) output { return output{"res", convResHalf, convResOB, pixel} }

// eachOutput calls f for every vector of the tile and its place in dst or res, block
// by block: part is the vector's number in its block.
func (t *tile) eachOutput(o output, f func(p, part int, m operand.Mem, v reg.VecPhysical)) {
	r := []reg.GPVirtual{t.GP64(), nil}
	t.MOVQ(t.cur[o.base], r[0])
	if t.wide() {
		r[1] = t.GP64()
		t.MOVQ(r[0], r[1])
		t.ADDQ(t.arg(o.half), r[1])
	}
	for j := range t.acc[0] {
		part := j % t.parts()
		if j > 0 && part == 0 {
			t.ADDQ(t.arg(o.ob), r[0])
			if t.wide() {
				t.ADDQ(t.arg(o.ob), r[1])
			}
		}
		for p := range t.px {
			m := mem(r[p/t.first()], p%t.first()*o.pixel+part*t.vecBytes())
			f(p, part, m, t.acc[p][j])
		}
	}
}
