package terminal

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/picture"
)

// hill is a map of 12×12 values around 0, in the colours of signed values.
func hill(t testing.TB) image.Image {
	values := make([]float32, 144)
	for i := range values {
		x, y := float32(i%12)-5.5, float32(i/12)-5.5
		values[i] = x * (30 - y*y) / 165
	}
	img, err := picture.Map(values, 12, 12, picture.Scale{Low: -1, High: 1, Signed: true})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// photo is a picture of 224×224 with many colours.
func photo() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 224, 224))
	for i := range 224 * 224 {
		x, y := i%224, i/224
		img.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(128 + 100*((x/16+y/16)%2)), 255})
	}
	return img
}

// lines is a picture as it is written, a line a row of cells.
func lines(cells []Cell, w int) string {
	var b strings.Builder
	for i, c := range cells {
		b.WriteString(c.Style + c.Text)
		if i%w == w-1 {
			b.WriteString("\x1b[m\n")
		}
	}
	return b.String()
}

func TestCellsGolden(t *testing.T) {
	for name, cells := range map[string][]Cell{
		"sextants true":  Blocks(hill(t), 12, 6, Sextants, TrueColour),
		"quadrants 256":  Blocks(hill(t), 12, 6, Quadrants, Indexed),
		"quadrants 16":   Blocks(hill(t), 12, 6, Quadrants, Sixteen),
		"ascii true":     Ramp(hill(t), 12, 6, TrueColour),
		"without colour": Blocks(hill(t), 12, 6, Sextants, NoColours),
	} {
		t.Run(name, func(t *testing.T) { golden.RequireEqual(t, []byte(lines(cells, 12))) })
	}
}

// Two colours in one cell are drawn as they are, whichever parts they fill.
func TestBlocksAreExact(t *testing.T) {
	red, blue := color.RGBA{200, 10, 20, 255}, color.RGBA{5, 6, 250, 255}
	for _, g := range []*Grid{Quadrants, Sextants} {
		n := g.columns * g.rows
		for pattern := 1; pattern < 1<<n-1; pattern++ {
			img := image.NewRGBA(image.Rect(0, 0, g.columns, g.rows))
			for i := range n {
				c := blue
				if pattern>>i&1 != 0 {
					c = red
				}
				img.SetRGBA(i%g.columns, i/g.columns, c)
			}
			got := Blocks(img, 1, 1, g, TrueColour)[0]
			want := Cell{g.characters[pattern], "\x1b[38;2;200;10;20;48;2;5;6;250m"}
			if pattern>>(n-1) != 0 { // the last part is always background
				want = Cell{g.characters[1<<n-1-pattern], "\x1b[38;2;5;6;250;48;2;200;10;20m"}
			}
			if got != want {
				t.Errorf("pattern %b of %d parts: %q, want %q", pattern, n, got, want)
			}
		}
	}
}

func TestSextants(t *testing.T) {
	for pattern, want := range map[int]string{1: "🬀", 20: "🬓", 21: "▌", 22: "🬔", 41: "🬧", 42: "▐", 43: "🬨", 62: "🬻"} {
		if got := Sextants.characters[pattern]; got != want {
			t.Errorf("pattern %06b is %s, want %s", pattern, got, want)
		}
	}
}

func TestIndexed(t *testing.T) {
	for want, c := range map[int]rgb{16: {0, 0, 0}, 231: {255, 255, 255}, 196: {250, 3, 2}, 244: {128, 127, 129}, 25: {0, 90, 180}} {
		if got := indexed(c); got != want {
			t.Errorf("%v is %d, want %d", c, got, want)
		}
	}
}

func TestInside(t *testing.T) {
	for _, c := range []struct {
		size, room, want image.Point
	}{
		{image.Pt(224, 224), image.Pt(40, 20), image.Pt(40, 20)},
		{image.Pt(224, 224), image.Pt(80, 20), image.Pt(40, 20)},
		{image.Pt(224, 224), image.Pt(20, 80), image.Pt(20, 10)},
		{image.Pt(1000, 1), image.Pt(20, 5), image.Pt(20, 1)},
		{image.Pt(1, 1000), image.Pt(20, 5), image.Pt(1, 5)},
		{image.Pt(0, 7), image.Pt(20, 5), image.Point{}},
	} {
		if got := Inside(c.size, c.room.X, c.room.Y, 8, 16); got != c.want {
			t.Errorf("%v in %v: %v, want %v", c.size, c.room, got, c.want)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	empty := image.NewGray(image.Rectangle{})
	if Blocks(nil, 2, 2, Sextants, TrueColour) != nil || Ramp(empty, 2, 2, TrueColour) != nil ||
		Blocks(photo(), 0, 2, Sextants, TrueColour) != nil || Blocks(photo(), 1<<40, 2, Sextants, TrueColour) != nil {
		t.Error("there are cells of nothing")
	}
}

func BenchmarkBlocks(b *testing.B) {
	img := photo()
	for b.Loop() {
		Blocks(img, 56, 28, Sextants, TrueColour)
	}
}

func BenchmarkRamp(b *testing.B) {
	img := photo()
	for b.Loop() {
		Ramp(img, 56, 28, TrueColour)
	}
}
