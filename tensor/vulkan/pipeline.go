//go:build !nogpu

package vulkan

import (
	"embed"
	"fmt"

	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// shaders are compiled by gen from shaders/.
//
//go:embed shaders/spv/*.spv
var shaders embed.FS

// code is a kernel's SPIR-V. Tests exchange it for that of kernels which are broken on purpose.
var code = func(kernel string) ([]byte, error) { return shaders.ReadFile("shaders/spv/" + kernel + ".spv") }

// pipeline is a kernel for the device, specialised by constants 0, 1, …
func (d *device) pipeline(kernel string, constants []uint32) (vk.Handle, error) {
	d.keep.Lock()
	defer d.keep.Unlock()
	key := fmt.Sprint(kernel, constants)
	if h, ok := d.pipelines[key]; ok {
		return h, nil
	}
	h, err := d.build(kernel, constants)
	if err != nil {
		return 0, &gpu.KernelError{Kernel: kernel, Err: err}
	}
	d.pipelines[key] = h
	return h, nil
}

// build compiles a kernel.
func (d *device) build(kernel string, constants []uint32) (h vk.Handle, err error) {
	code, err := d.code(kernel)
	if err != nil {
		return 0, err
	}
	code = append(make([]byte, 0, len(code)), code...) // aligned
	info := vk.ShaderModuleCreateInfo{
		Head: vk.Head{SType: vk.TypeShaderModuleCreateInfo}, Size: uintptr(len(code)), Code: &code[0],
	}
	var module vk.Handle
	if err := d.CreateShaderModule.Make("loading it", &module, d.handle, &info, 0); err != nil {
		return 0, err
	}
	defer d.DestroyShaderModule.Call(d.handle, module, 0)
	pipe := vk.ComputePipelineCreateInfo{
		Head: vk.Head{SType: vk.TypeComputePipelineCreateInfo}, Layout: d.layout, BaseIndex: -1,
		Stage: vk.PipelineShaderStageCreateInfo{
			Head: vk.Head{SType: vk.TypePipelineShaderStageCreateInfo}, Stage: vk.StageCompute, Module: module,
			Name: vk.CString("main"), Specialization: specialization(constants),
		},
	}
	err = d.CreateComputePipelines.Make("compiling it", &h, d.handle, 0, 1, &pipe, 0)
	return h, err
}

// specialization is the values of constants 0, 1, …
func specialization(constants []uint32) *vk.SpecializationInfo {
	if len(constants) == 0 {
		return nil
	}
	entries := make([]vk.SpecializationMapEntry, len(constants))
	for i := range entries {
		entries[i] = vk.SpecializationMapEntry{ID: uint32(i), Offset: uint32(4 * i), Size: 4}
	}
	return &vk.SpecializationInfo{
		Count: uint32(len(entries)), Entries: &entries[0], Size: uintptr(4 * len(constants)), Data: &constants[0],
	}
}
