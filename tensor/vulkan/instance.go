//go:build !nogpu

package vulkan

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"resnet-tui/tensor/vulkan/internal/vk"
)

// libraryVariable names an environment variable with the path of a Vulkan loader, or of
// a driver, to use in place of the system's.
const libraryVariable = "RESNET_TUI_LIBVULKAN"

// Libraries are the names under which Vulkan is looked for, in order.
func Libraries() []string {
	if path := os.Getenv(libraryVariable); path != "" {
		return []string{path}
	}
	switch runtime.GOOS {
	case "windows":
		return []string{"vulkan-1.dll"}
	case "darwin":
		return []string{
			"libvulkan.1.dylib", "libMoltenVK.dylib", "/usr/local/lib/libvulkan.1.dylib",
			"/opt/homebrew/lib/libvulkan.1.dylib", "/opt/homebrew/lib/libMoltenVK.dylib",
		}
	}
	return []string{"libvulkan.so.1", "libvulkan.so"}
}

// instance is the one connection to Vulkan that a process has.
type instance struct {
	vk.InstanceCommands
	handle  vk.Handle
	find    vk.Command // vkGetInstanceProcAddr
	devices []*physical
}

// connect makes the instance, once.
var connect = sync.OnceValues(func() (*instance, error) {
	var tried []error
	for _, name := range Libraries() {
		find, err := vk.Open(name, "vkGetInstanceProcAddr")
		if err == nil {
			return newInstance(find)
		}
		tried = append(tried, err)
	}
	return nil, &LoaderError{Libraries(), errors.Join(tried...)}
})

// LoaderError says that there is no Vulkan on the system.
type LoaderError struct {
	Tried  []string // libraries
	Reason error
}

// Error says what was tried.
func (e *LoaderError) Error() string {
	reasons := strings.ReplaceAll(e.Reason.Error(), "\n", "; ")
	return fmt.Sprintf("there is no Vulkan loader (tried %s: %s): install the GPU's driver and its Vulkan loader, such as libvulkan1",
		strings.Join(e.Tried, ", "), reasons)
}

func (e *LoaderError) Unwrap() error { return e.Reason }

// Versions of the interface.
const (
	version11 = 1<<22 | 1<<12 // at least, of a device
	version13 = 1<<22 | 3<<12 // that the program knows
)

// portability is an extension without which a loader hides MoltenVK.
const portability = "VK_KHR_portability_enumeration"

func newInstance(find vk.Command) (*instance, error) {
	in := &instance{find: find}
	var g vk.Globals
	if err := vk.Resolve(&g, in.lookUp); err != nil {
		return nil, fmt.Errorf("the Vulkan loader is none: %w", err)
	}
	app := vk.ApplicationInfo{Head: vk.Head{SType: vk.TypeApplicationInfo}, Name: vk.CString("resnet-tui"), API: version13}
	info := vk.InstanceCreateInfo{Head: vk.Head{SType: vk.TypeInstanceCreateInfo}, App: &app}
	names, err := vk.List(func(n *uint32, p *vk.ExtensionProperties) vk.Result {
		return g.EnumerateInstanceExtensionProperties.Call(0, n, p)
	})
	if err != nil {
		return nil, fmt.Errorf("asking for Vulkan's extensions: %w", err)
	}
	if slices.ContainsFunc(names, func(e vk.ExtensionProperties) bool { return vk.GoString(e.Name[:]) == portability }) {
		name := vk.CString(portability)
		info.Flags, info.ExtensionCount, info.Extensions = 1, 1, &name
	}
	if err := g.CreateInstance.Call(&info, 0, &in.handle).Check("connecting to Vulkan"); err != nil {
		return nil, err
	}
	if err := vk.Resolve(&in.InstanceCommands, in.lookUp); err != nil {
		return nil, err
	}
	return in, in.enumerate()
}

// enumerate finds the devices that can be opened.
func (in *instance) enumerate() error {
	handles, err := vk.List(func(n *uint32, p *vk.Handle) vk.Result {
		return in.EnumeratePhysicalDevices.Call(in.handle, n, p)
	})
	if err != nil {
		return fmt.Errorf("asking for Vulkan's devices: %w", err)
	}
	for _, h := range handles {
		p, err := in.inspect(h)
		if err != nil {
			return err
		}
		if p.props.API >= version11 && p.family != noFamily {
			p.number = len(in.devices)
			in.devices = append(in.devices, p)
		}
	}
	return nil
}

// lookUp is the address of a function.
func (in *instance) lookUp(name *byte) uintptr { return in.find.Address(in.handle, name) }

// choose is the device of that number. A negative number is the best: a GPU of its own
// before one of the processor's, and no software.
func (in *instance) choose(number int) (*physical, error) {
	switch {
	case len(in.devices) == 0:
		return nil, errors.New("no device has a Vulkan driver: the GPU's driver may be missing, or its manifest may name a library that isn't there")
	case number >= len(in.devices):
		return nil, fmt.Errorf("there is no vulkan:%d; there is %s", number, in.names())
	case number >= 0:
		return in.devices[number], nil
	}
	for _, kind := range []vk.PhysicalDeviceType{vk.DiscreteGPU, vk.IntegratedGPU, vk.VirtualGPU, vk.Other} {
		for _, p := range in.devices {
			if p.props.Kind == kind {
				return p, nil
			}
		}
	}
	return nil, fmt.Errorf("no GPU has a Vulkan driver; a software renderer must be asked for by its number: %s", in.names())
}

// names lists the devices.
func (in *instance) names() string {
	var list []string
	for _, p := range in.devices {
		list = append(list, fmt.Sprintf("%s (%s)", p.id(), p.name()))
	}
	return strings.Join(list, ", ")
}
