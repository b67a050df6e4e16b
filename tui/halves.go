package tui

import (
	"image"

	"resnet-tui/picture/terminal"
)

// halves draws a chart of colours that fills r: pixels two above each other in a cell,
// so that an image of r.w×2r.h pixels is shown pixel by pixel. On a screen without colours
// brightness becomes characters. It is a drawing into cells whatever else the terminal can
// do, and there where pictures are not wanted: no file's picture is shown.
func (p *pictures) halves(c *canvas, r rect, img image.Image) {
	var cells []terminal.Cell
	if c.ascii {
		cells = terminal.Ramp(img, r.w, r.h, p.colours)
	} else {
		cells = terminal.Blocks(img, r.w, r.h, terminal.Halves, p.colours)
	}
	for i, cell := range cells {
		c.art(r.x+i%r.w, r.y+i/r.w, cell)
	}
}
