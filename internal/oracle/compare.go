package oracle

import (
	"fmt"
	"math"
)

// LogitsError returns the root mean square of the differences from the golden logits,
// divided by that of the golden logits. got is N×classes, row by row.
func (p *Pass) LogitsError(got []float64) float64 {
	difference, size := 0.0, 0.0
	i := 0 // in got
	for _, row := range p.Logits {
		for _, want := range row {
			if i == len(got) {
				return math.Inf(1)
			}
			d := got[i] - want
			difference += d * d
			size += want * want
			i++
		}
	}
	if i != len(got) {
		return math.Inf(1)
	}
	return math.Sqrt(difference / size)
}

// Layer returns the golden of a call, counted from 0 for each module.
func (p *Pass) Layer(path string, call int) (Layer, error) {
	for _, l := range p.Layers {
		if l.Path == path && l.Call == call {
			return l, nil
		}
	}
	return Layer{}, fmt.Errorf("PyTorch made no call %d of %s", call, path)
}

// Error returns the larger of |Δmean|/std and |Δstd|/std; +Inf instead of NaN.
func (l Layer) Error(mean, std float64) float64 {
	if e := max(math.Abs(mean-l.Mean), math.Abs(std-l.Std)) / l.Std; !math.IsNaN(e) {
		return e
	}
	return math.Inf(1)
}

// Moments returns the mean and the population standard deviation of x.
func Moments(x []float64) (mean, std float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		std += (v - mean) * (v - mean) / n
	}
	return mean, math.Sqrt(std)
}
