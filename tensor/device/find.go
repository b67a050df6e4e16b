package device

import "os"

// Search is how the search for an API of GPUs went.
type Search struct {
	Found  bool     // it has a device
	Tried  []string // libraries, in order
	Reason string   // why nothing was found; "" if it was
}

// FindVulkan looks for Vulkan's loader and its devices.
func FindVulkan() Search { return here.findVulkan() }

// noVulkan is why a program that was built without Vulkan has none.
const noVulkan = "this build has no Vulkan device: it was made with the tag nogpu, or for a system that has none"

func (m *machine) findVulkan() Search {
	if m.vulkan == nil {
		return Search{Reason: noVulkan}
	}
	devices, err := m.vulkan.list()
	s := Search{Found: len(devices) > 0, Tried: m.vulkan.tried()}
	switch {
	case err != nil:
		s.Reason = err.Error()
	case !s.Found:
		s.Reason = m.vulkan.leftOut("there is a Vulkan loader, but no driver has a device")
	}
	return s
}

// libcudaVariable names an environment variable with the path of a driver, which
// is tried first.
const libcudaVariable = "RESNET_TUI_LIBCUDA"

// cudaLibraries are the usual paths of NVIDIA's driver.
var cudaLibraries = []string{
	"/usr/lib/x86_64-linux-gnu/libcuda.so.1", "/usr/lib/aarch64-linux-gnu/libcuda.so.1",
	"/usr/lib64/libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1",
}

// CUDA is the result of the search for NVIDIA's driver. There is no CUDA device yet;
// an error that names the driver saves the user from searching for it.
type CUDA struct {
	Tried  []string // paths, in order
	Driver string   // the first of Tried that exists, or ""
}

// FindCUDA looks for NVIDIA's driver in the usual paths. It loads nothing.
func FindCUDA() CUDA {
	var c CUDA
	if path := os.Getenv(libcudaVariable); path != "" {
		c.Tried = append(c.Tried, path)
	}
	c.Tried = append(c.Tried, cudaLibraries...)
	for _, path := range c.Tried {
		if _, err := os.Stat(path); err == nil {
			c.Driver = path
			break
		}
	}
	return c
}

// Reason says why no CUDA device can be opened.
func (c CUDA) Reason() string {
	if c.Driver != "" {
		return "this version has no CUDA device, though there is a driver at " + c.Driver
	}
	return "this version has no CUDA device, and no NVIDIA driver was found"
}
