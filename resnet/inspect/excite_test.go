package inspect_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"resnet-tui/resnet/inspect"
	"resnet-tui/tensor"
)

// TestExcitation: the peaks are those that sorting everything gives, however the images
// are split into batches.
func TestExcitation(t *testing.T) {
	const images, channels, h, w, top = 23, 3, 2, 5, 4
	random := rand.New(rand.NewPCG(1, 2))
	all := tensor.New(images, channels, h, w)
	for i := range all.Data {
		all.Data[i] = float32(random.NormFloat64())
	}
	all.Data[7], all.Data[8] = float32(math.Inf(1)), float32(math.NaN())
	for _, batch := range []int{1, 5, images} {
		e := inspect.NewExcitation([]int{2, 0}, top)
		for from := 0; from < images; from += batch {
			n := min(batch, images-from)
			part := tensor.New(batch, channels, h, w) // filled up with zeros
			per := channels * h * w
			copy(part.Data, all.Data[from*per:(from+n)*per])
			e.Add(part, n)
		}
		if e.Images != images {
			t.Errorf("batches of %d: %d images", batch, e.Images)
		}
		for k, c := range e.Channels {
			if want := peaksOf(all, c)[:top]; !slices.Equal(e.Peaks[k], want) {
				t.Errorf("batches of %d, channel %d: %v, want %v", batch, c, e.Peaks[k], want)
			}
		}
	}
}

// peaksOf are the largest finite values of a channel in all images, sorted.
func peaksOf(t *tensor.Tensor, c int) (peaks []inspect.Peak) {
	h, w := t.Shape[2], t.Shape[3]
	for i := range t.Shape[0] {
		best := inspect.Peak{Image: i, Value: float32(math.Inf(-1))}
		for y := range h {
			for x := range w {
				v := t.Data[((i*t.Shape[1]+c)*h+y)*w+x]
				if v > best.Value && !math.IsInf(float64(v), 0) {
					best = inspect.Peak{Image: i, Value: v, Y: y, X: x}
				}
			}
		}
		peaks = append(peaks, best)
	}
	slices.SortFunc(peaks, func(p, q inspect.Peak) int { return cmp.Compare(q.Value, p.Value) })
	return peaks
}

// TestExcitationOfNothing: a channel without a finite value has no peak, and a vector's
// peaks lie at 0.
func TestExcitationOfNothing(t *testing.T) {
	x := tensor.New(2, 2)
	x.Data[0], x.Data[2], x.Data[3] = float32(math.NaN()), float32(math.Inf(-1)), 5
	e := inspect.NewExcitation([]int{0, 1}, 9)
	e.Add(x, 2)
	if len(e.Peaks[0]) != 0 || !slices.Equal(e.Peaks[1], []inspect.Peak{{Image: 1, Value: 5}, {Image: 0}}) {
		t.Errorf("%v", e.Peaks)
	}
}
