package train

import (
	"fmt"

	"resnet-tui/tensor"
)

// order is the order in which epoch, counted from 0, goes through n images: a
// shuffle by Fisher and Yates, which depends on the seed and the epoch alone.
func order(seed uint64, epoch, n int) []int {
	stream := tensor.NewStream(seed, fmt.Sprint("order of epoch ", epoch))
	images := make([]int, n)
	for i := range images {
		images[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := int(stream.Uniform(uint64(i)) * float64(i+1))
		images[i], images[j] = images[j], images[i]
	}
	return images
}

// cropPad is how far an image is shifted at most: the paper pads 4 pixels on
// each side, crops at random and mirrors every other image (He et al. 2015,
// section 4.2). The padding is 0 after normalisation.
const cropPad = 4

// augmentation draws anew for each image in each epoch, by the seed, the epoch
// and the image's number alone: who prepares a batch, and when, has no part.
type augmentation struct {
	stream  tensor.Stream
	epoch   int
	c, h, w int
}

func newAugmentation(seed uint64, epoch int, shape tensor.Shape) augmentation {
	return augmentation{stream: tensor.NewStream(seed, "augmentation"), epoch: epoch, c: shape[1], h: shape[2], w: shape[3]}
}

// apply writes image number i, whose values are src, to dst.
func (a augmentation) apply(i int, dst, src []float32) {
	const span = 2*cropPad + 1
	bits := a.stream.Bits(uint64(a.epoch)<<32 | uint64(i))
	dy, dx := int(bits%span)-cropPad, int(bits/span%span)-cropPad
	mirror := bits>>63 == 1
	clear(dst)
	for c := range a.c {
		for y := max(0, -dy); y < min(a.h, a.h-dy); y++ {
			from := src[(c*a.h+y+dy)*a.w:][:a.w]
			to := dst[(c*a.h+y)*a.w:][:a.w]
			for x := max(0, -dx); x < min(a.w, a.w-dx); x++ {
				at := x
				if mirror {
					at = a.w - 1 - x
				}
				to[at] = from[x+dx]
			}
		}
	}
}
