package main

import (
	"os"
	"strings"

	"resnet-tui/profile/report"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// openDevice opens what --device names. auto is the CPU, until there is more.
func openDevice(name, precision string) (tensor.Device, error) {
	kind, _, _ := strings.Cut(name, ":")
	switch {
	case kind == "cuda":
		return nil, usage("--device %s: %s; auto and cpu run on the processor", name, findCUDA().Reason)
	case name != "auto" && name != "cpu":
		return nil, usage("--device %s: there is auto, cpu, and cuda or cuda:N where a GPU can be used", name)
	case precision != tensor.FP32.String():
		return nil, usage("--precision %s: the CPU computes in fp32 only", precision)
	}
	return cpu.New(cpu.Config{})
}

// cudaLibraries are the usual places of NVIDIA's driver.
var cudaLibraries = []string{
	"/usr/lib/x86_64-linux-gnu/libcuda.so.1", "/usr/lib/aarch64-linux-gnu/libcuda.so.1",
	"/usr/lib64/libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1",
}

// findCUDA looks for NVIDIA's driver, to say why there is no CUDA device.
func findCUDA() report.CUDA {
	c := report.CUDA{Tried: cudaLibraries}
	if path := os.Getenv("RESNET_TUI_LIBCUDA"); path != "" {
		c.Tried = append([]string{path}, cudaLibraries...)
	}
	for _, path := range c.Tried {
		if _, err := os.Stat(path); err == nil {
			c.Reason = "this version has no CUDA device, though there is a driver at " + path
			return c
		}
	}
	c.Reason = "this version has no CUDA device, and no NVIDIA driver was found"
	return c
}
