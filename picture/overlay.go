package picture

import (
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// Overlay is a map laid over the photograph that it is about. The photograph is drawn in
// grey, so that every hue is the map's.
type Overlay struct {
	Photo  image.Image
	Values []float32 // H×W, enlarged bilinearly to the photograph's size
	H, W   int
	Scale  Scale
	Alpha  float64 // from 0, the photograph alone, to 1, the map alone; 0.55 is usual
	Title  string  // above it
}

// overlayWidth is the least width of a photograph; smaller ones are enlarged.
const overlayWidth = 224

// Lay returns the photograph with the map over it, at the photograph's own size.
func (o Overlay) Lay() (*image.RGBA, error) {
	if o.Photo == nil || !(o.Alpha >= 0 && o.Alpha <= 1) {
		return nil, fmt.Errorf("an overlay needs a photograph and an alpha of 0 to 1, not %v", o.Alpha)
	}
	b := o.Photo.Bounds()
	values, err := Resize(o.Values, o.H, o.W, b.Dy(), b.Dx())
	if err != nil {
		return nil, err
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	alpha := uint32(o.Alpha*256 + 0.5)
	for i, v := range values {
		x, y := i%b.Dx(), i/b.Dx()
		grey := color.GrayModel.Convert(o.Photo.At(b.Min.X+x, b.Min.Y+y)).(color.Gray).Y
		out.SetRGBA(x, y, blend(o.Scale.Colour(v), grey, alpha))
	}
	return out, nil
}

// blend puts a colour over a grey, alpha of 256 parts.
func blend(c color.RGBA, grey uint8, alpha uint32) color.RGBA {
	mix := func(over uint8) uint8 {
		return uint8((uint32(over)*alpha + uint32(grey)*(256-alpha)) / 256)
	}
	return color.RGBA{mix(c.R), mix(c.G), mix(c.B), 0xff}
}

// Draw draws the overlay with its title and its colour bar.
func (o Overlay) Draw() (*image.RGBA, error) {
	const margin = 6
	over, err := o.Lay()
	if err != nil {
		return nil, err
	}
	w, h := over.Bounds().Dx(), over.Bounds().Dy()
	zoom := max((overlayWidth+w-1)/w, 1)
	inner := max(w*zoom, barWidth(o.Scale))
	top := margin
	if o.Title != "" {
		top += lineHeight
	}
	size := image.Pt(inner+2*margin, top+h*zoom+margin+barHeight+margin)
	if err := checkSize(size.X, size.Y); err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rectangle{Max: size})
	fill(img, img.Bounds(), Paper)
	write(img, margin, margin, shorten(o.Title, inner), Ink)
	at := image.Rect(margin, top, margin+w*zoom, top+h*zoom)
	draw.NearestNeighbor.Scale(img, at, over, over.Bounds(), draw.Src, nil)
	drawBar(img, margin, at.Max.Y+margin, inner, o.Scale)
	return img, nil
}
