package app

import (
	"image"

	"resnet-tui/picture"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// photograph turns image i of a batch N×C×H×W back into a picture. Of more or fewer
// channels than a picture can have, it shows the first.
func photograph(batch *tensor.Tensor, i int, norm vision.Norm) (image.Image, error) {
	c, h, w := batch.Shape[1], batch.Shape[2], batch.Shape[3]
	per := c * h * w
	values := batch.Data[i*per : (i+1)*per]
	if c != 1 && c != 3 {
		c, values, norm = 1, values[:h*w], vision.Norm{}
	}
	return picture.Photo(values, c, h, w, norm.Mean, norm.Std)
}
