// Package terminal draws a picture in a terminal, in four ways: by kitty's graphics
// protocol, by sixels, with blocks of two colours a cell, and in ASCII. It also says which
// of them a terminal has, by what it answered. Nothing here reads or writes.
package terminal

import (
	"image"

	"resnet-tui/picture"
)

// Drawing is a way to draw pictures.
type Drawing int

// The drawings. Each needs more of a terminal than the one before.
const (
	None  Drawing = iota // no pictures
	ASCII                // characters by brightness
	Cells                // blocks of two colours
	Sixel
	Kitty
)

// Cell is what a cell of the screen shows.
type Cell struct {
	Text  string // a character, with the marks that belong to it
	Style string // the sequence that sets its colours; "" for the terminal's own
}

// maxCells is how many cells a picture may take in either direction.
const maxCells = 1000

// drawable reports whether there is something to draw into w×h cells.
func drawable(img image.Image, w, h int) bool {
	return img != nil && !img.Bounds().Empty() && w > 0 && h > 0 && w <= maxCells && h <= maxCells
}

// Inside returns how many of w×h cells a picture fills that keeps its proportions, for
// cells of cellW×cellH pixels. It is at least one cell.
func Inside(size image.Point, w, h, cellW, cellH int) (cells image.Point) {
	if size.X < 1 || size.Y < 1 || w < 1 || h < 1 || cellW < 1 || cellH < 1 {
		return image.Point{}
	}
	// The width that the whole height would take, and the other way round.
	if wide := (h*cellH*size.X/size.Y + cellW/2) / cellW; wide <= w {
		return image.Pt(max(wide, 1), h)
	}
	return image.Pt(w, min(max((w*cellW*size.Y/size.X+cellH/2)/cellH, 1), h))
}

// fit scales a picture that is drawable.
func fit(img image.Image, w, h int) *image.RGBA {
	out, err := picture.Fit(img, w, h)
	if err != nil {
		panic("terminal: " + err.Error()) // maxCells keeps sizes in bounds
	}
	return out
}
