package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// histogram is a Histogram: pieces that are counted by whoever runs them, sums over pieces
// that are added in order, and channels.
type histogram struct {
	env     *env
	k       *asm.Kernels
	source  source
	parts   []moments    // of the finite values, by piece; nil if no figures are wanted
	lanes   []byLane     // the same by lane, where these are channels; else nil
	windows []asm.Window // by worker: where this tensor's values lay at last
	tally   []asm.Counts // by worker; those of all histograms of a program are the same
	out     []*view
}

// source is a tensor whose histogram is taken, in pieces.
type source interface {
	pieces() int
	elems() int
	// walk calls t for the values of a piece, a few at a time.
	walk(piece int, t taker)
	// lanesAre reports whether the lanes of a piece's pixels are channels along an axis,
	// 16 to a block, and blocks an equal number of pieces.
	lanesAre(axis int) bool
	// channel calls f for all values of a channel along an axis, in runs.
	channel(axis, c int, f func(x []float32))
}

// taker takes values: runs of whole pixels to be counted, which may have zero pixels in
// between; the same without those, to be summed up; and single values for both.
type taker interface {
	count(src unsafe.Pointer, pixels int)
	sum(src unsafe.Pointer, pixels int)
	each(x []float32)
}

// planHistogram plans Histogram.
func (sc *schedule) planHistogram(ln *launch) error {
	op := sc.head(ln)
	h := &histogram{env: sc.env, k: sc.kern, windows: make([]asm.Window, sc.threads), tally: sc.counters()}
	if len(op.In) > 0 {
		h.source = sourceOf(sc.views[op.In[0]], sc.plan.Buffers[op.In[0]].Shape)
	} else {
		h.source = sc.paramSource(ln, sc.params(op)[0])
	}
	for _, id := range op.Out {
		h.out = append(h.out, sc.views[id])
	}
	ln.name = sc.kern.Name + " histogram"
	if len(h.out) > 1 {
		h.parts = make([]moments, h.source.pieces())
		ln.flops = 3 * int64(h.source.elems())
	}
	ln.phases = []phase{{pieces: h.source.pieces(), run: h.piece}, {pieces: 1, run: func(*worker, int, int) { h.finish() }}}
	if len(h.out) > 2 {
		rows := h.out[2]
		if h.source.lanesAre(op.Axis) {
			h.lanes = make([]byLane, len(h.parts))
		}
		ln.phases = append(ln.phases, phase{pieces: rows.flat / tensor.HistogramRows, run: func(_ *worker, c, _ int) {
			h.channel(op.Axis, c)
		}})
	}
	return nil
}

// counters are those of a program, by worker.
func (sc *schedule) counters() []asm.Counts {
	if sc.tally == nil {
		sc.tally = make([]asm.Counts, sc.threads)
	}
	return sc.tally
}

// piece counts a piece and sums it up.
func (h *histogram) piece(w *worker, piece, _ int) {
	c := &h.tally[w.id]
	c.Window = h.windows[w.id]
	t := &take{h: h, counts: c}
	h.source.walk(piece, t)
	h.windows[w.id] = c.Window
	if h.parts == nil {
		return
	}
	lanes := t.moments(piece)
	for o := range lanes {
		h.parts[piece].merge(&lanes[o])
	}
	if h.lanes != nil {
		h.lanes[piece] = lanes
	}
}

// take is what one piece holds.
type take struct {
	h      *histogram
	counts *asm.Counts
	sums   asm.FigureSums // of pixels
	zeros  asm.LaneCounts // the same, if channels are wanted
	pixels int
	rest   byLane // of single values
}

// byLane are the moments of each lane.
type byLane [asm.Block]moments

// take adds values, the first of which is in lane 0.
func (m *byLane) take(x []float32) {
	for i, v := range x {
		m[i%asm.Block].take(v)
	}
}

func (t *take) count(src unsafe.Pointer, pixels int) { t.h.k.Count(t.counts, src, pixels) }

func (t *take) sum(src unsafe.Pointer, pixels int) {
	if t.h.parts == nil {
		return
	}
	if t.pixels == 0 {
		begin(&t.sums, (*[asm.Block]float32)(src))
	}
	t.pixels += pixels
	t.h.k.Figures(&t.sums, src, pixels)
	if t.h.lanes != nil {
		t.h.k.LaneZeros(&t.zeros, src, pixels)
	}
}

func (t *take) each(x []float32) {
	t.counts.Each(x)
	t.rest.take(x)
}

// begin makes sums relative to a pixel, where that is finite.
func begin(s *asm.FigureSums, pixel *[asm.Block]float32) {
	for o, x := range pixel {
		s.Min[o], s.Max[o] = x, x
		if x-x == 0 {
			s.Shift[o] = float64(x)
		}
	}
}

// moments are those of a piece, by lane.
func (t *take) moments(piece int) byLane {
	all := t.rest
	if t.pixels == 0 {
		return all
	}
	for o := range all {
		lane, finite := momentsOf(&t.sums, o, float64(t.pixels))
		if !finite {
			some := new(finiteValues)
			t.h.source.walk(piece, some)
			return some.byLane
		}
		lane.zeros = int64(t.zeros[o])
		all[o].merge(&lane)
	}
	return all
}

// finiteValues takes a piece that has values that are not finite, one by one.
type finiteValues struct{ byLane }

func (*finiteValues) count(unsafe.Pointer, int)            {}
func (v *finiteValues) sum(src unsafe.Pointer, pixels int) { v.take(floats(src, pixels*asm.Block)) }
func (v *finiteValues) each(x []float32)                   { v.take(x) }

// finish adds up what the pieces and workers have.
func (h *histogram) finish() {
	var all asm.Counts
	for i := range h.tally {
		all.Add(&h.tally[i])
	}
	counts := countsOf(&all, int64(h.source.elems()))
	values := h.out[0].values()
	for i, n := range counts {
		values[i], values[tensor.HistogramCounts+i] = tensor.SplitCount(n)
	}
	if h.parts == nil {
		return
	}
	var m moments
	for i := range h.parts {
		m.merge(&h.parts[i])
	}
	for i, v := range m.figures() {
		h.out[1].values()[i] = float32(v)
	}
}

// countsOf are a tensor's counts. What was counted beyond its elements are zeros between
// them.
func countsOf(c *asm.Counts, elems int64) (counts [tensor.HistogramCounts]int64) {
	var sum int64
	for sign, first := range []int{tensor.HistogramExponents, 0} { // of positive values, and negative ones
		copy(counts[first:], c.Subnormal[sign][:])
		copy(counts[first+len(c.Subnormal[sign]):first+tensor.HistogramExponents], c.Fields[256*sign+1:256*sign+255])
		counts[tensor.CountInf] += c.Fields[256*sign+255]
	}
	counts[tensor.CountInf] -= c.NaN
	counts[tensor.CountNaN] = c.NaN
	for _, n := range counts {
		sum += n
	}
	counts[tensor.CountZeros] = elems - sum
	return counts
}

// channel fills a column of a Histogram's channels.
func (h *histogram) channel(axis, c int) {
	m := h.momentsOfChannel(axis, c)
	out := h.out[2].values()
	channels := len(out) / tensor.HistogramRows
	f := m.figures()
	for row, v := range [...]float64{
		tensor.ChannelMean: f[tensor.FigureMean], tensor.ChannelStd: f[tensor.FigureStd], tensor.ChannelMax: f[tensor.FigureMax],
	} {
		out[row*channels+c] = float32(v)
	}
	out[tensor.ChannelZeros*channels+c], out[tensor.ChannelZerosHigh*channels+c] = tensor.SplitCount(m.zeros)
	out[tensor.ChannelFinite*channels+c], out[tensor.ChannelFiniteHigh*channels+c] = tensor.SplitCount(int64(m.n))
}

// momentsOfChannel are those of its lane in all pieces of its block, or of its values.
func (h *histogram) momentsOfChannel(axis, c int) (m moments) {
	if h.lanes == nil {
		h.source.channel(axis, c, func(x []float32) { m.merge(momentsOfRun(h.k, x)) })
		return m
	}
	each := len(h.lanes) / ceilDiv(len(h.out[2].values())/tensor.HistogramRows, asm.Block)
	for i := range each {
		m.merge(&h.lanes[c/asm.Block*each+i][c%asm.Block])
	}
	return m
}

// momentsOfRun are those of values that lie side by side.
func momentsOfRun(k *asm.Kernels, x []float32) *moments {
	var sums asm.FigureSums
	var zeros asm.LaneCounts
	m := new(moments)
	whole := len(x) / asm.Block
	if whole < 2 {
		m.takeAll(x)
		return m
	}
	begin(&sums, (*[asm.Block]float32)(x))
	k.Figures(&sums, unsafe.Pointer(&x[0]), whole)
	k.LaneZeros(&zeros, unsafe.Pointer(&x[0]), whole)
	for o := range zeros {
		lane, finite := momentsOf(&sums, o, float64(whole))
		if !finite {
			*m = moments{}
			m.takeAll(x)
			return m
		}
		lane.zeros = int64(zeros[o])
		m.merge(&lane)
	}
	m.takeAll(x[whole*asm.Block:])
	return m
}
