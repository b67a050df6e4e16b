package main

import (
	"errors"

	"resnet-tui/profile/report"
	"resnet-tui/tensor"
	"resnet-tui/tensor/device"
)

// openDevice opens what --device names, for the precision of --precision.
func openDevice(name, precision string) (tensor.Device, error) {
	dev, err := device.Open(name)
	if err != nil {
		return nil, usage("--device: %v", err)
	}
	if precision != tensor.FP32.String() {
		return nil, errors.Join(usage("--precision %s: the CPU computes in fp32 only", precision), dev.Close())
	}
	return dev, nil
}

// findCUDA reports the search for NVIDIA's driver, and why there is no CUDA
// device.
func findCUDA() report.CUDA {
	c := device.FindCUDA()
	return report.CUDA{Tried: c.Tried, Reason: c.Reason()}
}
