// Package picture draws numbers as pictures: feature maps as contact sheets, maps laid
// over photographs, matrices, histograms by layer. It has the program's colour maps.
//
// Pictures of values are indexed images with one palette each, so that a sheet of
// thousands of maps takes a byte a pixel. Sizes are checked before memory is taken.
// Values that are no numbers are drawn in Warning, which no colour map has.
package picture

import (
	"fmt"
	"image"
	"image/png"
	"io"
)

// maxPixels is the largest picture that is drawn: 2048 maps of 112×112 have 26 million
// pixels.
const maxPixels = 1 << 26

// checkSize returns an error for a picture of w×h pixels that is empty or too large.
func checkSize(w, h int) error {
	switch {
	case w < 1 || h < 1:
		return fmt.Errorf("a picture of %d×%d pixels is empty", w, h)
	case w > maxPixels/h:
		return fmt.Errorf("a picture of %d×%d pixels is too large: at most %d are drawn", w, h, maxPixels)
	}
	return nil
}

// checkValues returns an error unless there are c·h·w values; none of the three may be 0.
func checkValues(values []float32, c, h, w int) error {
	if c < 1 || h < 1 || w < 1 || len(values)/c/h != w || len(values) != c*h*w {
		return fmt.Errorf("%d values are no %d×%d×%d", len(values), c, h, w)
	}
	return nil
}

// WritePNG writes a picture as PNG.
func WritePNG(w io.Writer, img image.Image) error { return png.Encode(w, img) }
