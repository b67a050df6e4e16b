package terminal

import (
	"image"
	"strconv"
)

// SixelImage draws a picture as sixels, for w×h cells of cellW×cellH pixels. A picture of up to
// 256 colours, as each drawn with a colour map is, keeps them; another is dithered to 252.
// It is "" if there is nothing to draw.
func SixelImage(img image.Image, w, h, cellW, cellH int) string {
	if !drawable(img, w, h) || !drawable(img, w*cellW/8, h*cellH/8) {
		return ""
	}
	scaled := fit(img, w*cellW, h*cellH)
	return string(encodeSixel(scaled))
}

// encodeSixel writes an image in bands of six rows. In a band, each of its colours in turn
// has a character a column, whose bits are the rows that have this colour.
func encodeSixel(img *image.RGBA) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	pixels, colours, exact := exactPalette(img)
	if !exact {
		pixels, colours = dither(img), fixedPalette()
	}
	e := sixels{out: make([]byte, 0, w*h/2), band: make([]column, 0, 6*w)}
	e.header(w, h, colours)
	for y := 0; y < h; y += 6 {
		e.collect(pixels[y*w:min(y+6, h)*w], w)
		e.write()
	}
	return append(e.out, "\x1b\\"...)
}

// column is a column of one colour in a band.
type column struct {
	x    int
	bits uint8
	next int // the colour's next column in the band, −1 for none
}

// sixels is an image that is being written.
type sixels struct {
	out         []byte
	band        []column
	first, last [256]int // of each colour in the band; −1 for none
	used        []uint8  // colours in the band, in the order in which they came
}

// header begins an image: transparent where nothing is drawn, square pixels, its size, and
// its colours in hundredths.
func (e *sixels) header(w, h int, colours []rgb) {
	e.out = append(e.out, "\x1bP0;1;0q\"1;1;"...)
	e.out = strconv.AppendInt(e.out, int64(w), 10)
	e.out = append(e.out, ';')
	e.out = strconv.AppendInt(e.out, int64(h), 10)
	for i, c := range colours {
		e.out = append(e.out, '#')
		e.out = strconv.AppendInt(e.out, int64(i), 10)
		e.out = append(e.out, ";2"...)
		for _, v := range c {
			e.out = append(e.out, ';')
			e.out = strconv.AppendInt(e.out, int64((v*100+127)/255), 10)
		}
	}
	for i := range e.first {
		e.first[i] = -1
	}
}

// collect finds each colour's columns in the rows of a band.
func (e *sixels) collect(rows []uint8, w int) {
	for _, c := range e.used {
		e.first[c] = -1
	}
	e.used, e.band = e.used[:0], e.band[:0]
	for x := range w {
		for y, at := 0, x; at < len(rows); y, at = y+1, at+w {
			e.add(rows[at], x, 1<<y)
		}
	}
}

// add adds a pixel. Columns come from left to right.
func (e *sixels) add(c uint8, x int, bit uint8) {
	switch {
	case e.first[c] < 0:
		e.used = append(e.used, c)
		e.first[c] = len(e.band)
	case e.band[e.last[c]].x == x:
		e.band[e.last[c]].bits |= bit
		return
	default:
		e.band[e.last[c]].next = len(e.band)
	}
	e.last[c] = len(e.band)
	e.band = append(e.band, column{x, bit, -1})
}

// write writes a band.
func (e *sixels) write() {
	for i, c := range e.used {
		if i > 0 {
			e.out = append(e.out, '$') // back to the left
		}
		e.out = append(e.out, '#')
		e.out = strconv.AppendInt(e.out, int64(c), 10)
		e.writeColour(e.first[c])
	}
	e.out = append(e.out, '-') // the next band
}

// writeColour writes a colour's columns, from the first on.
func (e *sixels) writeColour(at int) {
	x := 0
	for at >= 0 {
		from := e.band[at]
		e.repeat(0, from.x-x)
		n := 0
		for ; at >= 0 && e.band[at].x == from.x+n && e.band[at].bits == from.bits; at = e.band[at].next {
			n++
		}
		e.repeat(from.bits, n)
		x = from.x + n
	}
}

// repeat writes n columns that are the same.
func (e *sixels) repeat(bits uint8, n int) {
	if n > 3 {
		e.out = append(e.out, '!')
		e.out = strconv.AppendInt(e.out, int64(n), 10)
		n = 1
	}
	for range n {
		e.out = append(e.out, '?'+bits)
	}
}
