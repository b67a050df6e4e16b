// Package device knows which devices there are, and opens them by name.
package device

import (
	"fmt"
	"strings"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// Auto is the name of the best available device.
const Auto = "auto"

// Names are the names that Open accepts, in the order in which help should list them.
func Names() []string { return []string{Auto, "cpu"} }

// Open opens a device by name; the caller closes it. "auto" is the best available
// one, so far always the CPU. The error for any other name is a *NameError; it says
// of CUDA and Vulkan, which users may expect, why they can't be opened. Open may be
// called from any goroutine, and more than once.
func Open(name string) (tensor.Device, error) {
	switch kind, _, _ := strings.Cut(name, ":"); { // "cuda:1" is a second GPU
	case name == Auto || name == "cpu":
		return cpu.New(cpu.Config{})
	case kind == "cuda":
		return nil, &NameError{Name: name, Reason: FindCUDA().Reason()}
	case kind == "vulkan":
		return nil, &NameError{Name: name, Reason: "this version has no Vulkan device"}
	}
	return nil, &NameError{Name: name}
}

// List describes the devices that Open can open, the CPU first. It opens each for a
// moment: the figures are those of now, as the free memory.
func List() ([]tensor.Info, error) {
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		return nil, err
	}
	return []tensor.Info{dev.Info()}, dev.Close()
}

// NameError reports a name that Open can't open.
type NameError struct {
	Name   string // as it was given
	Reason string // why it can't be opened; "" for an unknown name
}

// Error says why, and which names are available.
func (e *NameError) Error() string {
	reason := e.Reason
	if reason == "" {
		reason = "unknown name"
	}
	return fmt.Sprintf("no device %q: %s; available: %s", e.Name, reason, strings.Join(Names(), ", "))
}
