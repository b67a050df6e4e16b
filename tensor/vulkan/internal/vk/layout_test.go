//go:build !nogpu

package vk

import (
	"bufio"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// headers is where Vulkan's C headers are, to write the table of layouts anew with the C
// compiler: go test ./tensor/vulkan/internal/vk -headers /usr/include
var headers = flag.String("headers", "", "write testdata/layouts.txt from the C headers in this folder")

const layouts = "testdata/layouts.txt"

// structures are those that are passed to Vulkan, by their C names. A structure that C
// nests under "properties" or "memoryProperties" is part of the one around it here.
var structures = map[string]any{
	"VkApplicationInfo":                         ApplicationInfo{},
	"VkInstanceCreateInfo":                      InstanceCreateInfo{},
	"VkDebugUtilsMessengerCreateInfoEXT":        DebugUtilsMessengerCreateInfo{},
	"VkDebugUtilsMessengerCallbackDataEXT":      DebugUtilsMessage{},
	"VkDeviceQueueCreateInfo":                   DeviceQueueCreateInfo{},
	"VkDeviceCreateInfo":                        DeviceCreateInfo{},
	"VkExtensionProperties":                     ExtensionProperties{},
	"VkQueueFamilyProperties":                   QueueFamilyProperties{},
	"VkPhysicalDeviceProperties2":               PhysicalDeviceProperties2{},
	"VkPhysicalDeviceMemoryProperties2":         PhysicalDeviceMemoryProperties2{},
	"VkMemoryType":                              MemoryType{},
	"VkMemoryHeap":                              MemoryHeap{},
	"VkPhysicalDeviceMemoryBudgetPropertiesEXT": PhysicalDeviceMemoryBudget{},
	"VkPhysicalDevicePCIBusInfoPropertiesEXT":   PhysicalDevicePCIBus{},
	"VkPhysicalDeviceMaintenance3Properties":    PhysicalDeviceMaintenance3{},
	"VkPhysicalDeviceDriverProperties":          PhysicalDeviceDriver{},
	"VkPhysicalDeviceSubgroupProperties":        PhysicalDeviceSubgroup{},
	"VkBufferCreateInfo":                        BufferCreateInfo{},
	"VkMemoryRequirements":                      MemoryRequirements{},
	"VkMemoryAllocateInfo":                      MemoryAllocateInfo{},
	"VkBufferCopy":                              BufferCopy{},
	"VkShaderModuleCreateInfo":                  ShaderModuleCreateInfo{},
	"VkSpecializationMapEntry":                  SpecializationMapEntry{},
	"VkSpecializationInfo":                      SpecializationInfo{},
	"VkPipelineShaderStageCreateInfo":           PipelineShaderStageCreateInfo{},
	"VkComputePipelineCreateInfo":               ComputePipelineCreateInfo{},
	"VkDescriptorSetLayoutBinding":              DescriptorSetLayoutBinding{},
	"VkDescriptorSetLayoutCreateInfo":           DescriptorSetLayoutCreateInfo{},
	"VkPushConstantRange":                       PushConstantRange{},
	"VkPipelineLayoutCreateInfo":                PipelineLayoutCreateInfo{},
	"VkDescriptorPoolSize":                      DescriptorPoolSize{},
	"VkDescriptorPoolCreateInfo":                DescriptorPoolCreateInfo{},
	"VkDescriptorSetAllocateInfo":               DescriptorSetAllocateInfo{},
	"VkDescriptorBufferInfo":                    DescriptorBufferInfo{},
	"VkWriteDescriptorSet":                      WriteDescriptorSet{},
	"VkCommandPoolCreateInfo":                   CommandPoolCreateInfo{},
	"VkCommandBufferAllocateInfo":               CommandBufferAllocateInfo{},
	"VkCommandBufferBeginInfo":                  CommandBufferBeginInfo{},
	"VkMemoryBarrier":                           MemoryBarrier{},
	"VkQueryPoolCreateInfo":                     QueryPoolCreateInfo{},
	"VkFenceCreateInfo":                         FenceCreateInfo{},
	"VkSubmitInfo":                              SubmitInfo{},
}

// beginnings are structures that Vulkan fills, of which only the first members are read.
var beginnings = map[string]bool{"VkDebugUtilsMessengerCallbackDataEXT": true}

// constants are numbers, by their C names.
var constants = map[string]int64{
	"VK_STRUCTURE_TYPE_APPLICATION_INFO":                             int64(TypeApplicationInfo),
	"VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO":                         int64(TypeInstanceCreateInfo),
	"VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO":                     int64(TypeDeviceQueueCreateInfo),
	"VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO":                           int64(TypeDeviceCreateInfo),
	"VK_STRUCTURE_TYPE_SUBMIT_INFO":                                  int64(TypeSubmitInfo),
	"VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO":                         int64(TypeMemoryAllocateInfo),
	"VK_STRUCTURE_TYPE_FENCE_CREATE_INFO":                            int64(TypeFenceCreateInfo),
	"VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO":                       int64(TypeQueryPoolCreateInfo),
	"VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO":                           int64(TypeBufferCreateInfo),
	"VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO":                    int64(TypeShaderModuleCreateInfo),
	"VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO":            int64(TypePipelineShaderStageCreateInfo),
	"VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO":                 int64(TypeComputePipelineCreateInfo),
	"VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO":                  int64(TypePipelineLayoutCreateInfo),
	"VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO":            int64(TypeDescriptorSetLayoutCreateInfo),
	"VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO":                  int64(TypeDescriptorPoolCreateInfo),
	"VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO":                 int64(TypeDescriptorSetAllocateInfo),
	"VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET":                         int64(TypeWriteDescriptorSet),
	"VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO":                     int64(TypeCommandPoolCreateInfo),
	"VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO":                 int64(TypeCommandBufferAllocateInfo),
	"VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO":                    int64(TypeCommandBufferBeginInfo),
	"VK_STRUCTURE_TYPE_MEMORY_BARRIER":                               int64(TypeMemoryBarrier),
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2":                 int64(TypePhysicalDeviceProperties2),
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2":          int64(TypePhysicalDeviceMemory2),
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES":          int64(TypePhysicalDeviceSubgroup),
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES":     int64(TypePhysicalDeviceMaintenance3),
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES":            int64(TypePhysicalDeviceDriver),
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT": int64(TypePhysicalDeviceMemoryBudget),
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT":  int64(TypePhysicalDevicePCIBus),
	"VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT":        int64(TypeDebugUtilsMessenger),
	"VK_PHYSICAL_DEVICE_TYPE_OTHER":                                  int64(Other),
	"VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU":                         int64(IntegratedGPU),
	"VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU":                           int64(DiscreteGPU),
	"VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU":                            int64(VirtualGPU),
	"VK_PHYSICAL_DEVICE_TYPE_CPU":                                    int64(Processor),
	"VK_QUEUE_GRAPHICS_BIT":                                          QueueGraphics,
	"VK_QUEUE_COMPUTE_BIT":                                           QueueCompute,
	"VK_MEMORY_HEAP_DEVICE_LOCAL_BIT":                                HeapDeviceLocal,
	"VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT":                            MemoryDeviceLocal,
	"VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT":                            MemoryHostVisible,
	"VK_MEMORY_PROPERTY_HOST_COHERENT_BIT":                           MemoryHostCoherent,
	"VK_MEMORY_PROPERTY_HOST_CACHED_BIT":                             MemoryHostCached,
	"VK_DESCRIPTOR_TYPE_STORAGE_BUFFER":                              StorageBuffer,
	"VK_SHADER_STAGE_COMPUTE_BIT":                                    StageCompute,
	"VK_PIPELINE_BIND_POINT_COMPUTE":                                 BindCompute,
	"VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT":                PoolResettable,
	"VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT":                    BeginOnce,
	"VK_QUERY_TYPE_TIMESTAMP":                                        QueryTimestamp,
	"VK_ACCESS_HOST_READ_BIT":                                        AccessHostRead,
	"VK_ACCESS_HOST_WRITE_BIT":                                       AccessHostWrite,
	"VK_ACCESS_SHADER_READ_BIT":                                      ShaderRead,
	"VK_ACCESS_SHADER_WRITE_BIT":                                     ShaderWrite,
	"VK_ACCESS_TRANSFER_READ_BIT":                                    TransferRead,
	"VK_ACCESS_TRANSFER_WRITE_BIT":                                   TransferWrite,
	"VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT":                           StageShaders,
	"VK_PIPELINE_STAGE_TRANSFER_BIT":                                 StageTransfer,
	"VK_PIPELINE_STAGE_HOST_BIT":                                     StageHost,
	"VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT":                           StageBottom,
	"VK_NOT_READY":                                                   int64(NotReady),
	"VK_TIMEOUT":                                                     int64(Timeout),
	"VK_INCOMPLETE":                                                  int64(Incomplete),
	"VK_ERROR_OUT_OF_HOST_MEMORY":                                    int64(OutOfHostMemory),
	"VK_ERROR_OUT_OF_DEVICE_MEMORY":                                  int64(OutOfDeviceMemory),
	"VK_ERROR_INITIALIZATION_FAILED":                                 int64(InitFailed),
	"VK_ERROR_DEVICE_LOST":                                           int64(DeviceLost),
	"VK_ERROR_MEMORY_MAP_FAILED":                                     int64(MemoryMapFailed),
	"VK_ERROR_LAYER_NOT_PRESENT":                                     int64(LayerNotPresent),
	"VK_ERROR_EXTENSION_NOT_PRESENT":                                 int64(NoExtension),
	"VK_ERROR_FEATURE_NOT_PRESENT":                                   int64(FeatureNotPresent),
	"VK_ERROR_INCOMPATIBLE_DRIVER":                                   int64(IncompatibleDriver),
	"VK_ERROR_TOO_MANY_OBJECTS":                                      int64(TooManyObjects),
	"VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT":                  severityError,
	"VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR":               InstancePortability,
	"VK_BUFFER_USAGE_TRANSFER_SRC_BIT|" +
		"VK_BUFFER_USAGE_TRANSFER_DST_BIT|" +
		"VK_BUFFER_USAGE_STORAGE_BUFFER_BIT": BufferUsage,
	"VK_QUERY_RESULT_64_BIT|" +
		"VK_QUERY_RESULT_WAIT_BIT": QueryWait64,
	"VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT|" +
		"VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT|" +
		"VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT": everyKind,
}

// limits are read by their places.
var limits = map[string]func(*PhysicalDeviceLimits) any{
	"maxStorageBufferRange":               func(l *PhysicalDeviceLimits) any { return l.MaxStorageBufferRange() },
	"maxMemoryAllocationCount":            func(l *PhysicalDeviceLimits) any { return l.MaxAllocationCount() },
	"maxPerStageDescriptorStorageBuffers": func(l *PhysicalDeviceLimits) any { return l.MaxStageStorageBuffers() },
	"maxComputeSharedMemorySize":          func(l *PhysicalDeviceLimits) any { return l.MaxSharedMemory() },
	"maxComputeWorkGroupCount":            func(l *PhysicalDeviceLimits) any { return l.MaxGroupCount() },
	"maxComputeWorkGroupInvocations":      func(l *PhysicalDeviceLimits) any { return l.MaxGroupThreads() },
	"minStorageBufferOffsetAlignment":     func(l *PhysicalDeviceLimits) any { return l.StorageAlignment() },
	"timestampPeriod":                     func(l *PhysicalDeviceLimits) any { return l.TimestampPeriod() },
}

// member is where a member of a structure lies.
type member struct {
	name         string
	offset, size uintptr
}

// table is what C says: the structures, their sizes and members, and constants.
type table struct {
	sizes     map[string]uintptr
	members   map[string][]member
	constants map[string]int64
}

func readTable(t *testing.T) table {
	t.Helper()
	f, err := os.Open(layouts)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := table{map[string]uintptr{}, map[string][]member{}, map[string]int64{}}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var m member
		var of string
		var n int64
		switch text := sc.Text(); {
		case scan(text, "  %s %d %d", &m.name, &m.offset, &m.size):
			of, m.name, _ = strings.Cut(m.name, ".")
			c.members[of] = append(c.members[of], m)
		case scan(text, "struct %s %d", &of, &n):
			c.sizes[of] = uintptr(n)
		case scan(text, "constant %s %d", &of, &n):
			c.constants[of] = n
		}
	}
	return c
}

func scan(text, format string, to ...any) bool {
	n, err := fmt.Sscanf(text, format, to...)
	return err == nil && n == len(to)
}

// flat are the members of a structure, with those of what it embeds, without padding.
func flat(typ reflect.Type, at uintptr) (list []member) {
	for f := range typ.Fields() {
		switch {
		case f.Anonymous:
			list = append(list, flat(f.Type, at+f.Offset)...)
		case f.Name != "_":
			list = append(list, member{f.Name, at + f.Offset, f.Type.Size()})
		}
	}
	return list
}

// TestLayouts: structures lie as the C compiler lays them out, member by member.
func TestLayouts(t *testing.T) {
	if *headers != "" {
		writeLayouts(t)
	}
	c := readTable(t)
	for name, s := range structures {
		typ, want := reflect.TypeOf(s), c.members[name]
		got := flat(typ, 0)
		if beginnings[name] {
			want = want[:min(len(got), len(want))]
		} else if typ.Size() != c.sizes[name] {
			t.Errorf("%v has %d bytes, %s %d", typ, typ.Size(), name, c.sizes[name])
		}
		if len(want) == 0 || len(got) != len(want) {
			t.Errorf("%v has %d members, %s %d", typ, len(got), name, len(want))
			continue
		}
		for i, m := range got {
			if m.offset != want[i].offset || m.size != want[i].size {
				t.Errorf("%v.%s is at %d with %d bytes, %s.%s at %d with %d", typ, m.name, m.offset, m.size,
					name, want[i].name, want[i].offset, want[i].size)
			}
		}
	}
}

// TestLimits: limits are read where C has them.
func TestLimits(t *testing.T) {
	c := readTable(t)
	if got, want := unsafe.Sizeof(PhysicalDeviceLimits{}), c.sizes["VkPhysicalDeviceLimits"]; got != want {
		t.Errorf("the limits have %d bytes, of %d", got, want)
	}
	for name, read := range limits {
		found := false
		for _, m := range c.members["VkPhysicalDeviceLimits"] {
			if m.name != name {
				continue
			}
			found = true
			var l PhysicalDeviceLimits
			bytes := unsafe.Slice((*byte)(unsafe.Pointer(&l)), unsafe.Sizeof(l))
			for i := range m.size { // the first element, if there are several
				bytes[m.offset+i] = 0x3f
			}
			got := reflect.ValueOf(read(&l))
			want := reflect.New(got.Type()).Elem()
			for i := range got.Type().Size() {
				*(*byte)(unsafe.Add(want.Addr().UnsafePointer(), i)) = 0x3f
			}
			if !got.Equal(want) {
				t.Errorf("%s is read as %v, not %v", name, got, want)
			}
			if first := got.Type().Size(); m.size != first && m.size != 3*first {
				t.Errorf("%s has %d bytes, and %d are read", name, m.size, first)
			}
		}
		if !found {
			t.Errorf("C has no limit %s", name)
		}
	}
}

// TestConstants: numbers are those of the C headers.
func TestConstants(t *testing.T) {
	c := readTable(t)
	for name, got := range constants {
		if want, ok := c.constants[name]; !ok || got != want {
			t.Errorf("%s is %d here, and %d in C (listed: %v)", name, got, want, ok)
		}
	}
}

// TestAllStructures: no structure is left out of the comparison.
func TestAllStructures(t *testing.T) {
	source, err := os.ReadFile("types.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"Head": true, "PhysicalDeviceLimits": true}
	for _, s := range structures {
		known[reflect.TypeOf(s).Name()] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^\t?(?:type )?([A-Z]\w*) +struct ?\{`).FindAllSubmatch(source, -1) {
		if name := string(m[1]); !known[name] {
			t.Errorf("%s is not among the structures that are held to C's: add it, and write the table anew", name)
		}
	}
}

// writeLayouts asks the C compiler.
func writeLayouts(t *testing.T) {
	t.Helper()
	core, err := os.ReadFile(filepath.Join(*headers, "vulkan", "vulkan_core.h"))
	if err != nil {
		t.Fatal(err)
	}
	var c strings.Builder
	c.WriteString("#include <stddef.h>\n#include <stdio.h>\n#include <vulkan/vulkan_core.h>\nint main(void) {\n")
	for _, name := range slices.Sorted(maps.Keys(structures)) {
		putStructure(t, &c, core, name)
	}
	putStructure(t, &c, core, "VkPhysicalDeviceLimits")
	for _, name := range slices.Sorted(maps.Keys(constants)) {
		fmt.Fprintf(&c, "printf(\"constant %s %%lld\\n\", (long long)(%s));\n", name, name)
	}
	c.WriteString("return 0;\n}\n")
	dir := t.TempDir()
	program, source := filepath.Join(dir, "layouts"), filepath.Join(dir, "layouts.c")
	if err := os.WriteFile(source, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("cc", "-I", *headers, "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	text, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(layouts, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// putStructure writes C that prints where a structure's members lie.
func putStructure(t *testing.T, c *strings.Builder, core []byte, name string) {
	t.Helper()
	fmt.Fprintf(c, "printf(\"struct %s %%zu\\n\", sizeof(%s));\n", name, name)
	for _, m := range membersOf(t, core, name, "") {
		fmt.Fprintf(c, "printf(\"  %[1]s.%[2]s %%zu %%zu\\n\", offsetof(%[1]s, %[2]s), sizeof(((%[1]s *)0)->%[2]s));\n", name, m)
	}
}

var declaration = regexp.MustCompile(`(\w+)[ *]+(\w+)(?:\[\w+\])*;`)

// membersOf are a structure's members in order, by the header's text.
func membersOf(t *testing.T, core []byte, name, prefix string) (list []string) {
	t.Helper()
	_, text, found := strings.Cut(string(core), "typedef struct "+name+" {")
	text, _, ended := strings.Cut(text, "} "+name+";")
	if !found || !ended {
		t.Fatalf("the headers have no %s", name)
	}
	for _, m := range declaration.FindAllStringSubmatch(text, -1) {
		if m[2] == "properties" || m[2] == "memoryProperties" {
			list = append(list, membersOf(t, core, m[1], m[2]+".")...)
			continue
		}
		list = append(list, prefix+m[2])
	}
	return list
}
