package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// The size of a character in pixels, and what a line of them takes.
const (
	letterWidth  = 7
	letterHeight = 13
	lineHeight   = letterHeight + 4
)

// textWidth is the width of a line in pixels.
func textWidth(s string) int { return letterWidth * len([]rune(s)) }

// write draws a line whose upper left corner is at x, y.
func write(img draw.Image, x, y int, s string, c color.Color) {
	d := font.Drawer{
		Dst: img, Src: image.NewUniform(c), Face: basicfont.Face7x13,
		Dot: fixed.P(x, y+basicfont.Face7x13.Ascent),
	}
	d.DrawString(s)
}

// shorten cuts a line to w pixels; what is missing is shown by two dots.
func shorten(s string, w int) string {
	runes := []rune(s)
	switch n := w / letterWidth; {
	case len(runes) <= n:
		return s
	case n < 3:
		return ""
	default:
		return string(runes[:n-2]) + ".."
	}
}

// longest is the width of the widest line in pixels.
func longest(lines []string) int {
	w := 0
	for _, s := range lines {
		w = max(w, textWidth(s))
	}
	return w
}

// fill paints a rectangle.
func fill(img draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// barHeight is what a colour bar takes, with its ticks.
const barHeight = 12 + 3 + letterHeight

// drawBar draws a colour bar of a scale into w pixels from x, y, and its ticks below. The
// middle one is left out where there is no room for three.
func drawBar(img draw.Image, x, y, w int, s Scale) {
	colours := s.Colours()
	for i := range w {
		fill(img, image.Rect(x+i, y, x+i+1, y+12), colours.At(float64(i)/float64(max(w-1, 1))))
	}
	t, below := s.Ticks(), y+15
	write(img, x, below, t[0], Ink)
	write(img, x+w-textWidth(t[2]), below, t[2], Ink)
	if textWidth(t[0])+textWidth(t[1])+textWidth(t[2])+4*letterWidth <= w {
		write(img, x+(w-textWidth(t[1]))/2, below, t[1], Ink)
	}
}

// barWidth is the least width in which both ends of a scale can be written.
func barWidth(s Scale) int {
	t := s.Ticks()
	return textWidth(t[0]) + textWidth(t[2]) + 2*letterWidth
}
