//go:build !nogpu

package vulkan

import (
	"context"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// How much the measurements do.
const (
	peakGroups   = 4096
	peakPerRound = 2 * 64 * gpu.Threads // FLOPs of a workgroup
	readBytes    = 512 << 20            // beyond all caches
	softwareRead = 64 << 20
	measureTime  = 300 * time.Millisecond // for each, at least
)

// measure finds what the GPU does at best, by its own timestamps where it has them.
func (d *device) measure(ctx context.Context) (tensor.Ceilings, error) {
	var c tensor.Ceilings
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return c, errDeviceClosed
	}
	rounds, bytes := uint32(4096), int64(readBytes)
	if d.p.software() {
		rounds, bytes = 64, softwareRead
	}
	m, err := d.allocate(min(bytes, d.traits.MaxBuffer, d.free()/4), local)
	if err != nil {
		return c, err
	}
	defer m.free()
	b, err := d.newBench(m)
	if err != nil {
		return c, err
	}
	defer b.close()
	flops := float64(peakGroups) * peakPerRound * float64(rounds)
	if c.FLOPS, err = b.best(ctx, "peak_fma", rounds, flops); err != nil {
		return c, err
	}
	c.BytesPerSecond, err = b.best(ctx, "peak_read", uint32(m.bytes/4), float64(m.bytes))
	return c, err
}

// bench runs single kernels and takes their time.
type bench struct {
	dev      *device
	commands vk.Handle
	setPool  vk.Handle
	set      vk.Handle
	queries  vk.Handle
}

// newBench makes a bench whose kernels see m at every binding.
func (d *device) newBench(m *memory) (*bench, error) {
	b := &bench{dev: d}
	if err := b.open(m); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) open(m *memory) (err error) {
	d := b.dev
	if b.commands, err = d.commandPool(0); err != nil {
		return err
	}
	size := vk.DescriptorPoolSize{Kind: vk.StorageBuffer, Count: gpu.Bindings}
	info := vk.DescriptorPoolCreateInfo{Head: vk.Head{SType: vk.TypeDescriptorPoolCreateInfo}, MaxSets: 1, SizeCount: 1, Sizes: &size}
	if err := d.CreateDescriptorPool.Make("making a pool of descriptors", &b.setPool, d.handle, &info, 0); err != nil {
		return err
	}
	ask := vk.DescriptorSetAllocateInfo{Head: vk.Head{SType: vk.TypeDescriptorSetAllocateInfo}, Pool: b.setPool, Count: 1, Layouts: &d.setLayout}
	if err := d.AllocateDescriptorSets.Make("making descriptors", &b.set, d.handle, &ask); err != nil {
		return err
	}
	all := vk.DescriptorBufferInfo{Buffer: m.buffer, Size: uint64(m.bytes)}
	var writes [gpu.Bindings]vk.WriteDescriptorSet
	for i := range writes {
		writes[i] = vk.WriteDescriptorSet{
			Head: vk.Head{SType: vk.TypeWriteDescriptorSet}, Set: b.set, Binding: uint32(i), Count: 1, Kind: vk.StorageBuffer, Buffer: &all,
		}
	}
	d.UpdateDescriptorSets.Call(d.handle, len(writes), &writes[0], 0, 0)
	query := vk.QueryPoolCreateInfo{Head: vk.Head{SType: vk.TypeQueryPoolCreateInfo}, Kind: vk.QueryTimestamp, Count: 2}
	return d.CreateQueryPool.Make("making a pool of timestamps", &b.queries, d.handle, &query, 0)
}

func (b *bench) close() {
	d, h := b.dev, b.dev.handle
	d.DestroyCommandPool.Call(h, b.commands, 0)
	d.DestroyDescriptorPool.Call(h, b.setPool, 0)
	d.DestroyQueryPool.Call(h, b.queries, 0)
}

// best is the most work a second that a kernel does in some runs.
func (b *bench) best(ctx context.Context, kernel string, arg uint32, work float64) (float64, error) {
	d := b.dev
	pipe, err := d.pipeline(kernel, nil)
	if err != nil {
		return 0, err
	}
	cb, err := d.commandBuffer(b.commands)
	if err != nil {
		return 0, err
	}
	err = d.record(cb, 0, func(cb vk.Handle) { b.put(cb, pipe, arg) })
	var best float64
	for began, n := time.Now(), 0; err == nil && (n < 3 || time.Since(began) < measureTime); n++ {
		if err = ctx.Err(); err != nil {
			break
		}
		var t time.Duration
		if t, err = b.time(cb); t > 0 {
			best = max(best, work/t.Seconds())
		}
	}
	return best, err
}

func (b *bench) put(cb, pipe vk.Handle, arg uint32) {
	d := b.dev
	if d.p.stampBits > 0 {
		d.CmdResetQueryPool.Call(cb, b.queries, 0, 2)
		d.CmdWriteTimestamp.Call(cb, vk.StageShaders, b.queries, 0)
	}
	d.CmdBindPipeline.Call(cb, vk.BindCompute, pipe)
	d.CmdBindDescriptorSets.Call(cb, vk.BindCompute, d.layout, 0, 1, &b.set, 0, 0)
	d.CmdPushConstants.Call(cb, d.layout, vk.StageCompute, 0, 4, &arg)
	d.CmdDispatch.Call(cb, peakGroups, 1, 1)
	if d.p.stampBits > 0 {
		d.CmdWriteTimestamp.Call(cb, vk.StageShaders, b.queries, 1)
	}
}

// time is how long the commands took.
func (b *bench) time(cb vk.Handle) (time.Duration, error) {
	d := b.dev
	began := time.Now()
	if err := d.submit(cb, 0); err != nil {
		return 0, err
	}
	if err := d.wait(0); err != nil {
		return 0, err
	}
	wall := time.Since(began)
	if d.p.stampBits == 0 {
		return wall, nil
	}
	var stamps [2]uint64
	err := d.GetQueryPoolResults.Call(d.handle, b.queries, 0, 2, 16, &stamps[0], 8, vk.QueryWait64).Check("reading timestamps")
	return d.p.elapsed(stamps[0], stamps[1]), err
}
