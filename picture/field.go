package picture

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"
)

// Map draws h×w values, a pixel each.
func Map(values []float32, h, w int, s Scale) (*image.Paletted, error) {
	if err := checkValues(values, 1, h, w); err != nil {
		return nil, err
	}
	if err := checkSize(w, h); err != nil {
		return nil, err
	}
	img := image.NewPaletted(image.Rect(0, 0, w, h), s.Colours().palette())
	for i, v := range values {
		img.Pix[i] = s.index(v)
	}
	return img, nil
}

// Resize enlarges h×w values to toH×toW bilinearly, between the centres of the values:
// colours between two values are then those of values between them.
func Resize(values []float32, h, w, toH, toW int) ([]float32, error) {
	if err := checkValues(values, 1, h, w); err != nil {
		return nil, err
	}
	if err := checkSize(toW, toH); err != nil {
		return nil, err
	}
	out := make([]float32, 0, toH*toW)
	columns := neighbours(w, toW)
	for _, y := range neighbours(h, toH) {
		first, second := values[y.first*w:], values[y.second*w:]
		for _, x := range columns {
			out = append(out, mix(mix(first[x.first], first[x.second], x.part), mix(second[x.first], second[x.second], x.part), y.part))
		}
	}
	return out, nil
}

// mix is the value at t between a and b. It is a where they are the same, infinite ones too.
func mix(a, b, t float32) float32 {
	if a == b {
		return a
	}
	return a + t*(b-a)
}

// neighbour says between which two values a point lies: part of the way to the second.
type neighbour struct {
	first, second int
	part          float32
}

// neighbours are those of each of to points among n values. Beyond the outermost centres
// values stay as they are.
func neighbours(n, to int) []neighbour {
	points := make([]neighbour, to)
	for i := range points {
		at := min(max((float64(i)+0.5)*float64(n)/float64(to)-0.5, 0), float64(n-1))
		j := int(at)
		points[i] = neighbour{j, min(j+1, n-1), float32(at - float64(j))}
	}
	return points
}

// Fit scales a picture to w×h pixels. Enlarged pixels stay sharp squares, as values should;
// where there is less room, each pixel is the mean of those that it stands for.
func Fit(img image.Image, w, h int) (*image.RGBA, error) {
	if err := checkSize(w, h); err != nil {
		return nil, err
	}
	from := img.Bounds()
	if from.Empty() {
		return nil, fmt.Errorf("there is no picture to scale")
	}
	var by draw.Interpolator = draw.BiLinear
	if w >= from.Dx() && h >= from.Dy() {
		by = draw.NearestNeighbor
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	by.Scale(out, out.Bounds(), img, from, draw.Src, nil)
	return out, nil
}
