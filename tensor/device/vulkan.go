//go:build !nogpu

package device

import (
	"resnet-tui/tensor"
	"resnet-tui/tensor/vulkan"
)

// vulkanAPI is Vulkan; a build with the tag nogpu has none.
var vulkanAPI = &api{
	list:    vulkan.List,
	open:    func(number int) (tensor.Device, error) { return vulkan.New(vulkan.Config{Number: number}) },
	trusted: func(int) (bool, string) { return false, "they were never checked on this driver" },
	tried:   vulkan.Libraries,
}
