package picture

import (
	"fmt"
	"image"
	"math"

	"golang.org/x/image/draw"
)

// Matrix is a table of values, a square of colour each: similarities of layers, or a
// carpet of histograms, a row a layer.
type Matrix struct {
	Values        []float32 // rows × columns; where it is NaN there is nothing
	Rows, Columns []string  // labels; as many as there are rows and columns, "" for none
	Scale         Scale
	Title         string
}

// Triangles joins two n×n matrices: what lies below the diagonal is of the first, what lies
// above it of the second. The diagonal is the first's.
func Triangles(lower, upper []float32, n int) ([]float32, error) {
	for _, m := range [][]float32{lower, upper} {
		if err := checkValues(m, 1, n, n); err != nil {
			return nil, err
		}
	}
	out := append([]float32(nil), lower...)
	for i := range n {
		copy(out[i*n+i+1:(i+1)*n], upper[i*n+i+1:])
	}
	return out, nil
}

// Draw draws the matrix with its labels and its colour bar.
func (m Matrix) Draw() (*image.Paletted, error) {
	const margin = 6
	rows, columns := len(m.Rows), len(m.Columns)
	if err := checkValues(m.Values, 1, rows, columns); err != nil {
		return nil, fmt.Errorf("a matrix: %w", err)
	}
	side := m.side()
	left, above := margin+longest(m.Rows)+4, margin+longest(m.Columns)+4
	if m.Title != "" {
		above += lineHeight
	}
	inner := max(side*columns, barWidth(m.Scale), textWidth(m.Title)-left+margin)
	size := image.Pt(left+inner+margin, above+side*rows+margin+barHeight+margin)
	if err := checkSize(size.X, size.Y); err != nil {
		return nil, err
	}
	img := image.NewPaletted(image.Rectangle{Max: size}, m.Scale.Colours().palette())
	fillPaper(img)
	write(img, margin, margin, m.Title, Ink)
	m.drawCells(img, image.Pt(left, above), side)
	m.drawLabels(img, image.Pt(left, above), side)
	drawBar(img, left, size.Y-barHeight-margin, inner, m.Scale)
	return img, nil
}

// side is that of a square in pixels: large where there are few.
func (m Matrix) side() int {
	return min(max(640/max(len(m.Rows), len(m.Columns), 1), 3), 24)
}

func fillPaper(img *image.Paletted) {
	for i := range img.Pix {
		img.Pix[i] = paperIndex
	}
}

// drawCells draws the squares from a corner on.
func (m Matrix) drawCells(img *image.Paletted, at image.Point, side int) {
	columns := len(m.Columns)
	for i, v := range m.Values {
		if !math.IsNaN(float64(v)) {
			fillIndex(img, at.X+i%columns*side, at.Y+i/columns*side, side, m.Scale.index(v))
		}
	}
}

// drawLabels writes as many labels as there is room for: rows beside the squares, columns
// above them, turned.
func (m Matrix) drawLabels(img *image.Paletted, at image.Point, side int) {
	step := (letterHeight + side - 1) / side
	inset := (side*step - letterHeight) / 2
	for i := 0; i < len(m.Rows); i += step {
		write(img, at.X-4-textWidth(m.Rows[i]), at.Y+i*side+inset, m.Rows[i], Ink)
	}
	for i := 0; i < len(m.Columns); i += step {
		writeUp(img, at.X+i*side+inset, at.Y-4, m.Columns[i])
	}
}

// writeUp writes a line upwards; it begins at the bottom, left of it is x.
func writeUp(img draw.Image, x, bottom int, s string) {
	line := image.NewAlpha(image.Rect(0, 0, max(textWidth(s), 1), letterHeight))
	write(line, 0, 0, s, Ink)
	for i := range line.Rect.Dx() {
		for j := range letterHeight {
			if line.AlphaAt(i, j).A != 0 {
				img.Set(x+j, bottom-1-i, Ink)
			}
		}
	}
}
