package live

import (
	"cmp"
	"image"
	"math"
	"slices"

	"resnet-tui/resnet/inspect"
	"resnet-tui/tensor"
)

// Seen is what there is to see of an image inside the net. It never changes once it is
// published.
type Seen struct {
	Sight // that it answers; Likeliest has become a class, if the net has any

	Err     error          // why there is no more of it; nil if all is there
	Image   int            // of the batch, from 0
	Input   *tensor.Tensor // C×H×W, as the net gets it
	Place   inspect.Place  // of the net for one image
	Maps    *Maps          // what leaves the place
	Classes []Guess        // all of them, the likeliest first; nil if a logit is not finite
	Why     *Explanation   // nil where there is none: see Err
}

// Explanation is why the net finds a class likely.
type Explanation struct {
	*inspect.Explanation
	Method inspect.Method
	At     string // of Grad-CAM the place, else ""
}

// Maps are what leaves a place, channel by channel.
type Maps struct {
	Values  *tensor.Tensor // C×H×W; one row and column where the place has none
	Order   []int          // the channels by largest value, the largest first
	Largest []float32      // by channel, of the values that are numbers; NaN without one
	Dead    []bool         // by channel: 0 everywhere
	Signed  bool           // a value is negative
}

// Occlusion is what the net makes of the image without a part of it.
type Occlusion struct {
	Patch   image.Rectangle
	Classes []float64 // probabilities, by class
	// Compared is the patch that Changes are about: Patch, or for a moment one before it.
	Compared image.Rectangle
	Changes  map[int]float64 // by layer, ‖output − output of the whole image‖ / ‖output of the whole image‖; NaN where the latter is 0
}

// newMaps takes the maps of one image apart: 1×C×H×W, or 1×C.
func newMaps(t *tensor.Tensor) *Maps {
	s := tensor.Shape{t.Shape[1], 1, 1}
	if len(t.Shape) == 4 {
		s = t.Shape[1:]
	}
	m := &Maps{Values: &tensor.Tensor{Shape: s, Data: t.Data}}
	m.Signed = slices.ContainsFunc(t.Data, func(v float32) bool { return v < 0 })
	per := s[1] * s[2]
	for c := range s[0] {
		largest, dead := largestOf(t.Data[c*per : (c+1)*per])
		m.Order = append(m.Order, c)
		m.Largest, m.Dead = append(m.Largest, largest), append(m.Dead, dead)
	}
	slices.SortStableFunc(m.Order, func(a, b int) int { return cmp.Compare(m.Largest[b], m.Largest[a]) })
	return m
}

// largestOf is the largest value that is a number, and whether all are 0.
func largestOf(values []float32) (largest float32, zero bool) {
	largest, zero = float32(math.NaN()), true
	for _, v := range values {
		if v == v && !(v <= largest) {
			largest = v
		}
		zero = zero && v == 0
	}
	return largest, zero
}
