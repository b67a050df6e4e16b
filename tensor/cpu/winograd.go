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
	before       int // floats of the packed weight before U
	position     int // elements of U of one position
	elem         int // bytes of one: float32 or binary16
	tx, ty       int // tiles of a row, rows of tiles
	staging      int // bytes of a worker's memory before its copies of rows
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
	z.staging = v.bytes() + m.bytes()
	sc.needPrivate(z.staging + z.stageBytes())
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
	sc.needPrivate(z.stageBytes())
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
