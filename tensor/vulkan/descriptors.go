//go:build !nogpu

package vulkan

import (
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// descriptorPool makes a pool for the descriptor sets of so many kernels.
func (d *device) descriptorPool(kernels int) (pool vk.Handle, err error) {
	size := vk.DescriptorPoolSize{Kind: vk.StorageBuffer, Count: uint32(kernels * gpu.Bindings)}
	info := vk.DescriptorPoolCreateInfo{
		Head:    vk.Head{SType: vk.TypeDescriptorPoolCreateInfo},
		MaxSets: uint32(kernels), SizeCount: 1, Sizes: &size,
	}
	err = d.CreateDescriptorPool.Make("making a pool of descriptors", &pool, d.handle, &info, 0)
	return pool, err
}

// descriptorSet makes the descriptor set of a kernel: which memory it has at each binding.
func (d *device) descriptorSet(pool vk.Handle, at func(binding int) place) (set vk.Handle, err error) {
	info := vk.DescriptorSetAllocateInfo{
		Head: vk.Head{SType: vk.TypeDescriptorSetAllocateInfo},
		Pool: pool, Count: 1, Layouts: &d.setLayout,
	}
	if err := d.AllocateDescriptorSets.Make("making descriptors", &set, d.handle, &info); err != nil {
		return 0, err
	}
	var ranges [gpu.Bindings]vk.DescriptorBufferInfo
	var writes [gpu.Bindings]vk.WriteDescriptorSet
	for i := range writes {
		m := at(i)
		ranges[i] = vk.DescriptorBufferInfo{Buffer: m.buffer, Offset: uint64(m.offset), Size: uint64(m.bytes)}
		writes[i] = vk.WriteDescriptorSet{
			Head: vk.Head{SType: vk.TypeWriteDescriptorSet},
			Set:  set, Binding: uint32(i), Count: 1, Kind: vk.StorageBuffer, Buffer: &ranges[i],
		}
	}
	d.UpdateDescriptorSets.Call(d.handle, len(writes), &writes[0], 0, 0)
	return set, nil
}

// timestampPool makes a pool of so many timestamps.
func (d *device) timestampPool(stamps int) (pool vk.Handle, err error) {
	info := vk.QueryPoolCreateInfo{
		Head: vk.Head{SType: vk.TypeQueryPoolCreateInfo},
		Kind: vk.QueryTimestamp, Count: uint32(stamps),
	}
	err = d.CreateQueryPool.Make("making a pool of timestamps", &pool, d.handle, &info, 0)
	return pool, err
}
