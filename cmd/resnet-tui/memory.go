package main

import (
	"cmp"
	"errors"
	"fmt"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// programBytes is what a device would hold at once to run m.
func programBytes(dev tensor.Device, m *resnet.Model, o resnet.SessionOptions) (int64, error) {
	_, plan, err := estimate(dev, m, o)
	return plan.Total(), err
}

// estimate is a net's plan, and the memory that a device would take for it.
func estimate(dev tensor.Device, m *resnet.Model, o resnet.SessionOptions) (*resnet.Lowered, tensor.MemoryPlan, error) {
	l, err := m.Lower(resnet.LowerOptions{Train: o.Train, Moments: o.Moments, Fuse: o.Fuse, Backward: o.Backward, Update: o.Update})
	if err != nil {
		return nil, tensor.MemoryPlan{}, err
	}
	e, err := dev.Estimate(l.Plan, tensor.Options{Threads: o.Threads, Fuse: o.Fuse, Exact: o.Exact, Precision: o.Precision})
	return l, e.Memory, err
}

// checkMemory refuses what the device can't hold now, before anything is
// computed for it.
func (s *setup) checkMemory() error {
	info := s.device.Info()
	have := cmp.Or(info.Free, info.Memory)
	need, err := resnet.Needs(s.device, s.model, s.options)
	if err == nil && have > 0 && need > have {
		err = &tensor.MemoryError{Need: need, Have: have}
	}
	return s.explain(err)
}

// explain says of a net that does not fit into memory what would.
func (s *setup) explain(err error) error {
	var memory *tensor.MemoryError
	if !errors.As(err, &memory) {
		return err
	}
	batch := s.model.Config.Batch
	largest := resnet.MaxBatch(s.device, s.model, s.options, memory.Have)
	hint := fmt.Sprintf("the largest batch that fits is %d", largest)
	if largest == 0 {
		hint = "not even a batch of 1 fits"
	}
	return fmt.Errorf("%s at batch %d does not fit: %w; %s", s.model.Name, batch, memory, hint)
}
