package tensor

import (
	"errors"
	"fmt"
	"math"
)

// A Histogram counts values by sign and power of two. Column k−MinExponent of its counts
// is of the negative values with 2^k ≤ |x| < 2^(k+1), column HistogramExponents+k−MinExponent
// of the positive ones, subnormal values by their own exponent; then come zeros of either
// sign, NaN and infinities. A count is counts[0] + CountRadix·counts[1], both of which a
// float32 holds exactly, so that counts are right to the unit.
const (
	MinExponent        = -149
	MaxExponent        = 127
	HistogramExponents = MaxExponent - MinExponent + 1

	CountZeros      = 2 * HistogramExponents
	CountNaN        = CountZeros + 1
	CountInf        = CountZeros + 2
	HistogramCounts = CountZeros + 3
	CountRadix      = 1 << 24
)

// A Histogram's figures, of the finite values.
const (
	FigureMean = iota
	FigureStd  // population
	FigureMin
	FigureMax
	FigureRMS // √(Σx²/n): an L2 norm may be no float32
	HistogramFigures
)

// The rows of a Histogram's channels: figures of a channel's finite values, and how many
// zeros and finite values it has, as counts are.
const (
	ChannelMean = iota
	ChannelStd  // population
	ChannelMax
	ChannelZeros
	ChannelZerosHigh
	ChannelFinite
	ChannelFiniteHigh
	HistogramRows
)

// SplitCount is a count as two float32, and JoinCount the way back.
func SplitCount(n int64) (low, high float32) { return float32(n % CountRadix), float32(n / CountRadix) }

// JoinCount is the count that SplitCount has split.
func JoinCount(low, high float32) int64 { return int64(low) + CountRadix*int64(high) }

// CountOf is the column of a histogram's counts that x belongs to.
func CountOf(x float32) int {
	switch {
	case x != x:
		return CountNaN
	case math.IsInf(float64(x), 0):
		return CountInf
	case x == 0:
		return CountZeros
	}
	at := math.Ilogb(float64(x)) - MinExponent
	if x > 0 {
		at += HistogramExponents
	}
	return at
}

func checkHistogram(p *Plan, op *Op, in, _ Shape) error {
	if len(op.In) == 0 {
		in = p.Params[op.Params[0]].Shape
	}
	for _, id := range op.Out {
		if p.Buffers[id].Class != Kept {
			return errors.New("its results must be kept")
		}
	}
	if err := p.wantShape(op.Out[0], 2, HistogramCounts); err != nil {
		return err
	}
	if len(op.Out) > 1 {
		if err := p.wantShape(op.Out[1], HistogramFigures); err != nil {
			return err
		}
	}
	if len(op.Out) < 3 {
		return nil
	}
	if op.Axis != 0 && op.Axis != 1 || op.Axis >= len(in) {
		return fmt.Errorf("channels along dimension %d of %v: it must be 0 or 1", op.Axis, in)
	}
	return p.wantShape(op.Out[2], HistogramRows, in[op.Axis])
}

// histogram is Histogram, of values as they are in float32.
func histogram[T Real](c *call[T]) {
	var counts [HistogramCounts]int64
	var whole gathering
	x := c.x[0].data
	for _, v := range x {
		counts[CountOf(float32(v))]++
		whole.take(float64(float32(v)))
	}
	for i, n := range counts {
		low, high := SplitCount(n)
		c.y[0].data[i], c.y[0].data[HistogramCounts+i] = T(low), T(high)
	}
	if len(c.op.Out) > 1 {
		for i, v := range whole.figures() {
			c.y[1].data[i] = T(v)
		}
	}
	if len(c.op.Out) > 2 {
		channelHistogram(c)
	}
}

// channelHistogram fills a Histogram's channels.
func channelHistogram[T Real](c *call[T]) {
	x, rows := c.x[0], c.y[2].data
	channels, inner := x.n, x.c*x.h*x.w
	if c.op.Axis == 1 {
		channels, inner = x.c, x.h*x.w
	}
	all := make([]gathering, channels)
	for i, v := range x.data {
		all[i/inner%channels].take(float64(float32(v)))
	}
	for i := range all {
		for row, v := range all[i].channel() {
			rows[row*channels+i] = T(v)
		}
	}
}

// gathering sums up finite values, relative to the first of them: a large mean doesn't
// swamp the deviation.
type gathering struct {
	n, zeros            int64
	first, sum, squares float64
	min, max            float64
}

// take adds a value, if it is finite.
func (g *gathering) take(x float64) {
	if x-x != 0 {
		return
	}
	if g.n == 0 {
		g.first, g.min, g.max = x, x, x
	}
	g.n++
	if x == 0 {
		g.zeros++
	}
	d := x - g.first
	g.sum += d
	g.squares += d * d
	g.min, g.max = min(g.min, x), max(g.max, x)
}

// figures are those of a Histogram.
func (g *gathering) figures() (f [HistogramFigures]float64) {
	if g.n == 0 {
		return f
	}
	n := float64(g.n)
	shift := g.sum / n
	mean, variance := g.first+shift, max(g.squares/n-shift*shift, 0)
	f[FigureMean], f[FigureStd] = mean, math.Sqrt(variance)
	f[FigureMin], f[FigureMax] = g.min, g.max
	f[FigureRMS] = math.Sqrt(variance + mean*mean)
	return f
}

// channel is a column of a Histogram's channels.
func (g *gathering) channel() (rows [HistogramRows]float64) {
	f := g.figures()
	zeros, zerosHigh := SplitCount(g.zeros)
	finite, finiteHigh := SplitCount(g.n)
	return [...]float64{
		ChannelMean: f[FigureMean], ChannelStd: f[FigureStd], ChannelMax: f[FigureMax],
		ChannelZeros: float64(zeros), ChannelZerosHigh: float64(zerosHigh),
		ChannelFinite: float64(finite), ChannelFiniteHigh: float64(finiteHigh),
	}
}
