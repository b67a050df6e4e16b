package device

import "os"

// CUDA is the result of the search for NVIDIA's driver. There is no CUDA device yet;
// an error that names the driver saves the user from searching for it.
type CUDA struct {
	Tried  []string // paths, in order
	Driver string   // the first of Tried that exists, or ""
}

// libcudaVariable names an environment variable with the path of a driver, which
// is tried first.
const libcudaVariable = "RESNET_TUI_LIBCUDA"

// cudaLibraries are the usual paths of NVIDIA's driver.
var cudaLibraries = []string{
	"/usr/lib/x86_64-linux-gnu/libcuda.so.1", "/usr/lib/aarch64-linux-gnu/libcuda.so.1",
	"/usr/lib64/libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1",
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
