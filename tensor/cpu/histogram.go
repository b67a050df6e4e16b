package cpu

import (
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// histogram is a Histogram: pieces that are counted by whoever runs them, sums over pieces
// that are added in order, and channels.
type histogram struct {
	env      *env
	k        *asm.Kernels
	source   source
	over     *view        // whose values they are, or nil
	parts    []moments    // of the finite values, by piece
	lanes    []byLane     // the same by lane, where these are channels; else nil
	windows  []asm.Window // by worker: where this tensor's values lay at last
	counters []*counter   // by worker; those of all histograms of a program are the same
	out      []*view
	counted  asm.Counts // by all workers
	riding   riding
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

// taker takes values: whole pixels, and single values.
type taker interface {
	pixels(r valueRows)
	each(x []float32)
}

// valueRows is rows of pixels that lie so many bytes apart, with zeros in between.
type valueRows struct {
	src               unsafe.Pointer
	width, count, row int
}

// all is the pixels from the first to the last, with those between rows.
func (r *valueRows) all() int { return (r.count-1)*r.row/pixelBytes + r.width }

// planHistogram plans Histogram.
func (sc *schedule) planHistogram(ln *launch) error {
	op := sc.head(ln)
	h := &histogram{env: sc.env, k: sc.kern, windows: make([]asm.Window, sc.threads), counters: sc.histogramCounters()}
	if len(op.In) > 0 {
		h.over = sc.views[op.In[0]]
		h.source = sourceOf(sc.kern, sc.views[op.In[0]], sc.plan.Buffers[op.In[0]].Shape)
	} else {
		h.source = sc.paramSource(ln, sc.params(op)[0])
	}
	for _, id := range op.Out {
		h.out = append(h.out, sc.views[id])
	}
	h.parts = make([]moments, h.source.pieces())
	ln.histogram = h
	ln.name = sc.kern.Name + " histogram"
	ln.flops = 3 * int64(h.source.elems())
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

// histogramCounters are those of a program, by worker.
func (sc *schedule) histogramCounters() []*counter {
	if sc.counters == nil {
		for range sc.threads {
			sc.counters = append(sc.counters, &counter{k: sc.kern})
		}
	}
	return sc.counters
}

// piece counts a piece and sums it up.
func (h *histogram) piece(w *worker, piece, _ int) {
	c := h.counters[w.id]
	c.counts.Window = h.windows[w.id]
	c.taken, c.rest = 0, byLane{}
	h.source.walk(piece, c)
	h.windows[w.id] = c.counts.Window
	lanes, equal := c.rest, c.rest == (byLane{})
	if c.taken > 0 && !c.moments(&lanes) {
		some := new(finiteValues)
		h.source.walk(piece, some)
		lanes, equal = some.byLane, false
	}
	if h.lanes != nil {
		h.lanes[piece] = lanes
	}
	h.parts[piece] = lanes.all(equal)
}

// counter is what a worker counts: all values since the last histogram, and sums over one
// piece.
type counter struct {
	k      *asm.Kernels
	counts asm.Counts
	taken  int            // pixels of the piece
	sums   asm.FigureSums // of them
	rest   byLane         // of single values
}

// pixels sums up, then counts, while the values are in the L1 cache.
func (c *counter) pixels(r valueRows) {
	if c.taken == 0 {
		begin(c.k, &c.sums, r.src, r.width)
	}
	c.taken += r.width * r.count
	nonzero := r.width*r.count*asm.Block + c.zeros()
	for i := range r.count {
		c.k.Figures(&c.sums, unsafe.Add(r.src, i*r.row), r.width)
	}
	c.k.Count(&c.counts, r.src, r.all(), nonzero-c.zeros())
}

// zeros are those of all lanes.
func (c *counter) zeros() (n int) {
	for _, z := range c.sums.Zeros {
		n += int(z)
	}
	return n
}

func (c *counter) each(x []float32) {
	c.counts.Each(x)
	c.rest.take(x)
}

// moments adds those of the piece's pixels, if sums show them all.
func (c *counter) moments(all *byLane) bool {
	for o := range all {
		lane, ok := momentsOf(&c.sums, o, float64(c.taken))
		if !ok {
			return false
		}
		all[o].merge(&lane)
	}
	return true
}

// finiteValues takes the finite values of a piece one by one.
type finiteValues struct{ byLane }

func (v *finiteValues) pixels(r valueRows) {
	for i := range r.count {
		v.take(floats(unsafe.Add(r.src, i*r.row), r.width*asm.Block))
	}
}

func (v *finiteValues) each(x []float32) { v.take(x) }

// collect adds up what workers have counted, before they count for another histogram.
func (h *histogram) collect() {
	for _, c := range h.counters {
		h.counted.Add(&c.counts)
	}
}

// finish adds up what the pieces and workers have.
func (h *histogram) finish() {
	h.collect()
	counts := countsOf(&h.counted, int64(h.source.elems()))
	h.counted = asm.Counts{}
	values := h.out[0].values()
	for i, n := range counts {
		values[i], values[tensor.HistogramCounts+i] = tensor.SplitCount(n)
	}
	if len(h.out) < 2 {
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
	m := new(moments)
	whole := len(x) / asm.Block
	if whole < 2 {
		m.takeAll(x)
		return m
	}
	src := unsafe.Pointer(&x[0])
	begin(k, &sums, src, whole)
	k.Figures(&sums, src, whole)
	for o := range asm.Block {
		lane, ok := momentsOf(&sums, o, float64(whole))
		if !ok {
			*m = moments{}
			m.takeAll(x)
			return m
		}
		m.merge(&lane)
	}
	m.takeAll(x[whole*asm.Block:])
	return m
}
