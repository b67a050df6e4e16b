// Package device knows which devices there are, and opens them by name.
package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// Auto is the name of the best available device, see Choose.
const Auto = "auto"

// Names are the names that Open accepts, in the order in which help should list them;
// N stands for a device's number.
func Names() []string { return here.names() }

// Open opens a device by name; the caller closes it. "auto" is what Choose takes,
// "vulkan" the first Vulkan device that is no software renderer, and "vulkan:1" the one
// of that number, as List has them. A device that needs a self-check has made it then, or
// known knows it; kernels that are wrong it does without. The error for a name that
// stands for no device here is a *NameError; any other says why a device that is here
// can't be opened. Open may be called from any goroutine, and more than once.
func Open(ctx context.Context, name string, known Checks) (tensor.Device, error) {
	return here.open(ctx, name, known)
}

// List describes the devices that Open can open: the CPU, then Vulkan's in the order of
// their numbers. The figures are those of now, as the free memory. That Vulkan can't be
// had is no error: see FindVulkan.
func List() ([]tensor.Info, error) { return here.list() }

// machine is where devices are looked for: this one, or in tests another.
type machine struct {
	cpu    func() (tensor.Device, error)
	vulkan *api
	// gpuNode says whether the system may have a discrete GPU, which is much quicker to
	// find out than to ask the drivers.
	gpuNode func() bool
}

// here is the machine that the program runs on.
var here = machine{
	cpu:     func() (tensor.Device, error) { return cpu.New(cpu.Config{}) },
	vulkan:  vulkanAPI,
	gpuNode: gpuNode,
}

// api is a way to reach GPUs.
type api struct {
	// list describes its devices, by their numbers. An error says what was tried.
	list  func() ([]tensor.Info, error)
	open  func(number int) (tensor.Device, error)
	tried func() []string // libraries, in order
	// problems is what is wrong with drivers that list leaves out.
	problems func() []string
}

// leftOut adds to a reason what is wrong with drivers that are not used.
func (a *api) leftOut(reason string) string {
	if list := a.problems(); len(list) > 0 {
		return reason + " (left out: " + strings.Join(list, "; ") + ")"
	}
	return reason
}

func (m *machine) names() []string {
	names := []string{Auto, "cpu"}
	if m.vulkan != nil {
		names = append(names, "vulkan", "vulkan:N")
	}
	return names
}

func (m *machine) open(ctx context.Context, name string, known Checks) (tensor.Device, error) {
	switch kind, _, _ := strings.Cut(name, ":"); { // "cuda:1" is a second GPU
	case name == Auto:
		dev, _, err := m.choose(ctx, known)
		return dev, err
	case name == "cpu":
		return m.cpu()
	case kind == "cuda":
		return nil, m.unknown(name, FindCUDA().Reason())
	case kind == "vulkan":
		return m.openVulkan(ctx, name, known)
	}
	return nil, m.unknown(name, "unknown name")
}

// openVulkan opens "vulkan" or "vulkan:N".
func (m *machine) openVulkan(ctx context.Context, name string, known Checks) (tensor.Device, error) {
	if m.vulkan == nil {
		return nil, m.unknown(name, noVulkan)
	}
	devices, err := m.vulkan.list()
	if err != nil {
		return nil, m.unknown(name, err.Error())
	}
	n, err := number(name, devices)
	if err != nil {
		return nil, m.unknown(name, m.vulkan.leftOut(err.Error()))
	}
	dev, _, err := m.openChecked(ctx, n, known)
	if err != nil {
		return nil, fmt.Errorf("%s can't be opened: %w", describe(&devices[n]), err)
	}
	return dev, nil
}

// number is that of the device which a name of Vulkan's means.
func number(name string, devices []tensor.Info) (int, error) {
	text, numbered := strings.CutPrefix(name, "vulkan:")
	switch n, err := strconv.ParseUint(text, 10, 16); {
	case len(devices) == 0:
		return 0, errors.New("there is no Vulkan device here")
	case numbered && err != nil:
		return 0, errors.New("a device's number is 0, 1, 2 …")
	case numbered && int(n) >= len(devices):
		return 0, fmt.Errorf("the last Vulkan device here is number %d", len(devices)-1)
	case numbered:
		return int(n), nil
	}
	n := slices.IndexFunc(devices, func(i tensor.Info) bool { return i.Kind != tensor.KindSoftware })
	if n < 0 {
		return 0, errors.New("the Vulkan devices here are software renderers, which must be asked for by number")
	}
	return n, nil
}

func (m *machine) list() ([]tensor.Info, error) {
	dev, err := m.cpu()
	if err != nil {
		return nil, err
	}
	all := []tensor.Info{dev.Info()}
	if m.vulkan != nil {
		gpus, _ := m.vulkan.list() // FindVulkan has the error
		all = append(all, gpus...)
	}
	return all, dev.Close()
}

// describe names a device in a sentence.
func describe(i *tensor.Info) string { return fmt.Sprintf("%s (%s)", i.ID, i.Name) }

// NameError reports a name that stands for no device here.
type NameError struct {
	Name      string   // as it was given
	Reason    string   // why there is no such device
	Available []string // what could be asked for instead
}

// Error says why, and what is available.
func (e *NameError) Error() string {
	return fmt.Sprintf("no device %q: %s; available: %s", e.Name, e.Reason, strings.Join(e.Available, ", "))
}

// unknown makes the error for a name.
func (m *machine) unknown(name, reason string) error {
	e := &NameError{Name: name, Reason: reason, Available: []string{Auto, "cpu"}}
	if m.vulkan == nil {
		return e
	}
	gpus, _ := m.vulkan.list()
	for i := range gpus {
		e.Available = append(e.Available, fmt.Sprintf("%s (%s, %s)", gpus[i].ID, gpus[i].Name, gpus[i].Kind))
	}
	return e
}
