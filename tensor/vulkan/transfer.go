//go:build !nogpu

package vulkan

import "resnet-tui/tensor/vulkan/internal/vk"

// stagingBytes is the memory through which transfers go.
const stagingBytes = 16 << 20

// upload copies from the host, in pieces.
func (d *device) upload(to place, from []float32) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errDeviceClosed
	}
	for len(from) > 0 {
		n := min(len(from), len(d.staging.mapped))
		copy(d.staging.mapped, from[:n])
		if err := d.copy(d.staging.buffer, to.buffer, 0, to.offset, n); err != nil {
			return err
		}
		to.offset += int64(n) * 4
		from = from[n:]
	}
	return nil
}

// download copies to the host.
func (d *device) download(to []float32, from place) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errDeviceClosed
	}
	for len(to) > 0 {
		n := min(len(to), len(d.staging.mapped))
		if err := d.copy(from.buffer, d.staging.buffer, from.offset, 0, n); err != nil {
			return err
		}
		copy(to[:n], d.staging.mapped)
		from.offset += int64(n) * 4
		to = to[n:]
	}
	return nil
}

// copy copies values between buffers and waits.
func (d *device) copy(from, to vk.Handle, at, toAt int64, values int) error {
	err := d.record(d.transfers, vk.BeginOnce, func(cb vk.Handle) {
		region := vk.BufferCopy{From: uint64(at), To: uint64(toAt), Size: uint64(values) * 4}
		d.barrier(cb, vk.ShaderWrite, vk.TransferRead|vk.TransferWrite, vk.StageShaders, vk.StageTransfer)
		d.CmdCopyBuffer.Call(cb, from, to, 1, &region)
		d.barrier(cb, vk.TransferWrite, vk.AccessHostRead|vk.TransferRead|vk.TransferWrite|vk.ShaderRead|vk.ShaderWrite,
			vk.StageTransfer, vk.StageHost|vk.StageTransfer|vk.StageShaders)
	})
	if err != nil {
		return err
	}
	if err := d.submit(d.transfers, 0); err != nil {
		return err
	}
	return d.wait(0)
}
