package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"resnet-tui/profile/report"
	"resnet-tui/tensor"
	"resnet-tui/tensor/device"
)

// devices are where devices come from. Tests have some of their own.
var devices = struct {
	open   func(ctx context.Context, name string, known device.Checks) (tensor.Device, error)
	choose func(ctx context.Context, known device.Checks) (tensor.Device, device.Choice, error)
	list   func() ([]tensor.Info, error)
}{device.Open, device.Choose, device.List}

// openDevice opens the device that a spec names, for its precision. It is the only
// place that opens one.
func (v Service) openDevice(ctx context.Context, r Run, l Listener) (tensor.Device, error) {
	precision, known := tensor.PrecisionNamed(cmp.Or(r.Precision, tensor.FP32.String()))
	if !known {
		return nil, refuse("{precision} %s: it must be one of %s", r.Precision, strings.Join(Precisions(), ", "))
	}
	dev, err := v.openNamed(ctx, r.Device, l)
	if err != nil {
		return nil, err
	}
	i := dev.Info()
	if !slices.Contains(i.Precisions, precision) {
		return nil, errors.Join(lacks(&i, precision), dev.Close())
	}
	if c, ok := (checks{v}).Known(i.CheckKey); ok && !c.Passed() {
		l.notice("%s does without some of its kernels, as its self-check found: %v", deviceName(&i), c)
	}
	if r.Threads > 0 && !i.Kind.IsCPU() {
		l.notice("{threads} are the CPU's: %s has none to choose", deviceName(&i))
	}
	return dev, nil
}

// openNamed opens a device by name; "" is "auto".
func (v Service) openNamed(ctx context.Context, name string, l Listener) (tensor.Device, error) {
	if cmp.Or(name, device.Auto) == device.Auto {
		dev, choice, err := devices.choose(ctx, announced{checks{v}, l})
		if err == nil && choice.Skipped {
			l.notice("running on %s: %s", choice.ID, choice.Why)
		}
		return dev, err
	}
	dev, err := devices.open(ctx, name, announced{checks{v}, l})
	var unknown *device.NameError
	if errors.As(err, &unknown) {
		return nil, refuse("{device}: %w", err)
	}
	return dev, err
}

// lacks says which precisions a device has instead.
func lacks(i *tensor.Info, p tensor.Precision) error {
	var names []string
	for _, has := range i.Precisions {
		names = append(names, has.String())
	}
	has := fmt.Sprintf("%s computes in %s", deviceName(i), strings.Join(names, ", "))
	if why := i.Lacks[p]; why != "" {
		return refuse("{precision} %s: %s only, since %s", p, has, why)
	}
	return refuse("{precision} %s: %s only", p, has)
}

// deviceName names a device in a sentence.
func deviceName(i *tensor.Info) string {
	if i.Kind.IsCPU() {
		return "the CPU"
	}
	return fmt.Sprintf("%s (%s)", i.ID, i.Name)
}

// Devices are the names that Run.Device takes.
func Devices() []string { return device.Names() }

// findCUDA reports the search for NVIDIA's driver, and why there is no CUDA device.
func findCUDA() report.Library {
	c := device.FindCUDA()
	return report.Library{Tried: c.Tried, Reason: c.Reason()}
}

// findVulkan reports the search for Vulkan's devices.
func findVulkan() report.Library {
	s := device.FindVulkan()
	return report.Library{Found: s.Found, Tried: s.Tried, Reason: s.Reason}
}
