//go:build !nogpu

package vulkan

import (
	"github.com/ebitengine/purego"

	"resnet-tui/tensor/vulkan/internal/vk"
)

// command is a function of Go's in a driver's place.
func command(f any) vk.Command { return vk.Command(purego.NewCallback(f)) }

// failure is how a driver's function returns a result.
func failure(r int32) uintptr { return uintptr(uint32(r)) }
