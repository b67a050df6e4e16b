//go:build !nogpu

package vulkan

import (
	"errors"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// TestSmallHeap: what does not fit into the device's memory is refused before any is
// taken, with or without a driver that says how much is free.
func TestSmallHeap(t *testing.T) {
	r := start(t)
	defer r.close(t)
	in := *r.dev.in
	whole := in.GetPhysicalDeviceMemoryProperties2
	const size = stagingBytes + 2<<20
	in.GetPhysicalDeviceMemoryProperties2 = command(func(p vk.Handle, m *vk.PhysicalDeviceMemoryProperties2) uintptr {
		whole.Call(p, m)
		for i := range m.HeapCount {
			m.Heaps[i].Size = size
		}
		if m.Next != nil {
			*(*vk.PhysicalDeviceMemoryBudget)(m.Next) = vk.PhysicalDeviceMemoryBudget{}
		}
		return 0
	})
	r.dev.in = &in
	b, _ := tensortest.SmallNet(false, 640)
	before := r.dev.taken
	_, err := r.dev.Compile(&b.Plan, r.state, tensor.Options{})
	var m *tensor.MemoryError
	if !errors.As(err, &m) || m.Have <= 0 || m.Have >= 2<<20 || m.Need <= m.Have {
		t.Errorf("%v (%+v)", err, m)
	}
	if r.dev.taken != before {
		t.Errorf("it took %d bytes", r.dev.taken-before)
	}
	if err := r.run(); err != nil {
		t.Errorf("the program that is there: %v", err)
	}
}

// TestDriverRefuses: when the driver has less than it said, the error has what it gave,
// nothing stays taken, and a smaller program still works.
func TestDriverRefuses(t *testing.T) {
	for nth := 1; nth <= 3; nth++ {
		d := open(t)
		b, _ := tensortest.SmallNet(false, 2)
		s, err := d.NewState(b.Params, tensortest.Values{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		before, calls := d.taken, 0
		allocate := d.AllocateMemory
		d.AllocateMemory = command(func(h vk.Handle, ask, a, m vk.Handle) uintptr {
			if calls++; calls == nth {
				return failure(int32(vk.OutOfDeviceMemory))
			}
			return allocate.Address(h, ask, a, m)
		})
		_, err = d.Compile(&b.Plan, s, tensor.Options{})
		var m *tensor.MemoryError
		if !errors.As(err, &m) || m.Have >= m.Need || (m.Have > 0) != (nth > 1) || !strings.Contains(err.Error(), "out of device memory") {
			t.Errorf("allocation %d: %v (%+v)", nth, err, m)
		}
		if d.taken != before {
			t.Errorf("allocation %d: %d bytes stay taken", nth, d.taken-before)
		}
		p, err := d.Compile(&b.Plan, s, tensor.Options{})
		if err != nil {
			t.Fatalf("allocation %d, once more: %v", nth, err)
		}
		r := running{d, s, p}
		if err := r.run(); err != nil {
			t.Error(err)
		}
		r.close(t)
		if d.taken != 0 {
			t.Errorf("%d bytes stay taken after closing", d.taken)
		}
	}
}

func (r running) close(t *testing.T) {
	t.Helper()
	if err := errors.Join(r.prog.Close(), r.state.Close(), r.dev.Close()); err != nil {
		t.Error(err)
	}
}
