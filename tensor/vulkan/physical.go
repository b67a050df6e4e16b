//go:build !nogpu

package vulkan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/gpu/sensors"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// physical is a GPU that can be opened.
type physical struct {
	number     int
	handle     vk.Handle
	props      vk.PhysicalDeviceProperties2
	driver     vk.PhysicalDeviceDriver
	memory     vk.PhysicalDeviceMemoryProperties2
	extensions map[string]bool
	maxAlloc   int64
	family     uint32          // of queues
	stampBits  uint32          // of its timestamps
	subgroup   uint32          // threads of one
	sensors    *sensors.Reader // nil where its place on the bus is not known
	matrices   []gpu.Matrices
	lacks      map[tensor.Precision]string // what it would need for each precision that it has not
}

const noFamily = ^uint32(0)

// subset is the extension of drivers that reach the GPU through another interface.
const subset = "VK_KHR_portability_subset"

// inspect reads what a device can do. After an error it is not all known.
func (in *instance) inspect(h vk.Handle) (*physical, error) {
	p := &physical{handle: h, family: noFamily, extensions: map[string]bool{}}
	m3 := vk.PhysicalDeviceMaintenance3{Head: vk.Head{SType: vk.TypePhysicalDeviceMaintenance3}}
	p.driver.SType = vk.TypePhysicalDeviceDriver
	p.driver.Next = unsafe.Pointer(&m3)
	sub := vk.PhysicalDeviceSubgroup{Head: vk.Head{SType: vk.TypePhysicalDeviceSubgroup}}
	m3.Next = unsafe.Pointer(&sub)
	p.props.Head = vk.Head{SType: vk.TypePhysicalDeviceProperties2, Next: unsafe.Pointer(&p.driver)}
	in.GetPhysicalDeviceProperties2.Call(h, &p.props)
	p.props.Next, p.driver.Next = nil, nil
	p.subgroup = sub.Size
	p.maxAlloc = int64(min(m3.MaxAllocation, 1<<62))
	p.memory.SType = vk.TypePhysicalDeviceMemory2
	in.GetPhysicalDeviceMemoryProperties2.Call(h, &p.memory)
	if err := in.chooseFamily(p); err != nil {
		return p, err
	}
	if !(p.props.Limits.TimestampPeriod() > 0) {
		p.stampBits = 0 // whatever the driver counts, it is no time
	}
	exts, err := vk.List(func(n *uint32, e *vk.ExtensionProperties) vk.Result {
		return in.EnumerateDeviceExtensionProperties.Call(h, 0, n, e)
	})
	for i := range exts {
		p.extensions[vk.GoString(exts[i].Name[:])] = true
	}
	if err != nil {
		return p, err
	}
	in.findSensors(p)
	return p, in.findMatrices(p)
}

// findSensors finds where the GPU sits on the bus, by which the system knows it.
func (in *instance) findSensors(p *physical) {
	if !p.extensions["VK_EXT_pci_bus_info"] {
		return
	}
	bus := vk.PhysicalDevicePCIBus{Head: vk.Head{SType: vk.TypePhysicalDevicePCIBus}}
	props := vk.PhysicalDeviceProperties2{
		Head: vk.Head{SType: vk.TypePhysicalDeviceProperties2, Next: unsafe.Pointer(&bus)},
	}
	in.GetPhysicalDeviceProperties2.Call(p.handle, &props)
	at := sensors.Address{Domain: bus.Domain, Bus: bus.Bus, Device: bus.Device, Function: bus.Function}
	p.sensors = sensors.New(at, p.props.Vendor)
}

// chooseFamily picks the queues to compute with: those that don't draw, if there are
// such, for they don't wait for the screen.
func (in *instance) chooseFamily(p *physical) error {
	families, err := vk.List(func(n *uint32, q *vk.QueueFamilyProperties) vk.Result {
		in.GetPhysicalDeviceQueueFamilyProperties.Call(p.handle, n, q)
		return vk.Success
	})
	for i, f := range families {
		if f.Flags&vk.QueueCompute != 0 && (p.family == noFamily || f.Flags&vk.QueueGraphics == 0) {
			p.family, p.stampBits = uint32(i), f.TimestampBits
		}
	}
	return err
}

func (p *physical) name() string { return vk.GoString(p.props.Name[:]) }
func (p *physical) id() string   { return fmt.Sprintf("vulkan:%d", p.number) }

// software reports whether the device computes on the CPU.
func (p *physical) software() bool { return p.props.Kind == vk.Processor }

// shared is the memory that a workgroup's threads have in common, in bytes.
func (p *physical) shared() int64 { return int64(p.props.Limits.MaxSharedMemory()) }

// precisions are those that convolutions can have.
func (p *physical) precisions() []tensor.Precision {
	list := []tensor.Precision{tensor.FP32}
	for _, m := range p.matrices {
		list = append(list, m.Precision)
	}
	return list
}

// kinds are what Vulkan's types are called.
var kinds = map[vk.PhysicalDeviceType]tensor.DeviceKind{
	vk.IntegratedGPU: tensor.KindIntegrated, vk.DiscreteGPU: tensor.KindDiscrete,
	vk.VirtualGPU: tensor.KindVirtual, vk.Processor: tensor.KindSoftware, vk.Other: tensor.KindVirtual,
}

// info describes the device, and its memory as it is now.
func (in *instance) info(p *physical) tensor.Info {
	heaps := in.heaps(p)
	info := tensor.Info{
		ID: p.id(), Name: p.name(), Kernels: "spir-v", Kind: kinds[p.props.Kind], Heaps: heaps,
		Driver: p.driverName(), API: apiName(p.props.API), Precisions: p.precisions(), Lacks: p.lacks,
		CheckKey: p.checkKey(), Features: []string{p.clockFeature()},
	}
	if len(heaps) > 0 {
		info.Memory, info.Free = heaps[0].Size, heaps[0].Free
	}
	return info
}

// driverName is the driver's name and version, as it says them.
func (p *physical) driverName() string {
	name, version := vk.GoString(p.driver.Name[:]), vk.GoString(p.driver.Info[:])
	switch {
	case name == "":
		return fmt.Sprintf("%#x", p.props.Driver)
	case version == "":
		return fmt.Sprintf("%s %#x", name, p.props.Driver)
	}
	return name + " " + version
}

// apiName is a version of Vulkan.
func apiName(v uint32) string { return fmt.Sprintf("Vulkan %d.%d.%d", v>>22, v>>12&0x3ff, v&0xfff) }

// heaps are the device's memories, its own before the host's, the largest first.
func (in *instance) heaps(p *physical) []tensor.Heap {
	budget := vk.PhysicalDeviceMemoryBudget{Head: vk.Head{SType: vk.TypePhysicalDeviceMemoryBudget}}
	m := vk.PhysicalDeviceMemoryProperties2{Head: vk.Head{SType: vk.TypePhysicalDeviceMemory2}}
	known := p.extensions["VK_EXT_memory_budget"]
	if known {
		m.Next = unsafe.Pointer(&budget)
	}
	in.GetPhysicalDeviceMemoryProperties2.Call(p.handle, &m)
	var list []tensor.Heap
	for i, h := range m.Heaps[:min(int(m.HeapCount), len(m.Heaps))] {
		heap := tensor.Heap{Size: int64(min(h.Size, 1<<62)), Local: h.Flags&vk.HeapDeviceLocal != 0}
		if known && budget.Budget[i] > budget.Usage[i] {
			heap.Free = int64(min(budget.Budget[i]-budget.Usage[i], 1<<62))
		}
		list = append(list, heap)
	}
	slices.SortStableFunc(list, func(a, b tensor.Heap) int {
		if a.Local != b.Local {
			if a.Local {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Size, a.Size)
	})
	return list
}

// traits are what lowering must know.
func (p *physical) traits() gpu.Traits {
	l := &p.props.Limits
	return gpu.Traits{
		Name: p.name(), Driver: p.driverName(), Precisions: p.precisions(), Align: int64(max(16, l.StorageAlignment())),
		MaxBuffer: int64(l.MaxStorageBufferRange()), MaxAllocation: p.maxAlloc, Shared: p.shared(), Matrices: p.matrices,
	}
}

// fits reports a device that the kernels can't run on.
func (p *physical) fits() error {
	l := &p.props.Limits
	if p.props.API < version11 {
		return fmt.Errorf("its driver has %s, of 1.1 at least", apiName(p.props.API))
	}
	if p.family == noFamily {
		return errors.New("its driver can only draw")
	}
	buffers, shared, threads := l.MaxStageStorageBuffers(), l.MaxSharedMemory(), l.MaxGroupThreads()
	if buffers < gpu.Bindings || shared < sharedBytes || threads < gpu.Threads {
		return fmt.Errorf("it is too small for the kernels: "+
			"%d storage buffers of %d, %d bytes of shared memory of %d, %d threads of %d",
			buffers, gpu.Bindings, shared, sharedBytes, threads, gpu.Threads)
	}
	return nil
}

// sharedBytes is the shared memory that kernels take at most: what Vulkan guarantees.
const sharedBytes = 16 << 10
