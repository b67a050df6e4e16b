package tui

import (
	"fmt"

	"resnet-tui/resnet/nn"
)

// valueAxis is a signed logarithmic axis: powers of two from −2^high at the left to −2^low,
// a column for zeros in the middle, and from 2^low to 2^high at the right. Both ends are
// whole: values below 2^low are in the columns next to the zeros.
type valueAxis struct {
	low, high int // exponents
	known     bool
}

// rareShare is the share of a tensor's values that may lie below the axis: they are in the
// column of its smallest ones, which says so.
const rareShare = 0.002

// take widens the axis for a tensor. It never becomes narrower, so that nothing jumps while
// values come in.
func (a *valueAxis) take(s *nn.Statistics) {
	h := &s.Histogram
	first, last, ok := h.Span()
	if !ok {
		return
	}
	rest := int64(rareShare * float64(s.Finite()-h.Zero))
	for ; first < last; first++ {
		if rest -= ofExponent(h, first); rest < 0 {
			break
		}
	}
	if !a.known {
		a.low, a.high, a.known = first, last, true
	}
	a.low, a.high = min(a.low, first), max(a.high, last)
}

// ofExponent is how many values of either sign have an exponent.
func ofExponent(h *nn.Histogram, exponent int) int64 {
	return h.Negative[exponent-nn.MinExponent] + h.Positive[exponent-nn.MinExponent]
}

// sideOf is the number of columns on each side of the zeros, of w.
func sideOf(w int) int { return max((w-1)/2, 0) }

// span is the number of powers of two on each side.
func (a valueAxis) span() int { return a.high - a.low + 1 }

// columns are the shares of a tensor's finite values in the columns of a width, a power of
// two each: one that has several columns has its share in all of them, and a column that
// stands for several has their mean.
func (a valueAxis) columns(s *nn.Statistics, w int) []float64 {
	n := sideOf(w)
	shares := make([]float64, 2*n+1)
	all := float64(s.Finite())
	if all == 0 || !a.known {
		return shares
	}
	negative, positive := a.folded(&s.Histogram.Negative), a.folded(&s.Histogram.Positive)
	shares[n] = float64(s.Histogram.Zero) / all
	for i := range n {
		from, to := stretch(i, n, a.span())
		shares[n-1-i] = meanCount(negative[from:to]) / all
		shares[n+1+i] = meanCount(positive[from:to]) / all
	}
	return shares
}

// folded are the counts on the axis, from 2^low on: what lies below is at 2^low.
func (a valueAxis) folded(counts *[nn.MaxExponent - nn.MinExponent + 1]int64) []int64 {
	from := a.low - nn.MinExponent
	on := make([]int64, a.span())
	copy(on, counts[from:])
	for _, n := range counts[:from] {
		on[0] += n
	}
	return on
}

func meanCount(counts []int64) float64 {
	var sum int64
	for _, n := range counts {
		sum += n
	}
	return float64(sum) / float64(len(counts))
}

// draw draws the axis into the line y, below the columns of r, with as many labels as have
// room: the ends, those around zero, and one between.
func (a valueAxis) draw(c *canvas, r rect, y int) {
	n := sideOf(r.w)
	c.fill(rect{r.x, y, 2*n + 1, 1}, '─', faint)
	c.text(r.x+n, y, r.x+r.w, "0", muted)
	if !a.known || n < 8 {
		return
	}
	at := func(e int) int { return (2*(e-a.low) + 1) * n / (2 * a.span()) } // columns from the zeros
	last := 1
	for _, e := range []int{a.low, (a.low + a.high) / 2, a.high} {
		text := fmt.Sprintf("2^%d", e)
		from := min(max(at(e)-width(text)/2, 1), n-width(text)-1)
		if from < last+1 {
			continue
		}
		last = from + width(text)
		c.text(r.x+n+1+from, y, r.x+2*n+1, text, muted)
		c.text(r.x+n-last-1, y, r.x+n, "-"+text, muted)
	}
}
