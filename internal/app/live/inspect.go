package live

import (
	"fmt"
	"math"

	"resnet-tui/tensor"
)

// inspection is what a parameter's initial values are like.
type inspection struct {
	name    string
	moments Moments
	err     error
}

// readParam reads a parameter. Sources may be read from several goroutines, so this
// waits for no pass.
func readParam(source tensor.Source, p tensor.Param) (x inspection) {
	defer func() {
		if r := recover(); r != nil {
			x = inspection{name: p.Name, err: fmt.Errorf("reading %s: %v", p.Name, r)}
		}
	}()
	t := tensor.New(p.Shape...)
	if err := source.Load(p, t); err != nil {
		return inspection{name: p.Name, err: err}
	}
	return inspection{name: p.Name, moments: momentsOf(t.Data)}
}

// momentsOf are the mean and the population standard deviation, in float64.
func momentsOf(values []float32) Moments {
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	mean := sum / float64(len(values))
	squares := 0.0
	for _, v := range values {
		squares += (float64(v) - mean) * (float64(v) - mean)
	}
	return Moments{mean, math.Sqrt(squares / float64(len(values)))}
}
