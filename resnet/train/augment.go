package train

import (
	"fmt"

	"resnet-tui/tensor"
)

// order returns the order in which an epoch, counted from 0, visits n images: a
// Fisher–Yates shuffle that depends on the seed and the epoch alone.
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

// cropPad is how far an image is shifted at most, in pixels: the paper pads 4 on each
// side, crops at random and mirrors with probability ½ (He et al. 2015, section 4.2).
// Padding is 0 after normalisation.
const cropPad = 4

// augmentation crops and mirrors the images of one epoch. What it does to an image
// depends on the seed, the epoch and the image's number alone, not on which goroutine
// prepares it or when.
type augmentation struct {
	stream  tensor.Stream
	epoch   int
	c, h, w int // shape of an image
}

// newAugmentation returns the augmentation of an epoch, counted from 0, of a batch N×C×H×W.
func newAugmentation(seed uint64, epoch int, shape tensor.Shape) augmentation {
	stream := tensor.NewStream(seed, "augmentation")
	return augmentation{stream: stream, epoch: epoch, c: shape[1], h: shape[2], w: shape[3]}
}

// apply writes image number i to dst. src holds its values; both are C×H×W.
func (a augmentation) apply(i int, dst, src []float32) {
	const span = 2*cropPad + 1 // shifts per axis
	// 64 random bits per image and epoch: shifts from the low ones, mirroring from the top one.
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
