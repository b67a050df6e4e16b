package picture

import (
	"fmt"
	"image"
	"math"
)

// Photo turns an input of C×H×W values, 1 or 3 channels, back into a picture by undoing
// its normalisation: value·std + mean is a component from 0 to 1. One channel gives grey.
// Without mean and std, as with a tensor of which nobody says how it was made, the values
// are stretched from the smallest to the largest. Values that are no numbers are black.
func Photo(values []float32, c, h, w int, mean, std []float32) (*image.RGBA, error) {
	if c != 1 && c != 3 {
		return nil, fmt.Errorf("a picture has 1 or 3 channels, not %d", c)
	}
	if err := checkValues(values, c, h, w); err != nil {
		return nil, err
	}
	if err := checkSize(w, h); err != nil {
		return nil, err
	}
	if mean == nil && std == nil {
		mean, std = stretch(values, c)
	}
	if len(mean) != c || len(std) != c {
		return nil, fmt.Errorf("%d means and %d deviations for %d channels", len(mean), len(std), c)
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		for k := range 3 {
			from := k % c
			img.Pix[4*i+k] = component(float64(values[from*h*w+i])*float64(std[from]) + float64(mean[from]))
		}
		img.Pix[4*i+3] = 0xff
	}
	return img, nil
}

// component is a byte of a component from 0 to 1; 0 for what is no number.
func component(x float64) uint8 {
	if math.IsNaN(x) {
		return 0
	}
	return uint8(min(max(x, 0), 1)*255 + 0.5)
}

// stretch returns the mean and the deviation for Photo that bring the smallest value to 0
// and the largest to 1, the same for all channels.
func stretch(values []float32, c int) (mean, std []float32) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if x := float64(v); !math.IsNaN(x) && !math.IsInf(x, 0) {
			low, high = min(low, x), max(high, x)
		}
	}
	if !(high > low) {
		low, high = 0, 1
	}
	for range c {
		mean = append(mean, float32(-low/(high-low)))
		std = append(std, float32(1/(high-low)))
	}
	return mean, std
}
