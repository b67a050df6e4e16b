package tui

import (
	"image"
	"strings"

	"resnet-tui/picture"
)

// carpet is a picture of what all layers hold: a line a layer, their histograms along one
// axis, bright where many of the line's values are. So a deep net is seen at once.
type carpet struct {
	lines  []valueLine
	axis   valueAxis
	cursor int // into lines; −1 for none
}

// The cells beside the lines: the names of stages, and the cursor's mark.
const (
	carpetNames = 7
	carpetMark  = 2
)

// area is where the lines of a carpet are, of r: below them is the axis.
func (carpet) area(r rect) rect {
	left := carpetNames + carpetMark
	if r.w < 4*left {
		left = carpetMark
	}
	w := 2*sideOf(r.w-left) + 1
	return rect{r.x + left, r.y, w, r.h - 1}
}

// lineAt is the line of the y-th half of a cell, of h; the first of several.
func (k *carpet) lineAt(y, h int) int {
	from, _ := stretch(y, h, len(k.lines))
	return from
}

// draw draws a carpet into r.
func (k *carpet) draw(c *canvas, r rect, p *pictures) {
	at := k.area(r)
	if at.empty() || len(k.lines) == 0 {
		return
	}
	p.halves(c, at, k.image(at.w, 2*at.h))
	k.axis.draw(c, at, at.y+at.h)
	if at.x-r.x > carpetMark {
		k.drawStages(c, rect{r.x, at.y, carpetNames, at.h})
	}
	if k.cursor >= 0 {
		k.drawMark(c, rect{at.x - carpetMark, at.y, 1, at.h})
	}
}

// image is the carpet of w×h pixels. Where there are more layers than rows, a row is the
// mean of its layers.
func (k *carpet) image(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	colours := picture.Viridis()
	for y := range h {
		from, to := stretch(y, h, len(k.lines))
		for x, level := range k.levels(from, to, w) {
			dye := picture.Paper
			if level >= 0 {
				dye = colours.At(level)
			}
			img.SetRGBA(x, y, dye)
		}
	}
	return img
}

// levels are the brightnesses of lines, 0 to 1, and −1 where nothing is known. Each line is
// as bright as its most frequent power of two, whatever share of it is zeros.
func (k *carpet) levels(from, to, w int) []float64 {
	sums := make([]float64, w)
	known := 0
	for _, line := range k.lines[from:to] {
		if line.stats == nil {
			continue
		}
		known++
		shares := k.axis.columns(line.stats, w)
		top := 0.0
		for i, share := range shares {
			if i != sideOf(w) || line.stats.Zeros == line.stats.Finite() {
				top = max(top, share)
			}
		}
		for i, share := range shares {
			if top > 0 {
				sums[i] += min(share/top, 1)
			}
		}
	}
	for i := range sums {
		sums[i] /= float64(max(known, 1))
		if known == 0 {
			sums[i] = -1
		}
	}
	return sums
}

// drawStages names the stages where they begin.
func (k *carpet) drawStages(c *canvas, r rect) {
	last := ""
	for y := range r.h {
		name := k.lines[k.lineAt(2*y, 2*r.h)].name
		if head, _, staged := strings.Cut(name, "."); staged {
			name = head
		}
		if name != last {
			c.text(r.x, r.y+y, r.x+r.w, name, muted)
			last = name
		}
	}
}

// drawMark marks the cursor's line: in the upper or the lower half of a cell.
func (k *carpet) drawMark(c *canvas, r rect) {
	for y := range 2 * r.h {
		from, to := stretch(y, 2*r.h, len(k.lines))
		if k.cursor >= from && k.cursor < to {
			c.set(r.x, r.y+y/2, '▶', strong)
			return
		}
	}
}

// strip is a row of channels: a colour each.
func strip(values []float32, s picture.Scale, w int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, 2))
	for x := range w {
		dye := s.Colour(values[x*len(values)/w])
		img.SetRGBA(x, 0, dye)
		img.SetRGBA(x, 1, dye)
	}
	return img
}
