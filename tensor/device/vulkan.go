//go:build !nogpu && (linux || darwin || windows) && (amd64 || arm64)

package device

import (
	"resnet-tui/tensor"
	"resnet-tui/tensor/vulkan"
)

// vulkanAPI is Vulkan; a build with the tag nogpu has none, or for a system where it was
// never tried.
var vulkanAPI = &api{
	list:  vulkan.List,
	open:  func(number int) (tensor.Device, error) { return vulkan.New(vulkan.Config{Number: number}) },
	tried: vulkan.Libraries,

	problems: vulkan.Problems,
}
