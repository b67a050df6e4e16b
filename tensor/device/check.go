package device

import (
	"context"
	"errors"

	"resnet-tui/tensor"
)

// Checks knows what self-checks have found, so that each is made once: a driver that has
// compiled kernels rightly goes on to do so. Its methods may be called from any goroutine.
type Checks interface {
	// Known is what was found for an Info.CheckKey; false if nothing was yet.
	Known(key string) (tensor.SelfCheck, bool)
	Keep(tensor.SelfCheck)
}

// openChecked opens a GPU that knows which of its kernels are wrong.
func (m *machine) openChecked(ctx context.Context, n int, known Checks) (tensor.Device, tensor.SelfCheck, error) {
	dev, err := m.vulkan.open(n)
	if err != nil {
		return nil, tensor.SelfCheck{}, err
	}
	check, err := prove(ctx, dev, known)
	if err != nil {
		return nil, check, errors.Join(err, dev.Close())
	}
	return dev, check, nil
}

// prove tells a device what its self-check has found, and makes that if it never was.
func prove(ctx context.Context, dev tensor.Device, known Checks) (tensor.SelfCheck, error) {
	c, ok := dev.(tensor.Checker)
	if !ok {
		return tensor.SelfCheck{}, nil
	}
	if found, ok := known.Known(dev.Info().CheckKey); ok {
		c.Trust(found)
		return found, nil
	}
	found, err := c.Check(ctx)
	if err == nil {
		known.Keep(found)
	}
	return found, err
}
