package picture

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"
)

// Patch is a part of a photograph.
type Patch struct {
	Photo   image.Image
	Box     image.Rectangle // of the photograph's pixels from 0, 0; may reach beyond it
	Caption string
}

// Patches are parts of photographs, row by row, each enlarged or reduced to one size.
type Patches struct {
	Rows   [][]Patch
	Labels []string // left of each row; nil: none
	Side   int      // pixels of a patch; 0 means 64
	Title  string
}

// Draw draws the patches. What a box has beyond its photograph stays empty.
func (p Patches) Draw() (*image.RGBA, error) {
	const gap = 4
	if p.Side == 0 {
		p.Side = 64
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	columns := 0
	for _, row := range p.Rows {
		columns = max(columns, len(row))
	}
	left, top := gap, gap
	if p.Labels != nil {
		left += longest(p.Labels) + gap
	}
	if p.Title != "" {
		top += lineHeight
	}
	high := p.Side + letterHeight + gap
	size := image.Pt(max(left+columns*(p.Side+gap), textWidth(p.Title)+2*gap), top+len(p.Rows)*high)
	if err := checkSize(size.X, size.Y); err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rectangle{Max: size})
	fill(img, img.Bounds(), Paper)
	write(img, gap, gap, p.Title, Ink)
	for i, row := range p.Rows {
		y := top + i*high
		if p.Labels != nil {
			write(img, gap, y+(p.Side-letterHeight)/2, p.Labels[i], Ink)
		}
		for j, patch := range row {
			patch.draw(img, image.Pt(left+j*(p.Side+gap), y), p.Side)
		}
	}
	return img, nil
}

func (p Patches) check() error {
	switch {
	case len(p.Rows) == 0:
		return fmt.Errorf("there is no patch to draw")
	case p.Labels != nil && len(p.Labels) != len(p.Rows):
		return fmt.Errorf("%d labels for %d rows of patches", len(p.Labels), len(p.Rows))
	case p.Side < 1 || p.Side > 1<<12:
		return fmt.Errorf("patches of %d pixels: 1 to %d are drawn", p.Side, 1<<12)
	}
	for _, row := range p.Rows {
		for _, patch := range row {
			if patch.Photo == nil || patch.Box.Empty() {
				return fmt.Errorf("a patch needs a photograph and a box that is not empty")
			}
		}
	}
	return nil
}

// draw draws the patch into a square, in proportion, and its caption below.
func (p Patch) draw(img *image.RGBA, at image.Point, side int) {
	b := p.Photo.Bounds()
	box := p.Box.Add(b.Min)
	scale := float64(side) / float64(max(box.Dx(), box.Dy()))
	place := func(q image.Point) image.Point {
		return at.Add(image.Pt(int(float64(q.X-box.Min.X)*scale+0.5), int(float64(q.Y-box.Min.Y)*scale+0.5)))
	}
	seen := box.Intersect(b)
	to := image.Rectangle{place(seen.Min), place(seen.Max)}
	draw.BiLinear.Scale(img, to, p.Photo, seen, draw.Src, nil)
	write(img, at.X, at.Y+side, shorten(p.Caption, side), Ink)
}
