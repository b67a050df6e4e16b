package tui

import (
	"image"

	"github.com/charmbracelet/colorprofile"

	"resnet-tui/picture/terminal"
)

// pictures draws images into a canvas, in the best way that the terminal has. A view
// only says, in its draw, which image stands where:
//
//	at := v.pictures.draw(c, r, "see/input", img)
//
// and does so in each frame in which it is to be seen, as with everything else on a
// canvas: what isn't drawn any more is gone. The id tells images apart that are seen at
// the same time; an image that replaces another under the same id and at the same place
// does so without a flicker. An image must not be changed once it was drawn: a changed
// one is a new one. The same one costs next to nothing in the next frame.
type pictures struct {
	drawing terminal.Drawing
	grid    *terminal.Grid
	colours terminal.Colours
	cellW   int // pixels
	cellH   int
	shown   map[string]*shown
}

// shown is an image on the screen.
type shown struct {
	img   image.Image
	at    rect
	drawn bool            // in this frame
	cells []terminal.Cell // of at, by what they were drawn with
	by    pictureStyle
}

// pictureStyle is what a drawing into cells depends on, besides the image and its size.
type pictureStyle struct {
	drawing terminal.Drawing
	grid    *terminal.Grid
	colours terminal.Colours
}

// newPictures draws with blocks, or in ASCII, until the terminal has said that it can do
// more.
func newPictures(ascii bool) *pictures {
	p := &pictures{
		drawing: terminal.Cells, grid: terminal.Sextants, colours: terminal.TrueColour,
		cellW: 8, cellH: 16, shown: map[string]*shown{},
	}
	if ascii {
		p.drawing = terminal.ASCII
	}
	return p
}

// none reports whether no pictures are to be drawn.
func (p *pictures) none() bool { return p.drawing == terminal.None }

// draw draws an image into the middle of r, as large as its proportions allow, and
// returns the cells that it takes: empty if there is no room or no image.
func (p *pictures) draw(c *canvas, r rect, id string, img image.Image) rect {
	if p.none() || r.empty() || img == nil || img.Bounds().Empty() {
		return rect{}
	}
	at := p.inside(r, img)
	s := p.place(id, img, at)
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
	by := pictureStyle{p.drawing, p.grid, p.colours}
	if s.img != img || s.at.w != at.w || s.at.h != at.h || s.by != by {
		s.cells = p.cellsOf(img, at)
	}
	s.img, s.at, s.by, s.drawn = img, at, by, true
	return s
}

// cellsOf draws an image's cells.
func (p *pictures) cellsOf(img image.Image, at rect) []terminal.Cell {
	if p.drawing == terminal.ASCII {
		return terminal.Ramp(img, at.w, at.h, p.colours)
	}
	return terminal.Blocks(img, at.w, at.h, p.grid, p.colours)
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
func (p *pictures) end() {
	for id, s := range p.shown {
		if !s.drawn {
			delete(p.shown, id)
		}
	}
}
