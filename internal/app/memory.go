package app

import (
	"cmp"
	"errors"
	"fmt"

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

// ExplainMemory adds to the error of a net that does not fit into memory what
// would; another error stays as it is.
func ExplainMemory(dev tensor.Device, m *nn.Model, o nn.SessionOptions, err error) error {
	var memory *tensor.MemoryError
	if !errors.As(err, &memory) {
		return err
	}
	largest := nn.MaxBatch(dev, m, o, memory.Have)
	hint := fmt.Sprintf("the largest batch that fits is %d", largest)
	if largest == 0 {
		hint = "not even a batch of 1 fits"
	}
	where := ""
	if i := dev.Info(); !i.Kind.IsCPU() {
		where = " on " + deviceName(&i)
	}
	return fmt.Errorf("%s at batch %d does not fit%s: %w; %s", m.Name, m.Batch(), where, memory, hint)
}
