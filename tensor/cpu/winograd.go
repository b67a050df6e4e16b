package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// Winograd F(4×4, 3×3) (Lavin and Gray 2015, arXiv 1509.09308): tiles of 6×6
// pixels become 36 positions, each a product of matrices of its own, and tiles
// of 4×4 results. It does a quarter of the multiplications. The polynomials are
// taken at 0, ±√½, ±√2 and ∞, whose errors are half of those at Lavin and Gray's
// 0, ±1, ±2 and ∞: no coefficient is larger than 2½.
const (
	tileOut   = 4
	tileIn    = 6
	positions = tileIn * tileIn

	groupTiles = 28        // a group's transformed tiles stay in a core's L2 cache …
	groupBytes = 320 << 10 // … if they take no more than this; else phases are split by position
	phaseBytes = 4 << 20   // transformed tiles of all cores

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
	biases       int // floats before U
	position     int // floats of U of one position
	tx, ty       int // tiles of a row, rows of tiles
}

// transformed is tiles as positions: [36][block][tile][16], padded against
// aliasing.
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
func (bp *blueprint) planWinograd(st *step) error {
	op := bp.head(st)
	z := &winograd{k: bp.kern, in: bp.views[op.In[0]], out: bp.result(st), res: bp.residual(st), relu: bp.absorbedReLU(st), window: op.Window}
	params, key, filterOf := bp.filterParams(st)
	z.weight = bp.winogradWeight(z, params, key, filterOf)
	bp.placeWinograd(st, z)
	return nil
}

// placeWinograd decides how a Winograd's work is cut, and makes its phases.
func (bp *blueprint) placeWinograd(st *step, z *winograd) {
	z.tx, z.ty = ceilDiv(z.out.w, tileOut), ceilDiv(z.out.h, tileOut)
	st.weight = z.weight
	st.name = "winograd F(4,3) " + z.k.Name
	tiles := z.out.n * z.ty * z.tx
	st.flops = int64(tiles) * (2*positions*int64(z.in.c)*int64(z.out.c) + transformFLOPs*int64(z.in.c+z.out.c))
	if positions*z.in.blocks()*groupTiles*pixelBytes <= groupBytes {
		st.phases = []phase{z.grouped(bp, tiles)}
		return
	}
	st.phases = z.phased(bp, tiles)
}

// grouped computes groups of tiles, each from input to output by one worker:
// the input's transform of all channels and the products of one panel stay in
// its cache.
func (z *winograd) grouped(bp *blueprint, tiles int) phase {
	size := ceilDiv(tiles, min(maxPieces, ceilDiv(tiles, groupTiles)))
	v := newTransformed(nil, z.in.blocks(), size)
	m := newTransformed(nil, z.panels[0].nob, size)
	bp.needPrivate(v.bytes() + m.bytes())
	return phase{pieces: ceilDiv(tiles, size), run: func(w *worker, piece, _ int) {
		v, m := v, m
		v.base, m.base = w.scratch, unsafe.Add(w.scratch, v.bytes())
		t0, t1 := piece*size, min(piece*size+size, tiles)
		for b := range z.in.blocks() {
			z.input(w, &v, b, t0, t0, t1)
		}
		for i := range z.panels {
			p := &z.panels[i]
			for pos := range positions {
				w.conv.Pf = z.weights(pos+1, p.at)
				if pos+1 == positions {
					w.conv.Pf = z.weights(0, z.panels[(i+1)%len(z.panels)].at)
				}
				z.multiply(w, &v, &m, p, p.ob, pos, t1-t0)
			}
			for b := p.ob; b < p.ob+p.nob; b++ {
				z.output(w, &m, b-p.ob, b, t0, t0, t1)
			}
		}
	}}
}

// phased computes chunks of tiles in three phases each: the input's transform
// split by channel block, the products by position, so that no weight is read
// twice, the output's transform by channel block.
func (z *winograd) phased(bp *blueprint, tiles int) []phase {
	blocks := z.in.blocks() + z.out.blocks()
	most := max(1, phaseBytes/(positions*blocks*pixelBytes))
	size := ceilDiv(tiles, ceilDiv(tiles, most))
	v := newTransformed(nil, z.in.blocks(), size)
	m := newTransformed(nil, z.out.blocks(), size)
	bp.needShared(v.bytes() + m.bytes())
	place := func() (transformed, transformed) {
		v, m := v, m
		v.base, m.base = bp.env.shared, unsafe.Add(bp.env.shared, v.bytes())
		return v, m
	}
	var phases []phase
	for t0 := 0; t0 < tiles; t0 += size {
		t1 := min(t0+size, tiles)
		phases = append(phases, z.inputPhase(place, t0, t1), z.productPhase(place, t1-t0), z.outputPhase(place, t0, t1))
	}
	return phases
}

// transformTiles is how many tiles a piece transforms: some 10 µs.
const transformTiles = 56

func (z *winograd) inputPhase(place func() (v, m transformed), t0, t1 int) phase {
	parts := ceilDiv(t1-t0, transformTiles)
	return phase{pieces: z.in.blocks() * parts, run: func(w *worker, piece, _ int) {
		v, _ := place()
		from := t0 + piece%parts*transformTiles
		z.input(w, &v, piece/parts, t0, from, min(from+transformTiles, t1))
	}}
}

func (z *winograd) productPhase(place func() (v, m transformed), tiles int) phase {
	each := z.panels[0].icb * asm.Block * z.panels[0].lanes * tiles
	per := max(1, min(len(z.panels), callMACs/each))
	parts := ceilDiv(len(z.panels), per)
	return phase{pieces: positions * parts, run: func(w *worker, piece, _ int) {
		v, m := place()
		first := piece % parts * per
		for i := first; i < min(first+per, len(z.panels)); i++ {
			// What follows lies behind: the next panel or position.
			w.conv.Pf = z.weights(piece/parts, z.panels[i].at+z.panels[i].icb*asm.Block*z.panels[i].lanes)
			z.multiply(w, &v, &m, &z.panels[i], 0, piece/parts, tiles)
		}
	}}
}

func (z *winograd) outputPhase(place func() (v, m transformed), t0, t1 int) phase {
	parts := ceilDiv(t1-t0, transformTiles)
	return phase{pieces: z.out.blocks() * parts, run: func(w *worker, piece, _ int) {
		_, m := place()
		from := t0 + piece%parts*transformTiles
		block := piece / parts
		z.output(w, &m, block, block, t0, from, min(from+transformTiles, t1))
	}}
}

// tileRun is count tiles of one row of tiles: tx is the first.
type tileRun struct{ n, ty, tx, count int }

// runs calls f for the rows' parts of tiles [t0, t1), counted over rows and
// images, with the first tile of each.
func (z *winograd) runs(t0, t1 int, f func(t int, r tileRun)) {
	for t := t0; t < t1; {
		row, tx := t/z.tx, t%z.tx
		count := min(z.tx-tx, t1-t)
		f(t, tileRun{n: row / z.ty, ty: row % z.ty, tx: tx, count: count})
		t += count
	}
}

// input transforms tiles [t0, t1) of a channel block; tile base is v's first.
func (z *winograd) input(w *worker, v *transformed, block, base, t0, t1 int) {
	a := &w.winoIn
	a.SrcRow, a.SrcTile = z.in.row, tileOut*pixelBytes
	a.PosStride, a.DstTile = v.position, pixelBytes
	z.runs(t0, t1, func(t int, r tileRun) {
		a.Src = z.in.pixelAt(block, r.n, r.ty*tileOut-z.window.Top, r.tx*tileOut-z.window.Left)
		a.Dst, a.N = v.at(0, block, t-base), r.count
		z.k.WinoIn(a)
	})
}

// multiply computes one position of a panel for so many tiles. first is m's
// first output block.
func (z *winograd) multiply(w *worker, v, m *transformed, p *panel, first, position, count int) {
	a := &w.conv
	a.Icb, a.Kh, a.Run = p.icb, 1, asm.Block
	a.SrcPlane, a.SrcRow, a.SrcPix = v.tiles*pixelBytes, 0, pixelBytes
	a.DstOB, a.ResOB = m.tiles*pixelBytes, 0
	at := z.biases + position*z.position + p.at
	a.W, a.Bias, a.Flags = z.weight.at(at), unsafe.Pointer(&zeros), 0
	a.Src, a.Dst = v.at(position, 0, 0), m.at(position, p.ob-first, 0)
	a.Res = a.Dst
	a.PfStep = min(z.k.PfStep, roundUp(p.lanes*pixelBytes/ceilDiv(count, p.px), lineBytes))
	row(a, p, count, 1)
}

// weights is where U of a position lies, floats on. It may lie behind the last.
func (z *winograd) weights(position, floats int) uintptr {
	at := z.biases + position*z.position + floats
	return uintptr(z.weight.at(0)) + uintptr(at*floatBytes)
}

// output transforms tiles [t0, t1) of m's block to a block of the result; tile
// base is m's first. Partial tiles at the edges are calls of their own.
func (z *winograd) output(w *worker, m *transformed, from, block, base, t0, t1 int) {
	z.runs(t0, t1, func(t int, r tileRun) {
		whole := min(r.count, z.out.w/tileOut-r.tx)
		if whole > 0 {
			z.outputRun(w, m.at(0, from, t-base), m.position, block, tileRun{r.n, r.ty, r.tx, whole}, tileOut)
		}
		if r.count > whole {
			z.outputRun(w, m.at(0, from, t-base+whole), m.position, block, tileRun{r.n, r.ty, r.tx + whole, 1}, z.out.w%tileOut)
		}
		z.zeroHalo(block, r)
	})
}

// outputRun transforms tiles of so many columns.
func (z *winograd) outputRun(w *worker, src unsafe.Pointer, position, block int, r tileRun, cols int) {
	a := &w.winoOut
	y, x := r.ty*tileOut, r.tx*tileOut
	a.Src, a.PosStride, a.SrcTile, a.N = src, position, pixelBytes, r.count
	a.Dst, a.DstRow, a.DstTile = z.out.pixelAt(block, r.n, y, x), z.out.row, tileOut*pixelBytes
	a.Bias, a.Flags = z.weight.at(block*asm.Block), 0
	a.Rows, a.Cols = min(tileOut, z.out.h-y), cols
	if z.relu {
		a.Flags |= asm.FlagReLU
	}
	if z.res != nil {
		a.Flags |= asm.FlagResidual
		a.Res, a.ResRow, a.ResTile = z.res.pixelAt(block, r.n, y, x), z.res.row, tileOut*pixelBytes
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
