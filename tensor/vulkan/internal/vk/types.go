package vk

import "unsafe"

// Handle is any Vulkan object: 64 bits on every system that the program is built for.
type Handle uintptr

// Head begins most structures.
type Head struct {
	SType StructureType
	Next  unsafe.Pointer
}

// StructureType says which structure begins.
type StructureType uint32

// The structure types.
const (
	TypeApplicationInfo               StructureType = 0
	TypeInstanceCreateInfo            StructureType = 1
	TypeDeviceQueueCreateInfo         StructureType = 2
	TypeDeviceCreateInfo              StructureType = 3
	TypeSubmitInfo                    StructureType = 4
	TypeMemoryAllocateInfo            StructureType = 5
	TypeFenceCreateInfo               StructureType = 8
	TypeQueryPoolCreateInfo           StructureType = 11
	TypeBufferCreateInfo              StructureType = 12
	TypeShaderModuleCreateInfo        StructureType = 16
	TypePipelineShaderStageCreateInfo StructureType = 18
	TypeComputePipelineCreateInfo     StructureType = 29
	TypePipelineLayoutCreateInfo      StructureType = 30
	TypeDescriptorSetLayoutCreateInfo StructureType = 32
	TypeDescriptorPoolCreateInfo      StructureType = 33
	TypeDescriptorSetAllocateInfo     StructureType = 34
	TypeWriteDescriptorSet            StructureType = 35
	TypeCommandPoolCreateInfo         StructureType = 39
	TypeCommandBufferAllocateInfo     StructureType = 40
	TypeCommandBufferBeginInfo        StructureType = 42
	TypeMemoryBarrier                 StructureType = 46
	TypePhysicalDeviceProperties2     StructureType = 1000059001
	TypePhysicalDeviceMemory2         StructureType = 1000059006
	TypePhysicalDeviceSubgroup        StructureType = 1000094000
	TypePhysicalDeviceMaintenance3    StructureType = 1000168000
	TypePhysicalDeviceDriver          StructureType = 1000196000
	TypePhysicalDeviceMemoryBudget    StructureType = 1000237000
	TypePhysicalDevicePCIBus          StructureType = 1000212000
	TypeDebugUtilsMessenger           StructureType = 1000128004
)

// Structures for making instances and devices.
type (
	ApplicationInfo struct {
		Head
		Name          *byte
		Version       uint32
		Engine        *byte
		EngineVersion uint32
		API           uint32
	}
	InstanceCreateInfo struct {
		Head
		Flags          uint32
		App            *ApplicationInfo
		LayerCount     uint32
		Layers         **byte
		ExtensionCount uint32
		Extensions     **byte
	}
	DebugUtilsMessengerCreateInfo struct {
		Head
		Flags, Severity, Kinds uint32
		Callback               uintptr
		User                   uintptr
	}
	DebugUtilsMessage struct { // its beginning
		Head
		Flags   uint32
		ID      *byte
		Number  int32
		Message *byte
	}
	DeviceQueueCreateInfo struct {
		Head
		Flags, Family, Count uint32
		Priorities           *float32
	}
	DeviceCreateInfo struct {
		Head
		Flags          uint32
		QueueCount     uint32
		Queues         *DeviceQueueCreateInfo
		LayerCount     uint32
		Layers         **byte
		ExtensionCount uint32
		Extensions     **byte
		Features       *[55]uint32
	}
)

// InstancePortability is a flag of InstanceCreateInfo: devices that lack parts of Vulkan,
// such as Apple's, are wanted, too.
const InstancePortability = 1

// What a device says of itself.
type (
	ExtensionProperties struct {
		Name    [256]byte
		Version uint32
	}
	QueueFamilyProperties struct {
		Flags, Count, TimestampBits uint32
		Granularity                 [3]uint32
	}
	PhysicalDeviceProperties2 struct {
		Head
		API, Driver, Vendor, Device uint32
		Kind                        PhysicalDeviceType
		Name                        [256]byte
		UUID                        [16]byte
		Limits                      PhysicalDeviceLimits
		Sparse                      [5]uint32
		_                           uint32
	}
	PhysicalDeviceMemoryProperties2 struct {
		Head
		TypeCount uint32
		Types     [32]MemoryType
		HeapCount uint32
		Heaps     [16]MemoryHeap
	}
	MemoryType struct{ Flags, Heap uint32 }
	MemoryHeap struct {
		Size  uint64
		Flags uint32
	}
	PhysicalDeviceMemoryBudget struct {
		Head
		Budget, Usage [16]uint64
	}
	PhysicalDevicePCIBus struct {
		Head
		Domain, Bus, Device, Function uint32
	}
	PhysicalDeviceMaintenance3 struct {
		Head
		MaxSetDescriptors uint32
		MaxAllocation     uint64
	}
	PhysicalDeviceDriver struct {
		Head
		ID          uint32
		Name, Info  [256]byte
		Conformance [4]byte
	}
	PhysicalDeviceSubgroup struct {
		Head
		Size, Stages, Operations, QuadInAllStages uint32
	}
)

// PhysicalDeviceType is a sort of processor.
type PhysicalDeviceType uint32

// The sorts of processors.
const (
	Other PhysicalDeviceType = iota
	IntegratedGPU
	DiscreteGPU
	VirtualGPU
	Processor
)

// PhysicalDeviceLimits are 504 bytes, of which a few are read.
type PhysicalDeviceLimits [504 / 8]uint64

func (l *PhysicalDeviceLimits) at(offset int) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(l), offset)
}

func (l *PhysicalDeviceLimits) u32(offset int) uint32 { return *(*uint32)(l.at(offset)) }

// The limits, by their place in the structure.
func (l *PhysicalDeviceLimits) MaxStorageBufferRange() uint32  { return l.u32(28) }
func (l *PhysicalDeviceLimits) MaxAllocationCount() uint32     { return l.u32(36) }
func (l *PhysicalDeviceLimits) MaxStageStorageBuffers() uint32 { return l.u32(76) }
func (l *PhysicalDeviceLimits) MaxSharedMemory() uint32        { return l.u32(216) }
func (l *PhysicalDeviceLimits) MaxGroupCount() uint32          { return l.u32(220) }
func (l *PhysicalDeviceLimits) MaxGroupThreads() uint32        { return l.u32(232) }
func (l *PhysicalDeviceLimits) StorageAlignment() uint64       { return *(*uint64)(l.at(328)) }
func (l *PhysicalDeviceLimits) TimestampPeriod() float32       { return *(*float32)(l.at(424)) }

// Flags of queues, heaps and memory types.
const (
	QueueGraphics, QueueCompute = 1, 2

	HeapDeviceLocal = 1

	MemoryDeviceLocal, MemoryHostVisible, MemoryHostCoherent, MemoryHostCached = 1, 2, 4, 8
)

// Structures for memory.
type (
	BufferCreateInfo struct {
		Head
		Flags       uint32
		Size        uint64
		Usage       uint32
		Sharing     uint32
		FamilyCount uint32
		Families    *uint32
	}
	MemoryRequirements struct {
		Size, Align uint64
		Types       uint32
	}
	MemoryAllocateInfo struct {
		Head
		Size uint64
		Type uint32
	}
	BufferCopy struct{ From, To, Size uint64 }
)

// BufferUsage is copied from, copied to, a storage buffer.
const BufferUsage = 0x1 | 0x2 | 0x20

// Structures for kernels.
type (
	ShaderModuleCreateInfo struct {
		Head
		Flags uint32
		Size  uintptr
		Code  *byte
	}
	SpecializationMapEntry struct {
		ID, Offset uint32
		Size       uintptr
	}
	SpecializationInfo struct {
		Count   uint32
		Entries *SpecializationMapEntry
		Size    uintptr
		Data    *uint32
	}
	PipelineShaderStageCreateInfo struct {
		Head
		Flags, Stage   uint32
		Module         Handle
		Name           *byte
		Specialization *SpecializationInfo
	}
	ComputePipelineCreateInfo struct {
		Head
		Flags     uint32
		Stage     PipelineShaderStageCreateInfo
		Layout    Handle
		Base      Handle
		BaseIndex int32
	}
	DescriptorSetLayoutBinding struct {
		Binding, Kind, Count, Stages uint32
		Samplers                     uintptr
	}
	DescriptorSetLayoutCreateInfo struct {
		Head
		Flags, Count uint32
		Bindings     *DescriptorSetLayoutBinding
	}
	PushConstantRange        struct{ Stages, Offset, Size uint32 }
	PipelineLayoutCreateInfo struct {
		Head
		Flags      uint32
		SetCount   uint32
		Sets       *Handle
		RangeCount uint32
		Ranges     *PushConstantRange
	}
	DescriptorPoolSize       struct{ Kind, Count uint32 }
	DescriptorPoolCreateInfo struct {
		Head
		Flags, MaxSets, SizeCount uint32
		Sizes                     *DescriptorPoolSize
	}
	DescriptorSetAllocateInfo struct {
		Head
		Pool    Handle
		Count   uint32
		Layouts *Handle
	}
	DescriptorBufferInfo struct {
		Buffer       Handle
		Offset, Size uint64
	}
	WriteDescriptorSet struct {
		Head
		Set                         Handle
		Binding, First, Count, Kind uint32
		Image                       uintptr
		Buffer                      *DescriptorBufferInfo
		Texel                       uintptr
	}
)

// What kernels are.
const (
	StorageBuffer = 7
	StageCompute  = 0x20
	BindCompute   = 1
)

// Structures for commands.
type (
	CommandPoolCreateInfo struct {
		Head
		Flags, Family uint32
	}
	CommandBufferAllocateInfo struct {
		Head
		Pool         Handle
		Level, Count uint32
	}
	CommandBufferBeginInfo struct {
		Head
		Flags   uint32
		Inherit uintptr
	}
	MemoryBarrier struct {
		Head
		From, To uint32
	}
	QueryPoolCreateInfo struct {
		Head
		Flags, Kind, Count, Statistics uint32
	}
	FenceCreateInfo struct {
		Head
		Flags uint32
	}
	SubmitInfo struct {
		Head
		WaitCount    uint32
		Waits        *Handle
		Stages       *uint32
		CommandCount uint32
		Commands     *Handle
		SignalCount  uint32
		Signals      *Handle
	}
)

// Flags of commands, and the accesses and stages of barriers.
const (
	PoolResettable  = 2 // command buffers one by one
	BeginOnce       = 1
	QueryTimestamp  = 2
	QueryWait64     = 1 | 2 // 64-bit results, when they are there
	AccessHostRead  = 0x2000
	AccessHostWrite = 0x4000
	ShaderRead      = 0x20
	ShaderWrite     = 0x40
	TransferRead    = 0x800
	TransferWrite   = 0x1000
	StageShaders    = 0x800
	StageTransfer   = 0x1000
	StageHost       = 0x4000
	StageBottom     = 0x2000
)
