package vision

import (
	"fmt"
	"math"
	"slices"
)

// Norm normalises a sample v between 0 and 255 to (v/255 − mean)/std. Each list has one
// value per channel, or one for all channels.
type Norm struct{ Mean, Std []float32 }

// ImageNetNorm returns the normalisation with which torchvision's weights were trained. For
// a single grey channel it has the averages.
func ImageNetNorm(channels int) Norm {
	if channels == 1 {
		return Norm{Mean: []float32{0.449}, Std: []float32{0.226}}
	}
	return Norm{Mean: []float32{0.485, 0.456, 0.406}, Std: []float32{0.229, 0.224, 0.225}}
}

// or fills nil lists in n from other.
func (n Norm) or(other Norm) Norm {
	if n.Mean == nil {
		n.Mean = other.Mean
	}
	if n.Std == nil {
		n.Std = other.Std
	}
	return n
}

// Check returns an error if a list has the wrong length, a value isn't finite, or a standard
// deviation isn't positive.
func (n Norm) Check(channels int) error {
	for _, l := range []struct {
		name   string
		values []float32
	}{
		{"mean", n.Mean}, {"std", n.Std},
	} {
		if len(l.values) != 1 && len(l.values) != channels {
			return fmt.Errorf("%s has %d values: give one, or one for each of %d channels",
				l.name, len(l.values), channels)
		}
		for _, v := range l.values {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return fmt.Errorf("%s %g is not a finite number", l.name, v)
			} else if l.name == "std" && v <= 0 {
				return fmt.Errorf("std %g must be greater than 0", v)
			}
		}
	}
	return nil
}

// NormOf is how the samples of a data set's images are normalised, a value a channel.
func NormOf(data Dataset) Norm {
	c, _, _ := data.Shape()
	var n Norm
	if d, ok := data.(interface{ normalisation() Norm }); ok {
		n = d.normalisation()
	}
	return n.spread(c)
}

// spread repeats lists of one value for all channels.
func (n Norm) spread(channels int) Norm {
	for _, l := range []*[]float32{&n.Mean, &n.Std} {
		if len(*l) == 1 {
			*l = slices.Repeat(*l, channels)
		}
	}
	return n
}

// table maps the 256 samples of a channel to normalised values.
type table [256]float32

// tables returns one table per channel. Each operation is rounded to float32, as in
// torchvision.
func (n Norm) tables(channels int) []table {
	ts := make([]table, channels)
	for c := range ts {
		mean, std := n.Mean[c%len(n.Mean)], n.Std[c%len(n.Std)]
		for v := range 256 {
			ts[c][v] = float32(float32(float32(v)/255)-mean) / std
		}
	}
	return ts
}
