package device

import (
	"os"
	"path/filepath"
	"strings"
)

// gpuNode reports whether the system may have a discrete GPU.
func gpuNode() bool { return showsGPU("/") }

// showsGPU looks below a root for the device files that drivers of GPUs make: NVIDIA's,
// those under WSL, and those of the kernel's own drivers.
func showsGPU(root string) bool {
	for _, pattern := range []string{"dev/nvidia[0-9]*", "dev/dxg"} {
		if found, _ := filepath.Glob(filepath.Join(root, pattern)); len(found) > 0 {
			return true
		}
	}
	nodes, _ := filepath.Glob(filepath.Join(root, "dev/dri/renderD*"))
	for _, node := range nodes {
		if !sharesMemory(filepath.Join(root, "sys/class/drm", filepath.Base(node), "device")) {
			return true
		}
	}
	return false
}

// virtual are the PCI vendors of GPUs that hypervisors make up.
var virtual = map[string]bool{"0x1af4": true, "0x15ad": true, "0x1b36": true, "0x1234": true, "0x80ee": true}

// sharesMemory reports a GPU that is known not to be discrete, by its folder in sysfs.
// Intel's integrated ones all have the same place on the bus, which no other has.
func sharesMemory(folder string) bool {
	vendor, err := os.ReadFile(filepath.Join(folder, "vendor"))
	if err != nil {
		return false
	}
	name := strings.TrimSpace(string(vendor))
	place, _ := filepath.EvalSymlinks(folder)
	return virtual[name] || name == "0x8086" && filepath.Base(place) == "0000:00:02.0"
}
