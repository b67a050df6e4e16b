package diagnose

import (
	"math"

	"resnet-tui/tensor"
)

// Input is what the net ran on.
type Input struct {
	Real     bool // it is no seeded noise
	NaN, Inf int
	Channels []Channel
	Images   []Image
	Labels   []int // the right classes; nil if they aren't known
}

// Channel describes a channel over all images. Figures are of finite values.
type Channel struct{ Min, Max, Mean, Std float64 }

// Image describes one image.
type Image struct {
	Hash uint64
	Std  float64 // of all values, around each channel's mean
	// Near and Far are the correlations of values with those one and three columns to the
	// right, Below with those one row below; 1 of a constant image.
	Near, Far, Below float64
	Flat             int     // rows at the bottom that hold one value a channel
	FlatTop          int     // rows at the top that do
	Pairs, Gaps      float64 // shares of equal neighbours: columns 0 and 1, 2 and 3 …; 1 and 2, 3 and 4 …
	AtMax            float64 // share of values at the channel's largest over the batch
	Grey             bool    // all channels are equal, up to a factor and a shift for each
	Rows             int     // its height
}

// describeInput describes images N×C×H×W.
func describeInput(t *tensor.Tensor, real bool, labels []int) Input {
	in := Input{Real: real, Labels: labels, Channels: make([]Channel, t.Shape[1]),
		Images: make([]Image, t.Shape[0])}
	for _, v := range t.Data {
		switch x := float64(v); {
		case x != x:
			in.NaN++
		case math.IsInf(x, 0):
			in.Inf++
		}
	}
	for c := range in.Channels {
		in.Channels[c] = describeChannel(t, c)
	}
	var wg parallel
	for i := range in.Images {
		wg.start(func() { in.Images[i] = describeImage(t, i, in.Channels) })
	}
	wg.Wait()
	return in
}

// planeOf is a channel of an image.
func planeOf(t *tensor.Tensor, image, channel int) []float32 {
	n := t.Shape[2] * t.Shape[3]
	return rowOf(t, image)[channel*n : (channel+1)*n]
}

// describeChannel takes a channel's figures.
func describeChannel(t *tensor.Tensor, c int) Channel {
	r := Channel{Min: math.Inf(1), Max: math.Inf(-1)}
	n, sum, squares := 0.0, 0.0, 0.0
	for i := range t.Shape[0] {
		for _, v := range planeOf(t, i, c) {
			x := float64(v)
			if x-x != 0 {
				continue
			}
			n++
			sum += x
			squares += x * x
			r.Min, r.Max = min(r.Min, x), max(r.Max, x)
		}
	}
	r.Mean = sum / max(n, 1)
	r.Std = math.Sqrt(max(squares/max(n, 1)-r.Mean*r.Mean, 0))
	return r
}

// describeImage takes an image's figures.
func describeImage(t *tensor.Tensor, i int, channels []Channel) Image {
	im := Image{Hash: hashStart, Rows: t.Shape[2], Flat: t.Shape[2], FlatTop: t.Shape[2]}
	for _, v := range rowOf(t, i) {
		im.Hash = hash(im.Hash, v)
	}
	width := t.Shape[3]
	var near, far, below correlation
	spread, atMax, pairs, gaps, evens, odds := 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
	for c := range channels {
		p := planeOf(t, i, c)
		mean := meanOf(p)
		for at, v := range p {
			d := float64(v) - mean
			spread += d * d
			if float64(v) == channels[c].Max {
				atMax++
			}
			x := at % width
			near.pair(p, mean, at, 1, x+1 < width)
			far.pair(p, mean, at, 3, x+3 < width)
			below.pair(p, mean, at, width, at+width < len(p))
			if x+1 >= width {
				continue
			}
			equal := 0.0
			if p[at] == p[at+1] {
				equal = 1
			}
			if x%2 == 0 {
				pairs, evens = pairs+equal, evens+1
			} else {
				gaps, odds = gaps+equal, odds+1
			}
		}
		im.Flat = min(im.Flat, flatRows(p, width, true))
		im.FlatTop = min(im.FlatTop, flatRows(p, width, false))
	}
	n := float64(len(rowOf(t, i)))
	im.Std, im.AtMax = math.Sqrt(spread/n), atMax/n
	im.Near, im.Far, im.Below = near.value(), far.value(), below.value()
	im.Pairs, im.Gaps = pairs/max(evens, 1), gaps/max(odds, 1)
	im.Grey = isGrey(t, i, channels)
	return im
}

// meanOf is the mean of values.
func meanOf(p []float32) float64 {
	sum := 0.0
	for _, v := range p {
		sum += float64(v)
	}
	return sum / float64(len(p))
}

// correlation gathers pairs of values around their mean.
type correlation struct{ products, squares float64 }

// pair adds the values at two places, if the second is within the image.
func (c *correlation) pair(p []float32, mean float64, at, step int, inside bool) {
	if !inside {
		return
	}
	a, b := float64(p[at])-mean, float64(p[at+step])-mean
	c.products += a * b
	c.squares += (a*a + b*b) / 2
}

// value is the correlation, 1 if nothing varies.
func (c *correlation) value() float64 {
	if c.squares == 0 {
		return 1
	}
	return c.products / c.squares
}

// flatRows counts the rows from the bottom, or from the top, that hold the same value.
func flatRows(p []float32, width int, bottom bool) int {
	rows := len(p) / width
	first := p[0]
	if bottom {
		first = p[len(p)-1]
	}
	for n := range rows {
		y := n
		if bottom {
			y = rows - 1 - n
		}
		for _, v := range p[y*width : (y+1)*width] {
			if v != first {
				return n
			}
		}
	}
	return rows
}

// greyTolerance is how far channels of a grey image may be from each other, in their
// deviations: three 8-bit steps apart in an image that was normalised.
const greyTolerance = 1e-3

// isGrey reports whether the channels of an image are alike but for a factor and a shift.
func isGrey(t *tensor.Tensor, i int, channels []Channel) bool {
	if len(channels) < 2 {
		return false
	}
	first, mean, std := planeOf(t, i, 0), 0.0, 0.0
	mean, std = momentsOf(first)
	if std == 0 {
		return false
	}
	for c := 1; c < len(channels); c++ {
		other := planeOf(t, i, c)
		m, s := momentsOf(other)
		if s == 0 {
			return false
		}
		for at := range first {
			if math.Abs((float64(first[at])-mean)/std-(float64(other[at])-m)/s) > greyTolerance {
				return false
			}
		}
	}
	return true
}

// momentsOf are the mean and the population deviation of values.
func momentsOf(p []float32) (mean, std float64) {
	mean = meanOf(p)
	sum := 0.0
	for _, v := range p {
		d := float64(v) - mean
		sum += d * d
	}
	return mean, math.Sqrt(sum / float64(len(p)))
}

// distinct is the number of different images.
func (in *Input) distinct() int {
	seen := map[uint64]bool{}
	for _, im := range in.Images {
		seen[im.Hash] = true
	}
	return len(seen)
}

// extent is the smallest and the largest value.
func (in *Input) extent() (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, c := range in.Channels {
		least, most = min(least, c.Min), max(most, c.Max)
	}
	return least, most
}

// share is the part of the images for which f holds.
func (in *Input) share(f func(im *Image) bool) float64 {
	n := 0
	for i := range in.Images {
		if f(&in.Images[i]) {
			n++
		}
	}
	return float64(n) / float64(max(len(in.Images), 1))
}
