package device

import (
	"context"
	"errors"
	"fmt"

	"resnet-tui/tensor"
)

// Choice is what "auto" stands for on this machine.
type Choice struct {
	ID  string
	Why string // in a sentence without its full stop
	// Skipped says that a discrete GPU is here which was not taken; Why says what is wrong
	// with it.
	Skipped bool
}

// Choose opens the device that "auto" stands for; the caller closes it. It is the first
// discrete GPU that has passed its self-check, else the CPU: software renderers and
// GPUs that share the CPU's memory are for those who ask for them.
func Choose(ctx context.Context, known Checks) (tensor.Device, Choice, error) {
	return here.choose(ctx, known)
}

func (m *machine) choose(ctx context.Context, known Checks) (tensor.Device, Choice, error) {
	dev, c := m.chooseGPU(ctx, known)
	if dev != nil {
		return dev, c, nil
	}
	dev, err := m.cpu()
	c.ID = "cpu"
	return dev, c, err
}

// chooseGPU opens a GPU, or says why none is taken.
func (m *machine) chooseGPU(ctx context.Context, known Checks) (tensor.Device, Choice) {
	if m.vulkan == nil {
		return nil, Choice{Why: noVulkan}
	}
	if !m.gpuNode() {
		return nil, Choice{Why: "the system shows no discrete GPU"}
	}
	devices, err := m.vulkan.list()
	if err != nil {
		return nil, Choice{Why: err.Error()}
	}
	c := Choice{Why: "there is no discrete GPU"}
	for n := range devices {
		i := &devices[n]
		if i.Kind != tensor.KindDiscrete {
			continue
		}
		dev, err := m.openTrusted(ctx, n, known)
		if err == nil {
			return dev, Choice{ID: i.ID, Why: i.Name + " is a discrete GPU, and its kernels have passed their self-check"}
		}
		if !c.Skipped {
			c = Choice{Why: fmt.Sprintf("%s is a discrete GPU, but %v", describe(i), err), Skipped: true}
		}
	}
	return nil, c
}

// openTrusted opens a device whose kernels have passed their self-check.
func (m *machine) openTrusted(ctx context.Context, n int, known Checks) (tensor.Device, error) {
	dev, check, err := m.openChecked(ctx, n, known)
	switch {
	case err != nil:
		return nil, fmt.Errorf("it can't be opened: %w", err)
	case !check.Passed():
		return nil, errors.Join(fmt.Errorf("its self-check failed: %v", check), dev.Close())
	}
	return dev, nil
}
