//go:build !nogpu

package vulkan

import (
	"errors"
	"fmt"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// barrier makes what was written before it seen by what reads after it.
func (d *device) barrier(cb vk.Handle, from, to uint32, fromStage, toStage int) {
	b := vk.MemoryBarrier{Head: vk.Head{SType: vk.TypeMemoryBarrier}, From: from, To: to}
	d.CmdPipelineBarrier.Call(cb, fromStage, toStage, 0, 1, &b, 0, 0, 0, 0)
}

// waitForKernels lets kernels see what those before them wrote, and overwrite what they read.
func (d *device) waitForKernels(cb vk.Handle) {
	d.barrier(cb, vk.ShaderWrite, vk.ShaderRead|vk.ShaderWrite, vk.StageShaders, vk.StageShaders)
}

// waitForAll does the same, for transfers before them too.
func (d *device) waitForAll(cb vk.Handle) {
	const before = vk.StageShaders | vk.StageTransfer
	d.barrier(cb, vk.ShaderWrite|vk.TransferWrite, vk.ShaderRead|vk.ShaderWrite, before, vk.StageShaders)
}

// commandPool makes one.
func (d *device) commandPool(flags uint32) (pool vk.Handle, err error) {
	info := vk.CommandPoolCreateInfo{Head: vk.Head{SType: vk.TypeCommandPoolCreateInfo}, Flags: flags, Family: d.p.family}
	err = d.CreateCommandPool.Make("making a command pool", &pool, d.handle, &info, 0)
	return pool, err
}

// commandBuffer makes one.
func (d *device) commandBuffer(pool vk.Handle) (cb vk.Handle, err error) {
	info := vk.CommandBufferAllocateInfo{Head: vk.Head{SType: vk.TypeCommandBufferAllocateInfo}, Pool: pool, Count: 1}
	err = d.AllocateCommandBuffers.Make("making a command buffer", &cb, d.handle, &info)
	return cb, err
}

// record fills a command buffer.
func (d *device) record(cb vk.Handle, flags uint32, f func(cb vk.Handle)) error {
	info := vk.CommandBufferBeginInfo{Head: vk.Head{SType: vk.TypeCommandBufferBeginInfo}, Flags: flags}
	if err := d.BeginCommandBuffer.Call(cb, &info).Check("recording"); err != nil {
		return err
	}
	f(cb)
	return d.EndCommandBuffer.Call(cb).Check("recording")
}

// Why a device works no longer.
var (
	errLost = fmt.Errorf("%w: its driver has reset it, or it was taken away", tensor.ErrLost)
	errHung = fmt.Errorf("%w: it does not answer", tensor.ErrLost)
)

// How long a submission may take. Submissions are small: see segmentFLOPs. A driver that
// computes on the CPU may be busy with much else.
const (
	gpuPatience      = 20 * time.Second
	softwarePatience = 10 * time.Minute
	closingPatience  = 2 * time.Second // once the device is being closed
	pollTime         = 250 * time.Millisecond
)

func (p *physical) patience() time.Duration {
	if p.software() {
		return softwarePatience
	}
	return gpuPatience
}

// submit starts a command buffer, with a fence that wait waits for.
func (d *device) submit(cb vk.Handle, fence int) error {
	if d.closed {
		return errDeviceClosed
	}
	if d.lost != nil {
		return d.lost
	}
	info := vk.SubmitInfo{Head: vk.Head{SType: vk.TypeSubmitInfo}, CommandCount: 1, Commands: &cb}
	err := d.QueueSubmit.Call(d.queue, 1, &info, d.fences[fence]).Check("starting work")
	if vk.Is(err, vk.DeviceLost) {
		return d.lose(err)
	}
	return err
}

// wait waits for the work with that fence. After an error nothing is known of the GPU,
// so that nothing works any more.
func (d *device) wait(fence int) error {
	f := d.fences[fence]
	began := time.Now()
	for {
		r := d.WaitForFences.Call(d.handle, 1, &f, 1, int64(pollTime))
		if r == vk.Success {
			if err := d.ResetFences.Call(d.handle, 1, &f).Check("waiting for work"); err != nil {
				return d.lose(err)
			}
			return nil
		}
		if r != vk.Timeout {
			return d.lose(r.Check("waiting for work"))
		}
		limit := d.patience
		if d.closing.Load() {
			limit = min(limit, closingPatience)
		}
		if time.Since(began) > limit {
			return d.lose(fmt.Errorf("%w after %v; if it hangs again, the driver is at fault", errHung, limit))
		}
	}
}

// lose notes that nothing works any more, and why. What is freed next may still be in use
// until the GPU is idle, which is soon if it is lost, and never if it hangs.
func (d *device) lose(err error) error {
	switch {
	case errors.Is(err, errHung):
	case vk.Is(err, vk.DeviceLost):
		d.DeviceWaitIdle.Call(d.handle)
		err = errLost
	default:
		d.DeviceWaitIdle.Call(d.handle)
		err = fmt.Errorf("%w: %w", tensor.ErrLost, err)
	}
	d.lost = fmt.Errorf("%s (%s): %w", d.p.id(), d.p.name(), err)
	return d.lost
}
