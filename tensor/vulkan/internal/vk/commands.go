//go:build !nogpu

package vk

import (
	"fmt"
	"reflect"
)

// Resolve looks up the function of each field of a table by its name.
func Resolve(table any, find func(name *byte) uintptr) error {
	v := reflect.ValueOf(table).Elem()
	for i := range v.NumField() {
		name := "vk" + v.Type().Field(i).Name
		at := find(CString(name))
		if at == 0 {
			return fmt.Errorf("the driver has no %s", name)
		}
		v.Field(i).SetUint(uint64(at))
	}
	return nil
}

// Globals are the functions before there is an instance.
type Globals struct {
	CreateInstance, EnumerateInstanceExtensionProperties Command
}

// InstanceCommands are the functions of an instance.
type InstanceCommands struct {
	DestroyInstance, EnumeratePhysicalDevices, GetPhysicalDeviceProperties2, GetPhysicalDeviceMemoryProperties2,
	GetPhysicalDeviceFeatures2, GetPhysicalDeviceQueueFamilyProperties, EnumerateDeviceExtensionProperties,
	CreateDevice, GetDeviceProcAddr Command
}

// DeviceCommands are the functions of a device.
type DeviceCommands struct {
	DestroyDevice, GetDeviceQueue, DeviceWaitIdle, QueueSubmit,
	AllocateMemory, FreeMemory, MapMemory, CreateBuffer, DestroyBuffer, GetBufferMemoryRequirements, BindBufferMemory,
	CreateShaderModule, DestroyShaderModule, CreateComputePipelines, DestroyPipeline,
	CreatePipelineLayout, DestroyPipelineLayout, CreateDescriptorSetLayout, DestroyDescriptorSetLayout,
	CreateDescriptorPool, DestroyDescriptorPool, AllocateDescriptorSets, UpdateDescriptorSets,
	CreateCommandPool, DestroyCommandPool, AllocateCommandBuffers, BeginCommandBuffer, EndCommandBuffer,
	CmdBindPipeline, CmdBindDescriptorSets, CmdPushConstants, CmdDispatch, CmdPipelineBarrier, CmdCopyBuffer,
	CreateQueryPool, DestroyQueryPool, CmdResetQueryPool, CmdWriteTimestamp, GetQueryPoolResults,
	CreateFence, DestroyFence, ResetFences, WaitForFences Command
}

// List calls a function twice: for the number of things, and for the things.
func List[T any](get func(*uint32, *T) Result) ([]T, error) {
	for range 10 { // the number may grow in between
		var n uint32
		if err := get(&n, nil).Check("counting"); err != nil || n == 0 {
			return nil, err
		}
		if n > maxList {
			return nil, fmt.Errorf("the driver counts %d things, of at most %d", n, maxList)
		}
		things := make([]T, n)
		if r := get(&n, &things[0]); r != Incomplete {
			return things[:min(int(n), len(things))], r.Check("listing")
		}
	}
	return nil, &Failure{"listing", Incomplete}
}

// maxList bounds what a driver may claim to have.
const maxList = 1 << 16
