package device

import "path/filepath"

// gpuNodes are the device files that drivers of GPUs make: of the kernel's own
// drivers, of NVIDIA's, and under WSL.
var gpuNodes = []string{"/dev/dri/renderD*", "/dev/nvidia[0-9]*", "/dev/dxg"}

// gpuNode reports whether the system shows a GPU.
func gpuNode() bool {
	for _, pattern := range gpuNodes {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return true
		}
	}
	return false
}
