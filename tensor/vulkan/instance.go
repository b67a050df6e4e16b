//go:build !nogpu

package vulkan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"resnet-tui/tensor/vulkan/internal/vk"
)

// instance is the one connection to Vulkan that a process has.
type instance struct {
	vk.InstanceCommands
	handle  vk.Handle
	find    vk.Command // vkGetInstanceProcAddr
	devices []*physical
	// problems are what is wrong with drivers, and with devices that are not among devices.
	problems []string
}

// Versions of the interface.
const (
	version11 = 1<<22 | 1<<12 // at least, of a device
	version12 = 1<<22 | 2<<12 // for the kernels on matrix units
	version13 = 1<<22 | 3<<12 // that the program knows
)

// portability is an extension without which a loader hides MoltenVK.
const portability = "VK_KHR_portability_enumeration"

func newInstance(find vk.Command) (*instance, error) {
	in := &instance{find: find}
	var g vk.Globals
	if err := vk.Resolve(&g, in.lookUp); err != nil {
		return nil, fmt.Errorf("it is no Vulkan loader: %w", err)
	}
	vk.Heard()
	if err := in.create(&g); err != nil {
		return nil, in.explain(err)
	}
	if err := vk.Resolve(&in.InstanceCommands, in.lookUp); err != nil {
		if in.DestroyInstance != 0 {
			in.DestroyInstance.Call(in.handle, 0)
		}
		return nil, err
	}
	if err := in.enumerate(); err != nil {
		in.DestroyInstance.Call(in.handle, 0)
		return nil, in.explain(err)
	}
	in.problems = append(in.problems, vk.Heard()...)
	return in, nil
}

// create makes the handle. The loader's errors are to be heard, if it can tell them.
func (in *instance) create(g *vk.Globals) error {
	app := vk.ApplicationInfo{Head: vk.Head{SType: vk.TypeApplicationInfo}, Name: vk.CString("resnet-tui"), API: version13}
	info := vk.InstanceCreateInfo{Head: vk.Head{SType: vk.TypeInstanceCreateInfo}, App: &app}
	// An error has no text here: a loader that fails is asked again below, and tells then.
	list, err := vk.List(func(n *uint32, p *vk.ExtensionProperties) vk.Result {
		return g.EnumerateInstanceExtensionProperties.Call(0, n, p)
	})
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(e vk.ExtensionProperties) bool { return vk.GoString(e.Name[:]) == name })
	}
	var names []*byte
	if has(portability) {
		info.Flags, names = vk.InstancePortability, append(names, vk.CString(portability))
	}
	if err != nil || has(vk.DebugUtils) {
		info.Next, names = unsafe.Pointer(vk.Errors()), append(names, vk.CString(vk.DebugUtils))
	}
	info.ExtensionCount, info.Extensions = uint32(len(names)), unsafe.SliceData(names)
	return g.CreateInstance.Make("connecting to Vulkan's drivers", &in.handle, &info, 0)
}

// explain adds what the loader has said, and how to choose drivers.
func (in *instance) explain(err error) error {
	said := append(in.problems, vk.Heard()...)
	if len(said) > 0 {
		err = fmt.Errorf("%w: %s", err, strings.Join(said, "; "))
	}
	remedy := "install the GPU's driver, or repair it"
	if len(said) == 1 && strings.Contains(said[0], "parse JSON") { // which some loaders take for all there is
		remedy = "mend or remove that file, or leave it out"
	}
	return fmt.Errorf("%w: %s%s", err, remedy, narrowing())
}

// enumerate finds the devices that can be opened, and notes what is wrong with others.
func (in *instance) enumerate() error {
	handles, err := vk.List(func(n *uint32, p *vk.Handle) vk.Result {
		return in.EnumeratePhysicalDevices.Call(in.handle, n, p)
	})
	if vk.Is(err, vk.InitFailed) {
		return fmt.Errorf("no driver finds a GPU of its make: %w", err)
	}
	if err != nil {
		return fmt.Errorf("asking for Vulkan's devices: %w", err)
	}
	for _, h := range handles {
		p, err := in.inspect(h)
		if err == nil {
			err = p.fits()
		}
		if err != nil {
			in.problems = append(in.problems, fmt.Sprintf("%s is left out: %v", p.name(), err))
			continue
		}
		p.number = len(in.devices)
		in.devices = append(in.devices, p)
	}
	return nil
}

// Problems is what is wrong with drivers and devices that List leaves out.
func Problems() []string {
	in, err := connect()
	if err != nil {
		return nil // it is List's
	}
	return slices.Clone(in.problems)
}

// lookUp is the address of a function.
func (in *instance) lookUp(name *byte) uintptr { return in.find.Address(in.handle, name) }

// choose is the device of that number. A negative number is the best: a GPU of its own
// before one of the processor's, and no software.
func (in *instance) choose(number int) (*physical, error) {
	switch {
	case len(in.devices) == 0:
		return nil, in.explain(errors.New("no device has a Vulkan driver that works"))
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
