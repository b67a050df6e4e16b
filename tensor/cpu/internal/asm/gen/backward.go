package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gradWeight emits the gradient of a weight, an outer product summed over pixels: a
// few floats of the source (rows) times the block of output gradients at the same
// pixel.
//
// The sums of all rows stay in registers while the loops go over every image, row
// and pixel, so that a pixel costs one load of its gradient and one load per row of
// the source, and the result is read and written once per group of rows. With
// AVX-512 that is 24 rows × 1 vector; with AVX2, 6 rows × 2 vectors.
//
// From the outside in: groups of rows, images, rows of the image, pixels. Pointers
// advance at each level from a copy that the level above keeps; what only the outer
// levels need is counted on the stack.
//
// multiplyAdd is the instruction of an AVX-512 set.
func (g *gen) gradWeight(name string, rows int, multiplyAdd func(...operand.Op)) {
	g.function(name, rows, nil, variable("a", pointerTo("GradWeightArgs")))
	args := g.argument("a")
	r := g.newOuterProduct(rows)
	r.multiplyAdd = multiplyAdd
	load := func(offset int) reg.GPVirtual {
		to := g.GP64()
		g.MOVQ(mem(args, offset), to)
		return to
	}
	src := load(gradSrc)
	dst := load(gradDst)
	pix := load(gradSrcPix)
	groups, nz := g.AllocLocal(8), g.AllocLocal(8)
	g.MOVQ(load(gradGroups), groups)

	g.Label("group")
	r.each(dst, func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(m, v) })
	image, gradImage := g.GP64(), load(gradGrad)
	g.MOVQ(src, image)
	g.MOVQ(load(gradNz), nz)

	g.Label("image")
	row := g.GP64()
	gradRow := g.GP64()
	ny := load(gradNy)
	g.MOVQ(image, row)
	g.MOVQ(gradImage, gradRow)

	g.Label("row")
	pixel := g.GP64()
	gradPixel := g.GP64()
	nx := load(gradNx)
	g.MOVQ(row, pixel)
	g.MOVQ(gradRow, gradPixel)

	g.Label("pixel")
	r.multiply(pixel, gradPixel)
	g.ADDQ(pix, pixel)
	g.ADDQ(operand.I32(pixelBytes), gradPixel)
	g.count(nx, "pixel")
	g.ADDQ(mem(args, gradSrcRow), row)
	g.ADDQ(mem(args, gradGradRow), gradRow)
	g.count(ny, "row")
	g.ADDQ(mem(args, gradSrcZ), image)
	g.ADDQ(mem(args, gradGradZ), gradImage)
	g.count(nz, "image")

	g.section("store")
	r.each(dst, func(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(v, m) })
	g.ADDQ(operand.I32(rows*floatBytes), src)
	g.ADDQ(operand.I32(rows*pixelBytes), dst)
	g.count(groups, "group")
	g.ret()
}

// outerProduct holds the vector registers of gradWeight.
type outerProduct struct {
	*gen
	acc  [][]reg.VecPhysical // [row][vector of a block]: the sums
	grad []reg.VecPhysical   // a pixel's output gradients
	x    []reg.VecPhysical   // broadcasts of the source, nil where an operand broadcasts

	multiplyAdd func(...operand.Op)
}

// newOuterProduct deals out the registers. A multiply-add of AVX-512 can broadcast
// its operand from memory, and a row is one vector there, so that each broadcast is
// needed only once: it takes no register. With AVX2 a row is two vectors, which
// share one broadcast in a register.
func (g *gen) newOuterProduct(rows int) *outerProduct {
	o := &outerProduct{gen: g, acc: make([][]reg.VecPhysical, rows)}
	for r := range o.acc {
		o.acc[r] = g.vecs(g.parts())
	}
	o.grad = g.vecs(g.parts())
	if g.parts() > 1 {
		o.x = g.vecsLeft(2)
	}
	return o
}

// each calls move for every sum and its place after dst.
func (o *outerProduct) each(dst reg.GPVirtual, move func(m operand.Mem, v reg.VecPhysical)) {
	for r := range o.acc {
		for i, v := range o.acc[r] {
			move(mem(dst, r*pixelBytes+i*o.vecBytes()), v)
		}
	}
}

// multiply adds the products of the pixel at src and its gradient at grad.
func (o *outerProduct) multiply(src, grad reg.GPVirtual) {
	for i, v := range o.grad {
		o.VMOVUPS(mem(grad, i*o.vecBytes()), v)
	}
	for r := range o.acc {
		if o.x == nil {
			o.multiplyAdd(mem(src, r*floatBytes), o.grad[0], o.acc[r][0])
			continue
		}
		x := o.x[r%len(o.x)]
		o.VBROADCASTSS(mem(src, r*floatBytes), x)
		for i, v := range o.acc[r] {
			o.VFMADD231PS(x, o.grad[i], v)
		}
	}
}

// maxPoolGrad emits the gradient of a max pooling. It finds each window's first
// maximum, or last NaN, by number; then it goes over the window again and adds to
// the pixel of that number. So nothing is stored in the forward pass, and windows
// may overlap: their sums are made one output after the other.
func (g *gen) maxPoolGrad() {
	g.function("maxPoolGrad", 0, nil, variable("a", pointerTo("PoolGradArgs")))
	args := g.argument("a")
	src := g.GP64()
	dx := g.GP64()
	dy := g.GP64()
	n := g.GP64()
	g.MOVQ(mem(args, poolGradX), src)
	g.MOVQ(mem(args, poolGradDX), dx)
	g.MOVQ(mem(args, poolGradDY), dy)
	g.MOVQ(mem(args, poolGradN), n)
	w := g.newWindowSearch(args)
	g.Label("output")
	for i := range w.best {
		g.VMOVUPS(mem(src, i*g.vecBytes()), w.best[i])
		g.VXORPS(w.index[i], w.index[i], w.index[i])
		g.VMOVUPS(mem(dy, i*g.vecBytes()), w.grad[i])
	}
	w.window("find", src, poolGradRow, w.find)
	w.window("add", dx, poolGradDXRow, w.add)
	g.ADDQ(mem(args, poolGradStep), src)
	g.ADDQ(mem(args, poolGradStep), dx)
	g.ADDQ(operand.I32(pixelBytes), dy)
	g.count(n, "output")
	g.ret()
}

// windowSearch holds the registers of maxPoolGrad. Every lane of a block is a
// channel with a maximum of its own, so that best and index are vectors.
type windowSearch struct {
	*gen
	args  reg.GPVirtual
	best  []reg.VecPhysical // the largest value so far
	index []reg.VecPhysical // the number of its pixel in the window
	grad  []reg.VecPhysical // the output's gradient

	number, one     reg.VecPhysical // of the current pixel, in every lane, and 1
	x, greater, nan reg.VecPhysical // temporary
	row, p          reg.GPVirtual   // the window's current row and pixel
	kh, kw          reg.GPVirtual   // rows and pixels that are left
}

func (g *gen) newWindowSearch(args reg.GPVirtual) *windowSearch {
	w := &windowSearch{gen: g, args: args}
	w.best = g.vecs(2)
	w.index = g.vecs(2)
	w.grad = g.vecs(2)
	w.number = g.vec()
	w.one = g.vec()
	w.x = g.vec()
	w.greater = g.vec()
	w.nan = g.vec()
	r := g.GP32()
	g.MOVL(operand.U32(1), r)
	g.VMOVD(r, w.one.AsX())
	g.VPBROADCASTD(w.one.AsX(), w.one)
	w.row = g.GP64()
	w.p = g.GP64()
	w.kh = g.GP64()
	w.kw = g.GP64()
	return w
}

// window emits the loops over the KH × KW pixels after base, whose rows lie the
// argument stride apart. It numbers the pixels and runs tap for each.
func (w *windowSearch) window(name string, base reg.GPVirtual, stride int, tap func()) {
	w.VXORPS(w.number, w.number, w.number)
	w.MOVQ(base, w.row)
	w.MOVQ(mem(w.args, poolGradKH), w.kh)
	w.Label(name + "Row")
	w.MOVQ(w.row, w.p)
	w.MOVQ(mem(w.args, poolGradKW), w.kw)
	w.Label(name)
	tap()
	w.VPADDD(w.one, w.number, w.number)
	w.ADDQ(operand.I32(pixelBytes), w.p)
	w.count(w.kw, name)
	w.ADDQ(mem(w.args, stride), w.row)
	w.count(w.kh, name+"Row")
}

// find keeps a pixel's value and number in the lanes where it is larger than the
// best so far or NaN. The comparison is strict, so that of equal values the first
// counts, as in PyTorch.
func (w *windowSearch) find() {
	for i := range w.best {
		w.VMOVUPS(mem(w.p, i*w.vecBytes()), w.x)
		w.VCMPPS(operand.U8(cmpGreater), w.best[i], w.x, w.greater)
		w.VCMPPS(operand.U8(cmpUnordered), w.x, w.x, w.nan)
		w.VORPS(w.nan, w.greater, w.greater)
		w.VBLENDVPS(w.greater, w.x, w.best[i], w.best[i])
		w.VBLENDVPS(w.greater, w.number, w.index[i], w.index[i])
	}
}

// add adds the output's gradient to a pixel in the lanes that have its number.
func (w *windowSearch) add() {
	for i := range w.best {
		w.VPCMPEQD(w.number, w.index[i], w.x)
		w.VANDPS(w.grad[i], w.x, w.x)
		w.VADDPS(mem(w.p, i*w.vecBytes()), w.x, w.x)
		w.VMOVUPS(w.x, mem(w.p, i*w.vecBytes()))
	}
}
