package tui

import (
	"image"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet/inspect"
)

// point shows what the unit under the mouse can see, and with the button held covers a
// part of the image.
func (v *seeView) point(x, y int, pressed bool) {
	at := v.imageAt(arrangeSee(v.body).input)
	v.over = at.contains(x, y) && v.seen.photo != nil
	if !v.over {
		return
	}
	size := v.seen.photo.Bounds().Size()
	v.unit = image.Pt((2*(x-at.x)+1)*size.X/(2*at.w), (2*(y-at.y)+1)*size.Y/(2*at.h))
	if pressed {
		v.cover(v.patchAt(v.unit))
	}
}

// click covers what is below the mouse, or chooses a class.
func (v *seeView) click(x, y int) {
	if p := arrangeSee(v.body); p.classes.contains(x, y) {
		rows := v.classRows(p.classes.h - 1)
		if i := y - p.classes.y - 1; i >= 0 && i < len(rows) {
			v.class = rows[i].Class
		}
		return
	}
	v.point(x, y, true)
}

// wheel pages through the channels.
func (v *seeView) wheel(d int) { v.page = max(min(v.page+d, v.pages()-1), 0) }

// imageAt is where the image stands in its pane.
func (v *seeView) imageAt(pane rect) rect {
	if v.seen.photo == nil {
		return rect{}
	}
	return v.pictures.inside(pane, v.seen.photo)
}

// patchAt is the patch around a pixel, as large as the method occlusion has them.
func (v *seeView) patchAt(p image.Point) image.Rectangle {
	size := v.seen.photo.Bounds().Size()
	side := inspect.DefaultOptions(inspect.Occlusion, size.Y, size.X).Patch
	corner := p.Sub(image.Pt(side/2, side/2))
	return image.Rectangle{corner, corner.Add(image.Pt(side, side))}
}

// cover asks for passes without a patch.
func (v *seeView) cover(patch image.Rectangle) {
	if patch != v.patch {
		v.patch = patch
		v.screen.request(live.Occlude{Patch: patch})
	}
}

// field is the theoretical field of the unit of the shown place below the mouse, and the
// unit's row and column; false if the mouse is on none.
func (v *seeView) field() (box inspect.Box, y, x int, ok bool) {
	s := v.seen.of
	if !v.over || s == nil || s.Place.Layer == nil {
		return box, 0, 0, false
	}
	size := v.seen.photo.Bounds().Size()
	if out := s.Place.Layer.Out; len(out) == 4 {
		y, x = v.unit.Y*out[2]/size.Y, v.unit.X*out[3]/size.X
	}
	return inspect.Field(v.list.tree.model, s.Place.Layer, y, x), y, x, true
}

// cells are those of a picture at a place that show some of its pixels.
func cells(at rect, size image.Point, box image.Rectangle) rect {
	x0, y0 := floorDiv(box.Min.X*at.w, size.X), floorDiv(box.Min.Y*at.h, size.Y)
	x1, y1 := -floorDiv(-box.Max.X*at.w, size.X), -floorDiv(-box.Max.Y*at.h, size.Y)
	return rect{at.x + x0, at.y + y0, x1 - x0, y1 - y0}
}

// floorDiv is the largest integer that is not over a/b, for b > 0.
func floorDiv(a, b int) int {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}

// outline draws the part of a box's outline that lies in a picture.
func (c *canvas) outline(at, box rect, l look) {
	left, right, top, bottom := box.x, box.x+box.w-1, box.y, box.y+box.h-1
	set := func(x, y int, r rune) {
		if at.contains(x, y) {
			c.set(x, y, r, l)
		}
	}
	for x := max(left, at.x); x <= min(right, at.x+at.w-1); x++ {
		set(x, top, '─')
		set(x, bottom, '─')
	}
	for y := max(top, at.y); y <= min(bottom, at.y+at.h-1); y++ {
		set(left, y, '│')
		set(right, y, '│')
	}
	set(left, top, '┌')
	set(right, top, '┐')
	set(left, bottom, '└')
	set(right, bottom, '┘')
}
