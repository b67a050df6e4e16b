package app

import (
	"cmp"
	"errors"
	"strings"

	"resnet-tui/profile/report"
	"resnet-tui/tensor"
	"resnet-tui/tensor/device"
)

// openDevice opens the device that a spec names, for its precision. It is the only
// place that opens one.
func openDevice(r Run) (tensor.Device, error) {
	precision, known := precisions[r.Precision]
	if !known {
		return nil, refuse("{precision} %s: it must be one of %s", r.Precision, strings.Join(Precisions(), ", "))
	}
	dev, err := device.Open(cmp.Or(r.Device, device.Auto))
	if err != nil {
		return nil, refuse("{device}: %w", err)
	}
	if precision != tensor.FP32 {
		return nil, errors.Join(refuse("{precision} %s: the CPU computes in fp32 only", r.Precision), dev.Close())
	}
	return dev, nil
}

// Devices are the names that Run.Device takes.
func Devices() []string { return device.Names() }

// findCUDA reports the search for NVIDIA's driver, and why there is no CUDA device.
func findCUDA() report.CUDA {
	c := device.FindCUDA()
	return report.CUDA{Tried: c.Tried, Reason: c.Reason()}
}
