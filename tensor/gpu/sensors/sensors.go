// Package sensors reads a GPU's clocks, temperature and power from the system: from the
// files that Linux's own drivers have for it, or from NVIDIA's management library.
// Neither a driver of Vulkan's nor one of CUDA's need be loaded for it.
package sensors

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"resnet-tui/tensor"
)

// Address is where a GPU sits on the PCI bus.
type Address struct{ Domain, Bus, Device, Function uint32 }

// String is the address as Linux writes it, "0000:01:00.0".
func (a Address) String() string {
	return fmt.Sprintf("%04x:%02x:%02x.%x", a.Domain, a.Bus, a.Device, a.Function)
}

// A Reader reads the sensors of one GPU. Its method is safe for concurrent use.
type Reader struct {
	address Address
	nvidia  bool

	mu     sync.Mutex
	read   time.Time
	newest tensor.Sensors
}

// vendorNVIDIA is NVIDIA's number on the PCI bus.
const vendorNVIDIA = 0x10de

// New makes a reader for the GPU of a vendor at an address.
func New(a Address, vendor uint32) *Reader {
	return &Reader{address: a, nvidia: vendor == vendorNVIDIA}
}

// fresh is how long a reading counts: asking some GPUs takes milliseconds.
const fresh = 500 * time.Millisecond

// Read is what the sensors say now, or said half a second ago. What the system does not
// tell is 0.
func (r *Reader) Read() tensor.Sensors {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.read) >= fresh {
		r.read, r.newest = now, readFiles(r.address)
		if r.nvidia {
			r.newest = merge(r.newest, readNVML(r.address))
		}
	}
	return r.newest
}

// merge fills what a lacks from b.
func merge(a, b tensor.Sensors) tensor.Sensors {
	return tensor.Sensors{
		ClockMHz:       cmp.Or(a.ClockMHz, b.ClockMHz),
		MemoryClockMHz: cmp.Or(a.MemoryClockMHz, b.MemoryClockMHz),
		Celsius:        cmp.Or(a.Celsius, b.Celsius),
		Watts:          cmp.Or(a.Watts, b.Watts),
	}
}
