package asm

import (
	"math"
	"math/bits"
	"unsafe"
)

// Counts are how many values have each sign and exponent. They are exact however they
// are counted; only the time depends on the window.
type Counts struct {
	// Fields is by the upper nine bits of a value: its sign, then its exponent. Those of
	// exponent 0 have no meaning.
	Fields [512]int64
	// Zeros and Subnormal are what has exponent 0: zeros of either sign; by sign, those of
	// 2^(k−149) ≤ |x| < 2^(k−148). NaN are those that exponent 255 has beside infinities.
	Zeros, NaN int64
	Subnormal  [2][23]int64

	// Window is where fast kernels count. It may be saved and set again while nothing is
	// left to Flush.
	Window Window
	args   CountArgs
	held   int // pixels in args
}

// Window is 16 exponents, which a tensor's often lie in.
type Window struct {
	first  int // exponent field
	signed int // 1 if negative values are counted in it
	misses int // calls in a row for which it was too small
	plain  int // calls to come that do without it
}

// CountArgs counts N pixels whose values are zero or have one of the 16 exponents from
// Base/4 on, and none of which is negative unless Signed is 1. Words is by sign and position in a group of four exponents, in the order
// 0, 2, 1, 3; its words are four lanes of 64 bits, of four groups each. A kernel adds to
// Words and Zeros at most 28 a lane for each 7 pixels.
type CountArgs struct {
	Src             unsafe.Pointer
	N, Base, Signed int
	Words           [8][16]uint16
	Zeros           [8]uint32
}

// LaneCounts are counts by lane.
type LaneCounts [Block]uint32

// FigureSums are sums over pixels, by lane, of differences to Shift, with the least and
// the greatest value.
type FigureSums struct {
	Shift, Sum, Squares [Block]float64
	Min, Max            [Block]float32
}

const (
	windowExponents = 16
	chunkPixels     = 7       // whose counts are sure to fit the window's 4 bits each
	windowPixels    = 1 << 13 // whose counts are sure to fit CountArgs.Words
)

// windowed makes a kernel for any values of one that counts those in a window, and
// stops before the chunk of chunkPixels that has another: it returns how many pixels it has
// counted. In a tensor, exponents lie close together.
func windowed(count func(*CountArgs) int64) func(c *Counts, src unsafe.Pointer, n int) {
	return func(c *Counts, src unsafe.Pointer, n int) {
		for n > 0 {
			piece := min(n, windowPixels)
			c.countPiece(count, src, piece)
			src, n = unsafe.Add(src, piece*pixelBytes), n-piece
		}
	}
}

// patience is for how many calls a window is given up that was too small twice.
const patience = 30

// countPiece counts at most windowPixels pixels.
func (c *Counts) countPiece(count func(*CountArgs) int64, src unsafe.Pointer, n int) {
	w := &c.Window
	if w.plain > 0 || w.first == 0 {
		genericCount(c, src, n)
		if w.plain = max(0, w.plain-1); w.plain == 0 {
			c.placeWindow()
		}
		return
	}
	if c.held+n > windowPixels {
		c.Flush()
	}
	c.held += n
	c.judge(c.countWindow(count, src, n), n)
}

// countWindow counts pixels, and returns of how many the kernel left the values to others.
func (c *Counts) countWindow(count func(*CountArgs) int64, src unsafe.Pointer, n int) (missed int) {
	a := &c.args
	a.Base, a.Signed = 4*c.Window.first, c.Window.signed
	for n > 0 {
		a.Src, a.N = src, n
		done := int(count(a))
		few := min(n-done, chunkPixels)
		src = unsafe.Add(src, done*pixelBytes)
		c.Each(unsafe.Slice((*float32)(src), few*Block))
		src, n, missed = unsafe.Add(src, few*pixelBytes), n-done-few, missed+few
	}
	return missed
}

// judge moves the window if many pixels had values outside of it, or gives it up.
func (c *Counts) judge(missed, all int) {
	w := &c.Window
	if 6*missed < all {
		w.misses = 0
		return
	}
	if w.misses++; w.misses > 1 {
		w.misses, w.plain = 0, patience
		return
	}
	c.placeWindow()
}

// placeWindow moves the window to where most of the values are that were counted so far.
func (c *Counts) placeWindow() {
	c.Flush()
	var sum, most int64
	best := 1
	for f := 1; f < 255; f++ {
		if c.Fields[256+f] > 0 {
			c.Window.signed = 1
		}
		sum += c.Fields[f] + c.Fields[256+f]
		if old := f - windowExponents; old > 0 {
			sum -= c.Fields[old] + c.Fields[256+old]
		}
		if sum > most {
			most, best = sum, max(1, f-windowExponents+1)
		}
	}
	c.Window.first = min(best, 255-windowExponents)
}

// Flush adds to Fields and Zeros what was counted in the window.
func (c *Counts) Flush() {
	if c.held == 0 {
		return
	}
	a := &c.args
	for v := range a.Words {
		first := c.Window.first + v/4*256 + [4]int{0, 2, 1, 3}[v%4]
		w := &a.Words[v]
		for group := range 4 {
			n := int64(w[group]) + int64(w[4+group]) + int64(w[8+group]) + int64(w[12+group])
			c.Fields[first+4*group] += n
		}
	}
	for _, n := range a.Zeros {
		c.Zeros += int64(n)
	}
	a.Words, a.Zeros, c.held = [8][16]uint16{}, [8]uint32{}, 0
}

// Add adds counts of other values, which are left as 0.
func (c *Counts) Add(o *Counts) {
	o.Flush()
	for i, n := range o.Fields {
		c.Fields[i] += n
	}
	c.Zeros += o.Zeros
	c.NaN += o.NaN
	for sign := range c.Subnormal {
		for i, n := range o.Subnormal[sign] {
			c.Subnormal[sign][i] += n
		}
	}
	o.Fields, o.Zeros, o.NaN, o.Subnormal = [512]int64{}, 0, 0, [2][23]int64{}
}

// Each counts floats one by one: those that are no whole pixel.
func (c *Counts) Each(x []float32) {
	for _, v := range x {
		b := math.Float32bits(v)
		c.Fields[b>>23]++
		if (b>>23+1)&255 < 2 {
			c.rare(b)
		}
	}
}

// rare says more of a value with the least or the greatest exponent.
func (c *Counts) rare(b uint32) {
	fraction := b << 9 >> 9
	switch b << 1 >> 24 {
	case 0:
		if fraction == 0 {
			c.Zeros++
		} else {
			c.Subnormal[b>>31][bits.Len32(fraction)-1]++
		}
	case 255:
		if fraction != 0 {
			c.NaN++
		}
	}
}

// genericCount counts in two tables in turn, since neighbours often have the same exponent
// and an addition to memory waits for the one before it.
func genericCount(c *Counts, src unsafe.Pointer, n int) {
	var tables [2][512]uint32
	var zeros uint32
	for p := range n {
		x := (*[Block]uint32)(unsafe.Add(src, p*pixelBytes))
		for o := 0; o < Block; o += 2 {
			tables[0][x[o]>>23]++
			tables[1][x[o+1]>>23]++
			zeros += zero(x[o]) + zero(x[o+1])
		}
	}
	for i := range tables[0] {
		tables[0][i] += tables[1][i]
		c.Fields[i] += int64(tables[0][i])
	}
	if t := &tables[0]; t[255]+t[511] > 0 || t[0]+t[256] > zeros {
		c.rest(src, n)
		return
	}
	c.Zeros += int64(zeros)
}

// zero is 1 for the bits of a zero, else 0, without a branch.
func zero(b uint32) uint32 {
	b <<= 1
	return (b|-b)>>31 ^ 1
}

// rest says more of the values of n pixels that have the least or the greatest exponent.
func (c *Counts) rest(src unsafe.Pointer, n int) {
	for p := range n {
		for _, b := range (*[Block]uint32)(unsafe.Add(src, p*pixelBytes)) {
			c.rare(b)
		}
	}
}

func genericFigures(s *FigureSums, src unsafe.Pointer, n int) {
	for p := range n {
		for o, x := range pixel(src, p*pixelBytes) {
			d := float64(x) - s.Shift[o]
			s.Sum[o] += d
			s.Squares[o] = math.FMA(d, d, s.Squares[o])
			if x < s.Min[o] {
				s.Min[o] = x
			}
			if x > s.Max[o] {
				s.Max[o] = x
			}
		}
	}
}

func genericLaneZeros(z *LaneCounts, src unsafe.Pointer, n int) {
	for p := range n {
		for o, x := range pixel(src, p*pixelBytes) {
			if x == 0 {
				z[o]++
			}
		}
	}
}
