package inspect

import (
	"math"
	"slices"

	"resnet-tui/tensor"
)

// Peak is where an image excites a channel most.
type Peak struct {
	Image int // of the set, from 0
	Value float32
	Y, X  int // 0 of a vector
}

// Excitation gathers the images of a set that excite channels most: for each channel at
// most as many as were asked for, and of an image only its largest value.
type Excitation struct {
	Images   int      // seen so far
	Channels []int    // in the order of Peaks
	Peaks    [][]Peak // of each of Channels, the largest first; of equal ones the earlier image

	top int
}

// NewExcitation gathers the top images of some channels.
func NewExcitation(channels []int, top int) *Excitation {
	return &Excitation{Channels: channels, Peaks: make([][]Peak, len(channels)), top: top}
}

// Add takes in what a layer gave, N×C×H×W or N×C, for the next n images, which are the
// first of the batch. Values that aren't finite count for nothing.
func (e *Excitation) Add(t *tensor.Tensor, n int) {
	width, per := 1, 1
	if len(t.Shape) == 4 {
		width, per = t.Shape[3], t.Shape[2]*t.Shape[3]
	}
	for i := range n {
		for k, c := range e.Channels {
			at := (i*t.Shape[1] + c) * per
			if where, ok := peak(t.Data[at : at+per]); ok {
				e.offer(k, Peak{e.Images + i, t.Data[at+where], where / width, where % width})
			}
		}
	}
	e.Images += n
}

// peak is the index of the largest finite value; false if there is none.
func peak(values []float32) (at int, ok bool) {
	best := float32(math.Inf(-1))
	for i, v := range values {
		if v > best && v <= math.MaxFloat32 {
			best, at, ok = v, i, true
		}
	}
	return at, ok
}

// offer puts a peak into its place, if it is among the largest.
func (e *Excitation) offer(k int, p Peak) {
	peaks := e.Peaks[k]
	if len(peaks) == e.top && peaks[e.top-1].Value >= p.Value {
		return
	}
	at, _ := slices.BinarySearchFunc(peaks, p.Value, func(q Peak, v float32) int {
		if q.Value >= v {
			return -1
		}
		return 1
	})
	peaks = slices.Insert(peaks, at, p)
	e.Peaks[k] = peaks[:min(len(peaks), e.top)]
}
