package picture

import (
	"fmt"
	"image"
	"math"
	"strconv"
)

// Sheet is a contact sheet: maps side by side, row by row.
type Sheet struct {
	Values  []float32 // C×H×W
	C, H, W int

	Columns int    // maps in a row; 0 makes the sheet about square
	Zoom    int    // pixels a value; 0 makes maps at least 28 pixels wide
	Gap     int    // pixels between maps; 0 means 2
	Numbers []int  // what is written below each map, such as the channel's number; nil: nothing
	Dead    []bool // maps that are crossed out; nil: none
	// Scale is that of all maps. Without one, each has its own: ScaleOf its values, but
	// signed if any map's is, as one sheet has one colour map.
	Scale *Scale
	Title string // above the maps
}

// Draw draws the sheet. With a common scale its colour bar stands below.
func (s Sheet) Draw() (*image.Paletted, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	s = s.withDefaults()
	size, signed := s.size(), s.signed()
	if err := checkSize(size.X, size.Y); err != nil {
		return nil, fmt.Errorf("a sheet of %d maps of %d×%d: %w", s.C, s.H, s.W, err)
	}
	img := image.NewPaletted(image.Rectangle{Max: size}, s.scale(nil, signed).Colours().palette())
	fillPaper(img)
	write(img, s.Gap, s.Gap, shorten(s.Title, size.X-s.Gap), Ink)
	for i := range s.C {
		s.drawMap(img, i, signed)
	}
	if s.Scale != nil {
		drawBar(img, s.Gap, size.Y-barHeight-s.Gap, size.X-2*s.Gap, *s.Scale)
	}
	return img, nil
}

func (s Sheet) check() error {
	if err := checkValues(s.Values, s.C, s.H, s.W); err != nil {
		return err
	}
	switch {
	case s.Numbers != nil && len(s.Numbers) != s.C:
		return fmt.Errorf("%d numbers for %d maps", len(s.Numbers), s.C)
	case s.Dead != nil && len(s.Dead) != s.C:
		return fmt.Errorf("%d marks of dead maps for %d maps", len(s.Dead), s.C)
	case s.Columns < 0 || s.Zoom < 0 || s.Gap < 0 || max(s.Columns, s.Zoom, s.Gap) > 1<<14:
		return fmt.Errorf("%d columns, zoom %d and gap %d make no sheet", s.Columns, s.Zoom, s.Gap)
	}
	return nil
}

// withDefaults fills in what is 0.
func (s Sheet) withDefaults() Sheet {
	const least = 4 * letterWidth // room for a number of four digits
	if s.Zoom == 0 {
		s.Zoom = (least + s.W - 1) / s.W
	}
	if s.Gap == 0 {
		s.Gap = 2
	}
	if s.Columns == 0 {
		cell := s.cell()
		s.Columns = int(math.Ceil(math.Sqrt(float64(s.C) * float64(cell.Y) / float64(cell.X))))
	}
	s.Columns = min(max(s.Columns, 1), s.C)
	return s
}

// cell is the size of a map, its number and a gap.
func (s Sheet) cell() image.Point {
	p := image.Pt(s.W*s.Zoom+s.Gap, s.H*s.Zoom+s.Gap)
	if s.Numbers != nil {
		p.Y += letterHeight
	}
	return p
}

// size is that of the whole sheet.
func (s Sheet) size() image.Point {
	cell, rows := s.cell(), (s.C+s.Columns-1)/s.Columns
	p := image.Pt(s.Columns*cell.X+s.Gap, s.top()+rows*cell.Y)
	if s.Scale != nil {
		p.Y += barHeight + s.Gap
		p.X = max(p.X, barWidth(*s.Scale)+2*s.Gap)
	}
	return p
}

// top is where the first row begins.
func (s Sheet) top() int {
	if s.Title == "" {
		return s.Gap
	}
	return s.Gap + lineHeight
}

// signed reports whether the maps are drawn in the colours of signed values.
func (s Sheet) signed() bool {
	if s.Scale != nil {
		return s.Scale.Signed
	}
	return ScaleOf(s.Values).Signed
}

// scale is that of one map's values.
func (s Sheet) scale(values []float32, signed bool) Scale {
	switch {
	case s.Scale != nil:
		return *s.Scale
	case signed:
		return Signed(values)
	}
	return Magnitudes(values)
}

// drawMap draws map i.
func (s Sheet) drawMap(img *image.Paletted, i int, signed bool) {
	values := s.Values[i*s.H*s.W : (i+1)*s.H*s.W]
	cell := s.cell()
	at := image.Pt(s.Gap+i%s.Columns*cell.X, s.top()+i/s.Columns*cell.Y)
	scale := s.scale(values, signed)
	for y := range s.H {
		for x := range s.W {
			fillIndex(img, at.X+x*s.Zoom, at.Y+y*s.Zoom, s.Zoom, scale.index(values[y*s.W+x]))
		}
	}
	if s.Dead != nil && s.Dead[i] {
		cross(img, image.Rectangle{at, at.Add(image.Pt(s.W*s.Zoom, s.H*s.Zoom))})
	}
	if s.Numbers != nil {
		write(img, at.X, at.Y+s.H*s.Zoom, shorten(strconv.Itoa(s.Numbers[i]), s.W*s.Zoom+s.Gap), Ink)
	}
}

// fillIndex paints a square of side n.
func fillIndex(img *image.Paletted, x, y, n int, index uint8) {
	for j := range n {
		at := img.PixOffset(x, y+j)
		row := img.Pix[at : at+n]
		for i := range row {
			row[i] = index
		}
	}
}

// cross draws both diagonals of a rectangle.
func cross(img *image.Paletted, r image.Rectangle) {
	n := max(r.Dx(), r.Dy())
	for i := range n {
		x, y := i*r.Dx()/n, r.Min.Y+i*r.Dy()/n
		img.SetColorIndex(r.Min.X+x, y, warningIndex)
		img.SetColorIndex(r.Max.X-1-x, y, warningIndex)
	}
}
