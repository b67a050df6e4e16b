package asm

import (
	"math"
	"math/bits"
	"unsafe"
)

// Counts are how many values have each sign and exponent. They are exact however they
// are counted; only the time depends on the window. Zeros are not counted: they are what
// is left of all values.
type Counts struct {
	// Fields is by the upper nine bits of a value: its sign, then its exponent. Those of
	// exponent 0 have no meaning.
	Fields [512]int64
	// Subnormal is what has exponent 0 but zeros: by sign, those of
	// 2^(k−149) ≤ |x| < 2^(k−148). NaN are those that exponent 255 has beside infinities.
	Subnormal [2][23]int64
	NaN       int64

	// Window is where fast kernels count. It may be saved and set again while nothing is
	// left to Flush.
	Window Window
	args   CountArgs
	last   [sixPixels * Block]float32 // of a call, filled up with zeros
}

// Window is 16 exponents, which a tensor's often lie in.
type Window struct {
	first  int // exponent field
	signed int // 1 if negative values are counted in it
	misses int // calls in a row for which it was too small
	plain  int // calls to come that do without it
}

// CountArgs counts N times six pixels: the values with one of the 16 exponents from Base
// on, those that are negative only if Signed is 1. Bins is by sign and exponent, in four
// parts; Total, in four too, is what the last call has added to it. Scratch is the kernel's,
// and zero between calls.
type CountArgs struct {
	Src             unsafe.Pointer
	N, Base, Signed int
	Tables          *[4][32]byte // countTables
	Total           [4]int64
	Bins            [2 * windowExponents][4]int64
	Scratch         [48*32 + 63]byte
}

const (
	windowExponents = 16
	sixPixels       = 6
	mostSixes       = 85 // of a call, whose counts fit bytes
)

// countTables make places 0 … 15 ones in counters of 2 bits: table k those from 4·k on.
// Kernels look up 16 places at a time, in either half.
var countTables = func() (t [4][32]byte) {
	for i := range 32 {
		t[i%16/4][i] = 1 << (2 * (i % 4))
	}
	return t
}()

// windowKernels count the values in a window, and find the first pixel of n that has
// others.
type windowKernels struct {
	count   func(a *CountArgs)
	outside func(a *CountArgs, src unsafe.Pointer, n int) int64
}

// all counts any values. In a tensor, exponents lie close together, so that most calls of
// the kernel count as many as there are; else others are looked for.
func (k *windowKernels) all(c *Counts, src unsafe.Pointer, n, nonzero int) {
	w := &c.Window
	if w.plain > 0 || w.first == 0 {
		genericCount(c, src, n, nonzero)
		if w.plain = max(0, w.plain-1); w.plain == 0 {
			c.placeWindow()
		}
		return
	}
	if missed := nonzero - k.within(c, src, n); missed > 0 {
		c.judge(k.others(c, src, n, missed), n)
		return
	}
	w.misses = 0
}

// within counts what is in the window, and returns how many values that are.
func (k *windowKernels) within(c *Counts, src unsafe.Pointer, n int) (total int) {
	a := &c.args
	a.Base, a.Signed, a.Tables = c.Window.first, c.Window.signed, &countTables
	for n > 0 {
		pixels := min(n/sixPixels, mostSixes) * sixPixels
		a.Src, a.N = src, pixels/sixPixels
		if pixels == 0 {
			pixels = n
			copied := copy(c.last[:], unsafe.Slice((*float32)(src), n*Block))
			clear(c.last[copied:])
			a.Src, a.N = unsafe.Pointer(&c.last), 1
		}
		k.count(a)
		for _, n := range a.Total {
			total += int(n)
		}
		src, n = unsafe.Add(src, pixels*pixelBytes), n-pixels
	}
	return total
}

// others counts that many values outside of the window, and returns how many pixels have
// some.
func (k *windowKernels) others(c *Counts, src unsafe.Pointer, n, missed int) (pixels int) {
	for missed > 0 {
		at := int(k.outside(&c.args, src, n))
		src = unsafe.Add(src, at*pixelBytes)
		for _, b := range (*[Block]uint32)(src) {
			if c.Window.leaves(b) {
				c.one(b)
				missed--
			}
		}
		src, n = unsafe.Add(src, pixelBytes), n-at-1
		pixels++
	}
	return pixels
}

// leaves reports whether a value is neither zero nor counted in the window.
func (w *Window) leaves(b uint32) bool {
	place := int(b>>23&255) - w.first
	return b<<1 != 0 && (place < 0 || place >= windowExponents || int(b>>31) > w.signed)
}

// patience is for how many calls a window is given up that was too small twice.
const patience = 30

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

// Flush adds to Fields what was counted in the window.
func (c *Counts) Flush() {
	for i := range c.args.Bins {
		for _, n := range c.args.Bins[i] {
			c.Fields[c.Window.first+i/windowExponents*256+i%windowExponents] += n
		}
	}
	c.args.Bins = [2 * windowExponents][4]int64{}
}

// Add adds counts of other values, which are left as 0.
func (c *Counts) Add(o *Counts) {
	o.Flush()
	for i, n := range o.Fields {
		c.Fields[i] += n
	}
	c.NaN += o.NaN
	for sign := range c.Subnormal {
		for i, n := range o.Subnormal[sign] {
			c.Subnormal[sign][i] += n
		}
	}
	o.Fields, o.NaN, o.Subnormal = [512]int64{}, 0, [2][23]int64{}
}

// Each counts floats one by one: those that are no whole pixel.
func (c *Counts) Each(x []float32) {
	for _, v := range x {
		c.one(math.Float32bits(v))
	}
}

// one counts a value.
func (c *Counts) one(b uint32) {
	c.Fields[b>>23]++
	if (b>>23+1)&255 < 2 {
		c.rare(b)
	}
}

// rare says more of a value with the least or the greatest exponent.
func (c *Counts) rare(b uint32) {
	fraction := b << 9 >> 9
	switch b << 1 >> 24 {
	case 0:
		if fraction != 0 {
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
func genericCount(c *Counts, src unsafe.Pointer, n, nonzero int) {
	var tables [2][512]uint32
	for p := range n {
		x := (*[Block]uint32)(unsafe.Add(src, p*pixelBytes))
		for o := 0; o < Block; o += 2 {
			tables[0][x[o]>>23]++
			tables[1][x[o+1]>>23]++
		}
	}
	for i := range tables[0] {
		tables[0][i] += tables[1][i]
		c.Fields[i] += int64(tables[0][i])
	}
	if t := &tables[0]; t[255]+t[511] > 0 || int(t[0]+t[256]) > n*Block-nonzero {
		c.rest(src, n)
	}
}

// rest says more of the values of n pixels that have the least or the greatest exponent.
func (c *Counts) rest(src unsafe.Pointer, n int) {
	for p := range n {
		for _, b := range (*[Block]uint32)(unsafe.Add(src, p*pixelBytes)) {
			c.rare(b)
		}
	}
}
