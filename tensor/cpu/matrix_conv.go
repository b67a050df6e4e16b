package cpu

import (
	"fmt"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// matrixConv is a dense convolution of bf16 on a matrix unit. A piece first gathers
// what it reads, so that 32 channels of a pixel lie side by side (see gathered), then
// every panel of output channels goes over it.
type matrixConv struct {
	kern         *asm.MatrixKernels
	in, out, res *view // res may be nil
	weight       *weight
	filter       matrixFilter
	window       tensor.Window
	relu         bool
	flat         bool // units are pixels, else rows of the output
	units        partition
	panels       partition
	gathered     gathered
}

// gatheredPixel is the bytes of a pixel of two blocks.
const gatheredPixel = 2 * asm.Block * halfBytes

// matrix is the kernels of the processor's matrix unit for this precision, or nil.
func (sc *schedule) matrix() *asm.MatrixKernels {
	if d := sc.kern.Dot; d != nil && sc.precision == tensor.BF16 {
		return d.Matrix
	}
	return nil
}

// onMatrix plans a convolution on the matrix unit. It returns false where there is
// none, or it doesn't suit: it knows neither groups nor interleaved images, and takes
// planes of bf16 alone.
func (sc *schedule) onMatrix(ln *launch, c *conv, s filterShape, from filterSource) bool {
	kern := sc.matrix()
	if kern == nil || s.groups > 1 || s.interleaved || c.in.elem != halfBytes || c.res != nil && c.res.elem != c.out.elem {
		return false
	}
	m := &matrixConv{kern: kern, in: c.in, out: c.out, res: c.res, window: c.window, relu: c.relu, flat: c.isFlat()}
	m.weight, m.filter = sc.matrixWeight(s, from)
	m.prepare()
	sc.needPrivate(m.gathered.bytes())
	ln.weight = m.weight
	ln.name = fmt.Sprintf("%s direct %d×%d s%d", sc.kern.Dot.Name, asm.MatrixGroup, m.filter.nob(0)*asm.Block, m.window.SH)
	ln.flops += m.flops()
	ln.phases = append(ln.phases, phase{pieces: m.units.parts * m.panels.parts, run: m.piece})
	return true
}

// prepare decides the pieces, and how their input is gathered.
func (c *matrixConv) prepare() {
	w := matrixWork{units: c.out.n * c.out.h, pixels: c.out.w, panels: c.filter.panels(), weightBytes: c.filter.elems() * halfBytes}
	c.gathered = newGathered(c.window, c.out.w, c.filter.pairs)
	w.unitBytes = c.gathered.parities * c.gathered.pitch * gatheredPixel * c.filter.pairs
	if c.flat {
		w.units, w.pixels, w.unitBytes = w.units*c.out.w, 1, gatheredPixel*c.filter.pairs
	}
	w.pixelMACs = c.filter.pairs * c.filter.taps * 2 * asm.Block * 2 * asm.Block
	c.units, c.panels = w.split()
	if c.flat {
		c.gathered.pixels(c.units.size)
		return
	}
	for part := range c.units.parts {
		images, units := 0, c.units.part(part)
		eachImage(units.from, units.to, c.out.h, func(_, y0, y1 int) {
			images++
			c.gathered.rows = max(c.gathered.rows, y1-y0)
		})
		c.gathered.images = max(c.gathered.images, images)
	}
	c.gathered.findTaps()
}

// flops counts what the kernels execute, zero weights and padding included.
func (c *matrixConv) flops() int64 {
	row := c.gathered.pitch
	if c.flat {
		row = c.out.w
	}
	return 2 * int64(c.filter.elems()) * int64(c.out.n*c.out.h*row)
}

// piece computes some panels of some units.
func (c *matrixConv) piece(w *worker, piece, _ int) {
	units, panels := c.units.part(piece/c.panels.parts), c.panels.part(piece%c.panels.parts)
	c.gather(w, units)
	for p := panels.from; p < panels.to; p++ {
		c.panel(w, p, units)
	}
	if c.flat || c.out.halo == (halo{}) {
		return
	}
	last := panels.to - 1
	eachImage(units.from, units.to, c.out.h, func(n, y0, y1 int) {
		c.out.zeroHalo(c.filter.block(panels.from), c.filter.block(last)+c.filter.nob(last), n, y0, y1)
	})
}

// panel computes a panel of some units.
func (c *matrixConv) panel(w *worker, panel int, units span) {
	a := &w.matrix.args
	a.W = c.weight.half(c.filter.biases(), c.filter.at(panel))
	a.Bias = c.weight.at(c.filter.block(panel) * asm.Block)
	a.Taps, a.TapCount = &c.gathered.taps[0], len(c.gathered.taps)
	a.Pairs, a.SrcPlane = c.filter.pairs, c.gathered.pairBytes()
	res := c.res
	a.Flags = 0
	if res != nil {
		a.Flags |= asm.FlagResidual
	} else {
		res = c.out // for its addresses only
	}
	if c.relu {
		a.Flags |= asm.FlagReLU
	}
	if c.out.elem == floatBytes {
		a.Flags |= asm.FlagFloat
	}
	a.DstOB, a.ResOB = c.out.plane, res.plane
	a.DstSkip, a.ResSkip = c.out.row-c.out.w*c.out.pixel, res.row-c.out.w*res.pixel
	if c.flat {
		c.multiply(a, panel, pixelRun{
			src: w.scratch, n: units.len(), row: units.len(),
			dst: unsafe.Add(c.out.pixelAt(c.filter.block(panel), 0, 0, 0), units.from*c.out.pixel),
			res: unsafe.Add(res.pixelAt(c.filter.block(panel), 0, 0, 0), units.from*res.pixel),
		})
		return
	}
	src := w.scratch
	eachImage(units.from, units.to, c.out.h, func(n, y0, y1 int) {
		c.multiply(a, panel, pixelRun{
			src: src, n: (y1-y0-1)*c.gathered.pitch + c.out.w, row: c.out.w,
			dst: c.out.pixelAt(c.filter.block(panel), n, y0, 0),
			res: res.pixelAt(c.filter.block(panel), n, y0, 0),
		})
		src = unsafe.Add(src, c.gathered.imageBytes())
	})
}

// pixelRun is n gathered pixels, of which those of an image's row are the first of each
// pitch.
type pixelRun struct {
	src, dst, res unsafe.Pointer
	n, row        int
}

// multiply computes a panel of a run.
func (c *matrixConv) multiply(a *asm.MatrixArgs, panel int, r pixelRun) {
	a.Src, a.Dst, a.Res = r.src, r.dst, r.res
	a.N, a.Row, a.Skip = r.n, r.row, max(0, c.gathered.pitch-r.row)
	if c.filter.nob(panel) == 1 {
		c.kern.Conv1(a)
		return
	}
	c.kern.Conv(a)
}
