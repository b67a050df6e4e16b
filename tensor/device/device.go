// Package device knows which devices there are, and opens them by name.
package device

import (
	"fmt"
	"strings"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// Auto is the name of the best device that there is.
const Auto = "auto"

// Names are what Open accepts, in the order in which help should list them.
func Names() []string { return []string{Auto, "cpu"} }

// Open opens the device of that name; the caller closes it. "auto" is the best
// that there is, so far always the CPU. The error for any other name is a
// *NameError.
func Open(name string) (tensor.Device, error) {
	switch kind, _, _ := strings.Cut(name, ":"); {
	case name == Auto || name == "cpu":
		return cpu.New(cpu.Config{})
	case kind == "cuda":
		return nil, &NameError{Name: name, Reason: FindCUDA().Reason()}
	case kind == "vulkan":
		return nil, &NameError{Name: name, Reason: "this version has no Vulkan device"}
	}
	return nil, &NameError{Name: name}
}

// List describes the devices that Open can open, the CPU first.
func List() ([]tensor.Info, error) {
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		return nil, err
	}
	return []tensor.Info{dev.Info()}, dev.Close()
}

// NameError says that there is no device of that name.
type NameError struct {
	Name   string
	Reason string // why not, "" for a name that no device has
}

// Error says why, and which names there are.
func (e *NameError) Error() string {
	reason := e.Reason
	if reason == "" {
		reason = "unknown name"
	}
	return fmt.Sprintf("no device %q: %s; available: %s", e.Name, reason, strings.Join(Names(), ", "))
}
