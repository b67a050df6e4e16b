//go:build !nogpu

package vulkan

import (
	"fmt"
	"unsafe"

	"resnet-tui/tensor/vulkan/internal/vk"
)

// memory is one allocation with one buffer over all of it.
type memory struct {
	dev    *device
	buffer vk.Handle
	memory vk.Handle
	bytes  int64
	mapped []float32 // of staging memory
}

// purpose says where memory should lie.
type purpose uint8

// The purposes.
const (
	local   purpose = iota // fast for the GPU
	staging                // seen by the host, too
)

// flagsOf are the flags of the types of memory that serve, the best first.
var flagsOf = [...][]uint32{
	local: {vk.MemoryDeviceLocal, 0},
	staging: {
		vk.MemoryHostVisible | vk.MemoryHostCoherent | vk.MemoryHostCached,
		vk.MemoryHostVisible | vk.MemoryHostCoherent,
	},
}

// allocate takes memory.
func (d *device) allocate(bytes int64, use purpose) (*memory, error) {
	m := &memory{dev: d, bytes: bytes}
	before := d.take(bytes)
	if err := m.take(use); err != nil {
		m.free()
		return nil, &refusal{err, before}
	}
	return m, nil
}

// take counts memory as taken, or with a negative number as given back, and returns how
// much was taken before.
func (d *device) take(bytes int64) (before int64) {
	d.keep.Lock()
	defer d.keep.Unlock()
	before = d.taken
	d.taken += bytes
	return before
}

// refusal is a driver's, of memory, when the device had taken so much.
type refusal struct {
	error
	taken int64
}

func (r *refusal) Unwrap() error { return r.error }

// take makes the buffer, the memory and the mapping.
func (m *memory) take(use purpose) error {
	d, h := m.dev, m.dev.handle
	info := vk.BufferCreateInfo{Head: vk.Head{SType: vk.TypeBufferCreateInfo}, Size: uint64(m.bytes), Usage: vk.BufferUsage}
	if err := d.CreateBuffer.Make("making a buffer", &m.buffer, h, &info, 0); err != nil {
		return err
	}
	var req vk.MemoryRequirements
	d.GetBufferMemoryRequirements.Call(h, m.buffer, &req)
	typ, ok := d.memoryType(req.Types, use)
	if !ok {
		return fmt.Errorf("the driver has no type of memory for buffers")
	}
	ask := vk.MemoryAllocateInfo{Head: vk.Head{SType: vk.TypeMemoryAllocateInfo}, Size: req.Size, Type: typ}
	what := fmt.Sprintf("taking %.1f MB of memory", float64(m.bytes)/1e6)
	if err := d.AllocateMemory.Make(what, &m.memory, h, &ask, 0); err != nil {
		return err
	}
	if err := d.BindBufferMemory.Call(h, m.buffer, m.memory, 0).Check("binding memory"); err != nil {
		return err
	}
	if use != staging {
		return nil
	}
	var at unsafe.Pointer
	if err := d.MapMemory.Call(h, m.memory, 0, m.bytes, 0, &at).Check("mapping memory"); err != nil {
		return err
	}
	m.mapped = unsafe.Slice((*float32)(at), m.bytes/4)
	return nil
}

// memoryType is the best of the types that a buffer allows.
func (d *device) memoryType(allowed uint32, use purpose) (uint32, bool) {
	for _, want := range flagsOf[use] {
		for i := range min(d.p.memory.TypeCount, 32) {
			if allowed>>i&1 != 0 && d.p.memory.Types[i].Flags&want == want {
				return i, true
			}
		}
	}
	return 0, false
}

func (m *memory) free() {
	h := m.dev.handle
	m.dev.DestroyBuffer.Call(h, m.buffer, 0)
	m.dev.FreeMemory.Call(h, m.memory, 0)
	m.dev.take(-m.bytes)
}

// place is where a tensor lies.
type place struct {
	*memory
	offset, bytes int64
}

// chunks is memory in pieces, since devices bound an allocation.
type chunks []*memory

// reserve takes memory for places up to end, in pieces of that size.
func (d *device) reserve(end, size int64) (chunks, error) {
	var c chunks
	for at := int64(0); at < end; at += size {
		m, err := d.allocate(min(size, end-at), local)
		if err != nil {
			c.free()
			return nil, err
		}
		c = append(c, m)
	}
	return c, nil
}

func (c chunks) free() {
	for _, m := range c {
		m.free()
	}
}
