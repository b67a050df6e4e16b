package vision

import "math"

// Pillow's antialiased scaling of 8-bit pictures, with the same bits
// (libImaging/Resample.c): a filter as wide as the scale, in fixed point, first along the
// rows and then, after rounding to 8 bits, along the columns.

// precision is Pillow's PRECISION_BITS: the fractional bits of a 32-bit sum, of which 8 are
// for the samples and 2 for the sign and for sums of weights above 1.
const precision = 32 - 8 - 2

// taps are the weights of one output position, for the inputs from start on.
type taps struct {
	start int
	w     []int32
}

// end is the index after the last input.
func (t taps) end() int { return t.start + len(t.w) }

// makeTaps returns f's taps of positions lo to hi−1 of an axis that is scaled from in to
// out samples. The conversions to float64 keep the compiler from fusing a multiplication and
// an addition, which would be rounded differently.
func makeTaps(f filter, in, out, lo, hi int) []taps {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := f.support * stretch
	inv := 1 / stretch
	ts := make([]taps, hi-lo)
	weights := make([]float64, 0, 2*int(support)+3)
	for i := range ts {
		center := float64((float64(lo+i) + 0.5) * scale)
		first := max(int(center-support+0.5), 0)
		last := min(int(center+support+0.5), in)
		weights = weights[:0]
		sum := 0.0
		for x := first; x < last; x++ {
			w := f.at(float64(float64(x)-center+0.5) * inv)
			weights = append(weights, w)
			sum += w
		}
		ts[i] = taps{first, fixed(weights, sum)}
	}
	return ts
}

// fixed scales weights so that their sum is 1, and rounds them to nearest fixed point.
func fixed(weights []float64, sum float64) []int32 {
	f := make([]int32, len(weights))
	for i, w := range weights {
		f[i] = int32(math.Copysign(0.5, w) + float64(w/sum*(1<<precision)))
	}
	return f
}

// plane is a picture of w×h pixels with ch interleaved 8-bit channels.
type plane struct {
	w, h, ch int
	pix      []uint8
}

// window is a rectangle of output positions; x1 and y1 are exclusive.
type window struct{ x0, x1, y0, y1 int }

// resample scales p to w×h with the filter f and calls emit for each row of the window, from top to bottom,
// with the row's number within the window. A row is valid until the next call.
//
// Each row of p is scaled along its length once, and is added to every output row that
// needs it. So there is no intermediate picture between the two directions.
func (p plane) resample(f filter, w, h int, win window, emit func(y int, row []uint8)) {
	cols := makeTaps(f, p.w, w, win.x0, win.x1)
	rows := makeTaps(f, p.h, h, win.y0, win.y1)
	n := len(cols) * p.ch
	line := make([]uint8, n)
	sums := newAccumulators(len(rows), n)
	open := 0 // the first output row that isn't finished
	for y := rows[0].start; open < len(rows); y++ {
		p.alongRow(line, y, cols)
		for r := open; r < len(rows) && rows[r].start <= y; r++ {
			accumulate(sums.of(r), line, rows[r].w[y-rows[r].start])
		}
		for open < len(rows) && rows[open].end() <= y+1 {
			round(line, sums.of(open))
			emit(open, line)
			sums.free(open)
			open++
		}
	}
}

// accumulators hold the sums of the output rows that aren't finished.
type accumulators struct {
	n     int       // sums per row
	open  [][]int32 // by output row; nil: finished or not started
	spare [][]int32 // of finished rows, to use again
}

// newAccumulators returns sums for rows output rows of n samples.
func newAccumulators(rows, n int) *accumulators {
	return &accumulators{n: n, open: make([][]int32, rows)}
}

// of returns the sums of row r, which are zero at first.
func (a *accumulators) of(r int) []int32 {
	if a.open[r] == nil {
		if last := len(a.spare) - 1; last >= 0 {
			a.open[r] = a.spare[last]
			a.spare = a.spare[:last]
			clear(a.open[r])
		} else {
			a.open[r] = make([]int32, a.n)
		}
	}
	return a.open[r]
}

// free keeps the sums of a finished row for another.
func (a *accumulators) free(r int) {
	a.spare = append(a.spare, a.open[r])
	a.open[r] = nil
}

// alongRow scales row y of p along its length.
func (p plane) alongRow(dst []uint8, y int, cols []taps) {
	row := p.pix[y*p.w*p.ch : (y+1)*p.w*p.ch]
	if p.ch == 1 {
		for i, t := range cols {
			var a int32
			for k, v := range row[t.start:t.end()] {
				a += int32(v) * t.w[k]
			}
			dst[i] = descale(a)
		}
		return
	}
	for i, t := range cols {
		var r, g, b int32
		src := row[3*t.start : 3*t.end()]
		for _, w := range t.w {
			r += int32(src[0]) * w
			g += int32(src[1]) * w
			b += int32(src[2]) * w
			src = src[3:]
		}
		d := dst[3*i : 3*i+3]
		d[0] = descale(r)
		d[1] = descale(g)
		d[2] = descale(b)
	}
}

// accumulate adds a weighted row.
func accumulate(sum []int32, line []uint8, w int32) {
	sum = sum[:len(line)]
	for i, v := range line {
		sum[i] += int32(v) * w
	}
}

// round descales a finished row.
func round(dst []uint8, sum []int32) {
	for i, s := range sum {
		dst[i] = descale(s)
	}
}

// descale rounds a fixed-point sum to 8 bits. It clips: a filter with negative weights
// overshoots, and rounded weights may add up to slightly more than 1.
func descale(a int32) uint8 {
	return uint8(min(max((int64(a)+1<<(precision-1))>>precision, 0), 255))
}
