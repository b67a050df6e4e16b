package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// Winograd F(4×4, 3×3) (Lavin and Gray 2015, arXiv 1509.09308): tiles of 6×6
// pixels become 36 positions, each a product of matrices of its own, and tiles
// of 4×4 results. It does a quarter of the multiplications.
//
//	input d                 v = Bᵀ·d·B         m = U·v              y = Aᵀ·m·A
//	┌──────────┐            36 positions:      36 products:
//	│ 6×6      │ overlap    [tile]×[input      [tile]×[output       4×4 pixels,
//	│     ┌────┼─────┐      channel]           channel]             side by side
//	└─────┼────┘ 6×6 │ ──►                ──►                  ──►
//	      └──────────┘
//
// The polynomials are
// taken at 0, ±√½, ±√2 and ∞, whose errors are half of those at Lavin and Gray's
// 0, ±1, ±2 and ∞: no coefficient is larger than 2½.
const (
	tileOut   = 4
	tileIn    = 6
	positions = tileIn * tileIn

	transformFLOPs = 12 * 12 // of a tile and channel: twelve transforms of a row, some twelve operations each
)

// winograd is a stride-1 3×3 convolution by F(4×4, 3×3).
type winograd struct {
	k            *asm.Kernels
	in, out, res *view // res may be nil
	window       tensor.Window
	weight       *weight
	relu         bool
	panels       []panel
	biases       int // floats of the packed weight before U
	position     int // floats of U of one position
	tx, ty       int // tiles of a row, rows of tiles
}

// transformed is v or m of some tiles: [36][block][tile][16]. Positions are padded by
// a cache line, as a kernel that transforms a tile touches all 36 at once and they
// would else compete for the same cache sets.
type transformed struct {
	base     unsafe.Pointer
	position int // bytes
	tiles    int
}

func newTransformed(base unsafe.Pointer, blocks, tiles int) transformed {
	return transformed{base: base, position: blocks*tiles*pixelBytes + lineBytes, tiles: tiles}
}

func (t *transformed) at(position, block, tile int) unsafe.Pointer {
	return unsafe.Add(t.base, position*t.position+(block*t.tiles+tile)*pixelBytes)
}

func (t *transformed) bytes() int { return positions * t.position }

// winogradHalo is the halo of an input whose tiles are whole, so that partial
// tiles read zeros, never neighbours.
func winogradHalo(op *tensor.Op, in, out tensor.Shape) halo {
	reach := func(out, before, size int) int {
		return max(0, roundUp(out, tileOut)+tileIn-tileOut-before-size)
	}
	return halo{
		top: op.Top, left: op.Left,
		bottom: reach(out[2], op.Top, in[2]), right: reach(out[3], op.Left, in[3]),
	}
}

// planWinograd plans a Conv2d with what it absorbed.
func (sc *schedule) planWinograd(ln *launch) error {
	op := sc.head(ln)
	z := &winograd{
		k: sc.kern, in: sc.views[op.In[0]], out: sc.result(ln), res: sc.residual(ln),
		relu: sc.absorbedReLU(ln), window: op.Window,
	}
	z.weight = sc.winogradWeight(z, sc.filterSource(ln))
	sc.prepareWinograd(ln, z)
	return nil
}

// prepareWinograd decides how a Winograd's work is split, and makes its phases.
func (sc *schedule) prepareWinograd(ln *launch, z *winograd) {
	z.tx = ceilDiv(z.out.w, tileOut)
	z.ty = ceilDiv(z.out.h, tileOut)
	ln.weight = z.weight
	ln.name = "winograd F(4,3) " + z.k.Name
	work := z.work()
	ln.flops = int64(work.tiles) * (2*positions*int64(z.in.c)*int64(z.out.c) + transformFLOPs*int64(z.in.c+z.out.c))
	split := work.split()
	if split.grouped {
		ln.phases = []phase{z.grouped(sc, split.tiles)}
		return
	}
	ln.phases = z.phased(sc, &work, split.tiles)
}

// work is the geometry that the split depends on.
func (z *winograd) work() winogradWork {
	p := &z.panels[0]
	return winogradWork{
		tiles: z.out.n * z.ty * z.tx, inBlocks: z.in.blocks(), outBlocks: z.out.blocks(),
		panels: len(z.panels), panelMACs: p.icb * asm.Block * p.lanes,
	}
}

// grouped computes groups of tiles, each from input to output by one worker:
// the input's transform of all channels and the products of one panel stay in
// its cache.
func (z *winograd) grouped(sc *schedule, groups partition) phase {
	v := newTransformed(nil, z.in.blocks(), groups.size)
	m := newTransformed(nil, z.panels[0].nob, groups.size)
	sc.needPrivate(v.bytes() + m.bytes())
	return phase{pieces: groups.parts, run: func(w *worker, piece, _ int) {
		v, m := v, m
		v.base = w.scratch
		m.base = unsafe.Add(w.scratch, v.bytes())
		z.group(w, &v, &m, groups.part(piece))
	}}
}

// group computes a group of tiles.
func (z *winograd) group(w *worker, v, m *transformed, tiles span) {
	for b := range z.in.blocks() {
		z.input(w, v, b, tiles.from, tiles)
	}
	for i := range z.panels {
		p := &z.panels[i]
		for pos := range positions {
			w.conv.Pf = z.weights(pos+1, p.at)
			if pos+1 == positions {
				w.conv.Pf = z.weights(0, z.panels[(i+1)%len(z.panels)].at)
			}
			z.multiply(w, product{v: v, m: m, panel: p, first: p.ob, position: pos}, tiles.len())
		}
		for b := p.ob; b < p.ob+p.nob; b++ {
			z.output(w, m, result{from: b - p.ob, block: b, base: tiles.from}, tiles)
		}
	}
}

// phased computes chunks of tiles in three phases each: the input's transform
// split by channel block, the products by position, so that no weight is read
// twice, the output's transform by channel block.
func (z *winograd) phased(sc *schedule, work *winogradWork, chunks partition) []phase {
	v := newTransformed(nil, z.in.blocks(), chunks.size)
	m := newTransformed(nil, z.out.blocks(), chunks.size)
	sc.needShared(v.bytes() + m.bytes())
	// The scratch memory's address is known when the phases run.
	place := func() (transformed, transformed) {
		v, m := v, m
		v.base = sc.env.shared
		m.base = unsafe.Add(sc.env.shared, v.bytes())
		return v, m
	}
	var phases []phase
	for i := range chunks.parts {
		tiles := chunks.part(i)
		products := work.products(tiles.len())
		phases = append(phases,
			z.inputPhase(place, tiles),
			z.productPhase(place, products, tiles.len()),
			z.outputPhase(place, tiles))
	}
	return phases
}

func (z *winograd) inputPhase(place func() (v, m transformed), tiles span) phase {
	split := transforms(tiles.len())
	return phase{pieces: z.in.blocks() * split.parts, run: func(w *worker, piece, _ int) {
		v, _ := place()
		z.input(w, &v, piece/split.parts, tiles.from, split.part(piece%split.parts).plus(tiles.from))
	}}
}

func (z *winograd) productPhase(place func() (v, m transformed), split partition, tiles int) phase {
	return phase{pieces: positions * split.parts, run: func(w *worker, piece, _ int) {
		v, m := place()
		position := piece / split.parts
		panels := split.part(piece % split.parts)
		for i := panels.from; i < panels.to; i++ {
			p := &z.panels[i]
			// What follows lies after it: the next panel or position.
			w.conv.Pf = z.weights(position, p.at+p.icb*asm.Block*p.lanes)
			z.multiply(w, product{v: &v, m: &m, panel: p, position: position}, tiles)
		}
	}}
}

func (z *winograd) outputPhase(place func() (v, m transformed), tiles span) phase {
	split := transforms(tiles.len())
	return phase{pieces: z.out.blocks() * split.parts, run: func(w *worker, piece, _ int) {
		_, m := place()
		block := piece / split.parts
		to := result{from: block, block: block, base: tiles.from}
		z.output(w, &m, to, split.part(piece%split.parts).plus(tiles.from))
	}}
}

// tileRun is count tiles of one row of tiles: tx is the first.
type tileRun struct{ n, ty, tx, count int }

// runs calls f for the rows' parts of some tiles, counted over rows and images,
// with the first tile of each.
func (z *winograd) runs(tiles span, f func(t int, r tileRun)) {
	for t := tiles.from; t < tiles.to; {
		row, tx := t/z.tx, t%z.tx
		count := min(z.tx-tx, tiles.to-t)
		f(t, tileRun{n: row / z.ty, ty: row % z.ty, tx: tx, count: count})
		t += count
	}
}

// input transforms some tiles of a channel block; tile base is v's first.
func (z *winograd) input(w *worker, v *transformed, block, base int, tiles span) {
	a := &w.winoIn
	a.SrcRow = z.in.row
	a.SrcTile = tileOut * pixelBytes
	a.PosStride = v.position
	a.DstTile = pixelBytes
	z.runs(tiles, func(t int, r tileRun) {
		a.Src = z.in.pixelAt(block, r.n, r.ty*tileOut-z.window.Top, r.tx*tileOut-z.window.Left)
		a.Dst = v.at(0, block, t-base)
		a.N = r.count
		z.k.WinoIn(a)
	})
}

// product is one position of a panel: m = U·v. first is m's first output block.
type product struct {
	v, m            *transformed
	panel           *panel
	first, position int
}

// multiply computes a product for that many tiles: a convolution 1×1 whose pixels
// are tiles.
func (z *winograd) multiply(w *worker, x product, count int) {
	p := x.panel
	a := &w.conv
	a.Icb = p.icb
	a.Kh = 1
	a.Run = asm.Block
	a.SrcPlane = x.v.tiles * pixelBytes
	a.SrcRow = 0
	a.SrcPix = pixelBytes
	a.DstOB = x.m.tiles * pixelBytes
	a.ResOB = 0
	a.W = z.weight.at(z.biases + x.position*z.position + p.at)
	a.Bias = unsafe.Pointer(&zeros)
	a.Flags = 0
	a.PfStep = min(z.k.PfStep, roundUp(p.lanes*pixelBytes/ceilDiv(count, p.px), lineBytes))
	dst := x.m.at(x.position, p.ob-x.first, 0)
	row(a, p, rows{width: count, count: 1, first: place{src: x.v.at(x.position, 0, 0), dst: dst, res: dst}})
}

// weights is where U of a position lies, floats on. It may lie after the last.
func (z *winograd) weights(position, floats int) uintptr {
	at := z.biases + position*z.position + floats
	return uintptr(z.weight.at(0)) + uintptr(at*floatBytes)
}

// result says which block of m becomes which of the output; tile base is m's
// first.
type result struct{ from, block, base int }

// output transforms some tiles of m to a block of the result. Partial tiles at the
// edges are calls of their own.
func (z *winograd) output(w *worker, m *transformed, to result, tiles span) {
	z.runs(tiles, func(t int, r tileRun) {
		whole := min(r.count, z.out.w/tileOut-r.tx)
		if whole > 0 {
			z.outputRun(w, m, to, t, tileRun{r.n, r.ty, r.tx, whole}, tileOut)
		}
		if r.count > whole {
			z.outputRun(w, m, to, t+whole, tileRun{r.n, r.ty, r.tx + whole, 1}, z.out.w%tileOut)
		}
		z.zeroHalo(to.block, r)
	})
}

// outputRun transforms tiles of that many columns; t is the first.
func (z *winograd) outputRun(w *worker, m *transformed, to result, t int, r tileRun, cols int) {
	a := &w.winoOut
	y, x := r.ty*tileOut, r.tx*tileOut
	a.Src = m.at(0, to.from, t-to.base)
	a.PosStride = m.position
	a.SrcTile = pixelBytes
	a.N = r.count
	a.Dst = z.out.pixelAt(to.block, r.n, y, x)
	a.DstRow = z.out.row
	a.DstTile = tileOut * pixelBytes
	a.Bias = z.weight.at(to.block * asm.Block)
	a.Rows = min(tileOut, z.out.h-y)
	a.Cols = cols
	a.Flags = 0
	if z.relu {
		a.Flags |= asm.FlagReLU
	}
	if z.res != nil {
		a.Flags |= asm.FlagResidual
		a.Res = z.res.pixelAt(to.block, r.n, y, x)
		a.ResRow = z.res.row
		a.ResTile = tileOut * pixelBytes
	}
	z.k.WinoOut(a)
}

// zeroHalo zeroes what surrounds the rows of a run that ends its row of tiles.
func (z *winograd) zeroHalo(block int, r tileRun) {
	if r.tx+r.count == z.tx {
		y := r.ty * tileOut
		z.out.zeroHalo(block, block+1, r.n, y, min(y+tileOut, z.out.h))
	}
}
