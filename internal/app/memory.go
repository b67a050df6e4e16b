package app

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// checkMemory refuses what the device can't hold now, before anything is computed
// for it.
func checkMemory(dev tensor.Device, m *nn.Model, o nn.SessionOptions) error {
	info := dev.Info()
	have := cmp.Or(info.Free, info.Memory)
	need, err := nn.Needs(dev, m, o)
	if err == nil && have > 0 && need > have {
		err = &tensor.MemoryError{Need: need, Have: have}
	}
	return ExplainMemory(dev, m, o, err)
}

// ExplainMemory adds to the error of a net that does not fit what would; another error
// stays as it is.
func ExplainMemory(dev tensor.Device, m *nn.Model, o nn.SessionOptions, err error) error {
	have, err := tooMuch(dev, err)
	if have == 0 {
		return err
	}
	largest := nn.MaxBatch(dev, m, o, have)
	hint := fmt.Sprintf("the largest batch that fits is %d", largest)
	if largest == 0 {
		hint = "not even a batch of 1 fits"
	}
	where := ""
	if i := dev.Info(); !i.Kind.IsCPU() {
		where = " on " + deviceName(&i)
	}
	return fmt.Errorf("%s at batch %d does not fit%s: %w; %s", m.Name, m.Batch(), where, err, hint)
}

// tooMuch is the memory that there is, and the part of an error that says what does not
// fit; without such a part it is 0 and the error.
func tooMuch(dev tensor.Device, err error) (have int64, part error) {
	var memory *tensor.MemoryError
	var large *tensor.TooLargeError
	switch {
	case errors.As(err, &memory):
		return max(1, memory.Have), memory
	case errors.As(err, &large):
		info := dev.Info()
		return cmp.Or(info.Free, info.Memory, math.MaxInt64), large
	}
	return 0, err
}
