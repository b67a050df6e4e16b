//go:build !nogpu

package vulkan

import (
	"embed"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// shaders are compiled by gen from shaders/.
//
//go:embed shaders/spv/*.spv
var shaders embed.FS

// code is a kernel's SPIR-V. Tests exchange it for that of kernels which are broken on purpose.
var code = func(kernel string) ([]byte, error) { return shaders.ReadFile("shaders/spv/" + kernel + ".spv") }

// compileAll makes the pipelines of kernels that the device does not have yet, several at
// once: a driver may take a tenth of a second for each.
func (d *device) compileAll(kernels []*gpu.Kernel) error {
	missing := d.missing(kernels)
	errs := make([]error, len(missing))
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(missing)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(missing)); i = next.Add(1) - 1 {
				_, errs[i] = d.pipeline(missing[i].Name, missing[i].Constants)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// missing are the kernels that have no pipeline, each once.
func (d *device) missing(kernels []*gpu.Kernel) (list []*gpu.Kernel) {
	d.keep.Lock()
	defer d.keep.Unlock()
	seen := map[string]bool{}
	for _, k := range kernels {
		key := pipelineKey(k.Name, k.Constants)
		if d.pipelines[key] == 0 && !seen[key] {
			seen[key] = true
			list = append(list, k)
		}
	}
	return list
}

func pipelineKey(kernel string, constants []uint32) string { return fmt.Sprint(kernel, constants) }

// pipeline is a kernel for the device, specialised by constants 0, 1, … An error is a
// *gpu.KernelError if it is about this kernel rather than about the device.
func (d *device) pipeline(kernel string, constants []uint32) (vk.Handle, error) {
	key := pipelineKey(kernel, constants)
	d.keep.Lock()
	h := d.pipelines[key]
	d.keep.Unlock()
	if h != 0 {
		return h, nil
	}
	h, err := d.build(kernel, constants)
	if vk.Is(err, vk.OutOfDeviceMemory) || vk.Is(err, vk.OutOfHostMemory) || vk.Is(err, vk.DeviceLost) {
		return 0, fmt.Errorf("kernel %s: %w", kernel, err)
	}
	if err != nil {
		return 0, &gpu.KernelError{Kernel: kernel, Err: err}
	}
	d.keep.Lock()
	defer d.keep.Unlock()
	if other := d.pipelines[key]; other != 0 { // of someone who was quicker
		d.DestroyPipeline.Call(d.handle, h, 0)
		return other, nil
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
