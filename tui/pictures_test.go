package tui

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
)

// flat is an image of one colour.
func flat(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetRGBA(i%w, i/w, c)
	}
	return img
}

// frame draws one frame of pictures and returns what is written.
func frame(p *pictures, w, h int, draw func(c *canvas)) string {
	var c canvas
	c.reset(w, h)
	p.begin(colorprofile.TrueColor, true)
	draw(&c)
	p.end()
	return c.encode(NewStyles(ThemeDark, colorprofile.TrueColor, true))
}

func TestPictureInCells(t *testing.T) {
	p := newPictures(false)
	img := flat(10, 10, color.RGBA{10, 20, 30, 255})
	var at rect
	got := frame(p, 8, 3, func(c *canvas) { at = p.draw(c, rect{1, 0, 6, 2}, "a", img) })
	if at != (rect{2, 0, 4, 2}) {
		t.Errorf("the picture stands at %v", at)
	}
	if want := "  \x1b[48;2;10;20;30m    \x1b[m"; got != want+"\n"+want+"\n" {
		t.Errorf("drawn as %q", got)
	}
	covered := frame(p, 8, 3, func(c *canvas) {
		p.draw(c, rect{1, 0, 6, 2}, "a", img)
		c.text(3, 0, 8, "xy", plainText)
	})
	if want := "  \x1b[48;2;10;20;30m \x1b[mxy\x1b[48;2;10;20;30m \x1b[m"; !strings.HasPrefix(covered, want) {
		t.Errorf("with text over it %q", covered)
	}
	if frame(p, 8, 3, func(*canvas) {}) != "\n\n" || len(p.shown) != 0 {
		t.Errorf("a picture that isn't drawn any more is kept: %v", p.shown)
	}
}

// An image is drawn once as long as neither it nor its size changes.
func TestPicturesAreKept(t *testing.T) {
	p := newPictures(false)
	img := flat(10, 10, color.RGBA{10, 20, 30, 255})
	draw := func(c *canvas) { p.draw(c, rect{0, 0, 8, 4}, "a", img) }
	frame(p, 20, 10, draw)
	first := &p.shown["a"].cells[0]
	frame(p, 20, 10, draw)
	if &p.shown["a"].cells[0] != first {
		t.Error("the same image was drawn again")
	}
	img = flat(10, 10, color.RGBA{99, 20, 30, 255})
	if got := frame(p, 20, 10, draw); !strings.Contains(got, "48;2;99;20;30") {
		t.Errorf("another image is not drawn: %q", got)
	}
	frame(p, 20, 10, func(c *canvas) { draw(c); draw(c) })
	if len(p.shown) != 2 {
		t.Errorf("drawn twice, there are %d", len(p.shown))
	}
}
