package tui

import (
	"image"
	"sync/atomic"

	"github.com/charmbracelet/colorprofile"

	"resnet-tui/picture/terminal"
)

// pictures draws images into a canvas, in the best way that the terminal has. A view
// only says, in its draw, which image stands where:
//
//	at := v.pictures.draw(c, r, "see/input", img)
//
// and does so in each frame in which it is to be seen, as with everything else on a
// canvas: what isn't drawn any more is gone, from the terminal too. The id tells images
// apart that are seen at the same time; an image that replaces another under the same id
// and at the same place does so without a flicker. An image must not be changed once it
// was drawn: a changed one is a new one. The same one costs next to nothing in the next
// frame.
//
// How an image gets to the screen depends on the drawing. Blocks and ASCII are cells like
// others. In kitty's protocol an image is sent before the frame whose cells refer to it.
// Sixels are written over the blank cells that a frame has for them.
type pictures struct {
	graphics string // what was asked for; "auto" is the best that the terminal has
	answers  terminal.Answers
	colours  terminal.Colours
	cellW    int // pixels
	cellH    int
	shown    map[string]*shown
	ids      kittyIDs
	out      outbox
	onScreen map[rect]string        // sixels of the last frame, by their place
	over     atomic.Pointer[string] // all of them
}

// shown is an image on the screen.
type shown struct {
	img   image.Image
	at    rect
	drawn bool // in this frame
	by    pictureStyle
	cells []terminal.Cell
	piece int // of the first of cells on this frame's canvas
	kitty kittyImage
	sixel string // what draws it over its cells
}

// pictureStyle is what a drawing depends on, besides the image and its size.
type pictureStyle struct {
	drawing      terminal.Drawing
	grid         *terminal.Grid
	colours      terminal.Colours
	cellW, cellH int
}

// newPictures draws with blocks until the terminal has said that it can do more, or as
// graphics says: auto, kitty, sixel, cells, ascii or none.
func newPictures(graphics string, ascii bool) *pictures {
	if ascii && (graphics == "" || graphics == "auto") {
		graphics = "ascii"
	}
	return &pictures{graphics: graphics, colours: terminal.TrueColour, cellW: 8, cellH: 16, shown: map[string]*shown{}}
}

// none reports whether no pictures are to be drawn.
func (p *pictures) none() bool { return p.drawing() == terminal.None }

// drawing is how images are drawn now. kitty's protocol refers to images by colours;
// without colours there are no sixels either.
func (p *pictures) drawing() terminal.Drawing {
	d := p.answers.Best()
	switch p.graphics {
	case "none":
		return terminal.None
	case "ascii":
		return terminal.ASCII
	case "cells":
		return terminal.Cells
	case "sixel":
		d = terminal.Sixel
	case "kitty":
		d = terminal.Kitty
	}
	switch {
	case p.colours == terminal.NoColours:
		return terminal.ASCII
	case d == terminal.Kitty && p.colours < terminal.Indexed:
		return terminal.Cells
	}
	return d
}

// draw draws an image into the middle of r, as large as its proportions allow, and
// returns the cells that it takes: empty if there is no room or no image.
func (p *pictures) draw(c *canvas, r rect, id string, img image.Image) rect {
	if p.none() || r.empty() || img == nil || img.Bounds().Empty() {
		return rect{}
	}
	at := p.inside(r, img)
	s := p.place(id, img, at)
	s.piece = len(c.pieces)
	for i, cell := range s.cells {
		c.art(at.x+i%at.w, at.y+i/at.w, cell)
	}
	return at
}

// inside is where draw draws an image.
func (p *pictures) inside(r rect, img image.Image) rect {
	size := terminal.Inside(img.Bounds().Size(), r.w, r.h, p.cellW, p.cellH)
	return rect{r.x + (r.w-size.X)/2, r.y + (r.h-size.Y)/2, size.X, size.Y}
}

// place notes where an image stands in this frame, and draws its cells if they have
// changed. One that is drawn twice, as on a screen that shows two views, is two.
func (p *pictures) place(id string, img image.Image, at rect) *shown {
	for p.shown[id] != nil && p.shown[id].drawn {
		id += "+"
	}
	s := p.shown[id]
	if s == nil {
		s = &shown{}
		p.shown[id] = s
	}
	by := pictureStyle{p.drawing(), p.answers.Grid(), p.colours, p.cellW, p.cellH}
	resized := s.at.w != at.w || s.at.h != at.h || s.by != by
	changed := resized || s.img != img
	if by.drawing != terminal.Kitty {
		p.forgetKitty(s)
	}
	s.img, s.at, s.by, s.drawn = img, at, by, true
	switch {
	case by.drawing == terminal.Kitty:
		p.placeKitty(s, changed, resized)
	case !changed:
	case by.drawing == terminal.Sixel:
		s.sixel = terminal.SixelImage(img, at.w, at.h, p.cellW, p.cellH)
		s.cells = sixelCells(at.w, at.h)
	case by.drawing == terminal.ASCII:
		s.cells = terminal.Ramp(img, at.w, at.h, p.colours)
	default:
		s.cells = terminal.Blocks(img, at.w, at.h, by.grid, p.colours)
	}
	return s
}

// begin begins a frame on a terminal with such colours.
func (p *pictures) begin(profile colorprofile.Profile, coloured bool) {
	p.colours = terminal.NoColours
	switch {
	case !coloured:
	case profile == colorprofile.ANSI:
		p.colours = terminal.Sixteen
	case profile == colorprofile.ANSI256:
		p.colours = terminal.Indexed
	default:
		p.colours = terminal.TrueColour
	}
	for _, s := range p.shown {
		s.drawn = false
	}
}

// end ends a frame: what was not drawn in it is gone.
func (p *pictures) end(c *canvas) {
	for id, s := range p.shown {
		if !s.drawn {
			p.forgetKitty(s)
			delete(p.shown, id)
		}
	}
	p.endSixels(c)
}

// wholly reports whether nothing covers an image on a canvas.
func (s *shown) wholly(c *canvas) bool {
	if r := s.at; r.x < 0 || r.y < 0 || r.x+r.w > c.w || r.y+r.h > c.h {
		return false
	}
	for i := range s.cells {
		x, y := s.at.x+i%s.at.w, s.at.y+i/s.at.w
		if c.cells[y*c.w+x].art != s.piece+i+1 {
			return false
		}
	}
	return true
}
