package nn

import (
	"slices"

	"resnet-tui/tensor"
)

// Estimate says what a session of the net would run on the device, without
// making it: the net lowered, and what the device would compile it to. Its
// errors are those of Lower and of the device's Estimate. A net that does not
// fit into memory is not an error.
func Estimate(dev tensor.Device, m *Model, o SessionOptions) (*Lowered, tensor.Estimate, error) {
	l, err := o.lower(dev, m)
	if err != nil {
		return nil, tensor.Estimate{}, err
	}
	e, err := dev.Estimate(l.Plan, o.compile(nil))
	return l, e, err
}

// Fusions says which layers a session of the net would run as one kernel: the
// net lowered, and what the device's Fusions makes of it. Its errors are those
// of Lower and of the device's Fusions. It is much quicker than Estimate.
func Fusions(dev tensor.Device, m *Model, o SessionOptions) (*Lowered, []tensor.KernelInfo, error) {
	l, err := o.lower(dev, m)
	if err != nil {
		return nil, nil, err
	}
	kernels, err := dev.Fusions(l.Plan, o.compile(nil))
	return l, kernels, err
}

// lower makes the plan of a session. A device that may fuse is asked first what
// it makes of the plan without the probes at every layer: they go where its
// kernels end, so that they prevent no fusion.
func (o *SessionOptions) lower(dev tensor.Device, m *Model) (*Lowered, error) {
	atEveryLayer := func(p Probe) bool { return p.At == EveryLayer }
	if !o.Fuse || !slices.ContainsFunc(o.Probes, atEveryLayer) {
		return m.Lower(o.Pass)
	}
	bare := o.Pass
	bare.Probes = slices.DeleteFunc(slices.Clone(o.Probes), atEveryLayer)
	l, err := m.Lower(bare)
	if err != nil {
		return nil, err
	}
	kernels, err := dev.Fusions(l.Plan, o.compile(nil))
	if err != nil {
		return nil, err
	}
	return m.LowerVisible(o.Pass, l.Visible(kernels))
}

// MaxBatch is the largest batch of the net that fits into limit bytes, see
// Needs; 0 if not even one image does.
func MaxBatch(dev tensor.Device, m *Model, o SessionOptions, limit int64) int {
	fits := func(batch int) bool {
		bigger, err := m.WithBatch(batch)
		if err != nil {
			return false
		}
		n, err := Needs(dev, bigger, o)
		return err == nil && n <= limit
	}
	if !fits(1) {
		return 0
	}
	low, high := 1, 2 // low fits
	for high < tensor.MaxElems && fits(high) {
		low, high = high, 2*high
	}
	for high-low > 1 {
		if mid := low + (high-low)/2; fits(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// Needs is the bytes that a session of the net takes at once: the program's, by
// the device's estimate, and the batch that the caller holds.
func Needs(dev tensor.Device, m *Model, o SessionOptions) (int64, error) {
	l, e, err := Estimate(dev, m, o)
	if err != nil {
		return 0, err
	}
	return e.Memory.Total() + l.Plan.Buffers[l.Input].Bytes(), nil
}
