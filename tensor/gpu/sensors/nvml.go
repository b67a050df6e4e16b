//go:build !nogpu && linux && (amd64 || arm64)

package sensors

import (
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"

	"resnet-tui/tensor"
)

// nvmlLibrary is NVIDIA's management library, which comes with its driver.
var nvmlLibrary = "libnvidia-ml.so.1"

// What NVML is asked for: https://docs.nvidia.com/deploy/nvml-api.
const (
	nvmlGraphicsClock = 0
	nvmlMemoryClock   = 2
	nvmlTemperature   = 0 // of the GPU itself
)

// nvml are the library's functions. Each returns 0 if it did what it should.
type nvml struct{ handle, clock, temperature, power uintptr }

// openNVML opens the library, once; nil where it can't be had.
var openNVML = sync.OnceValue(func() *nvml {
	lib, err := purego.Dlopen(nvmlLibrary, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil
	}
	n := &nvml{}
	var start uintptr
	for name, at := range map[string]*uintptr{
		"nvmlInit_v2": &start, "nvmlDeviceGetHandleByPciBusId_v2": &n.handle, "nvmlDeviceGetClockInfo": &n.clock,
		"nvmlDeviceGetTemperature": &n.temperature, "nvmlDeviceGetPowerUsage": &n.power,
	} {
		if *at, err = purego.Dlsym(lib, name); err != nil {
			return nil
		}
	}
	if result, _, _ := purego.SyscallN(start); int32(result) != 0 {
		return nil
	}
	return n
})

// readNVML asks NVIDIA's library.
func readNVML(a Address) (s tensor.Sensors) {
	n := openNVML()
	if n == nil {
		return s
	}
	var device uintptr
	id := append([]byte(a.String()), 0)
	result, _, _ := purego.SyscallN(n.handle, uintptr(unsafe.Pointer(&id[0])), uintptr(unsafe.Pointer(&device)))
	if int32(result) != 0 {
		return s
	}
	s.ClockMHz = askFor(n.clock, device, nvmlGraphicsClock)
	s.MemoryClockMHz = askFor(n.clock, device, nvmlMemoryClock)
	s.Celsius = askFor(n.temperature, device, nvmlTemperature)
	s.Watts = ask(n.power, device) / 1e3 // milliwatts
	return s
}

// ask is what a function writes of a device; 0 if it fails.
func ask(function, device uintptr) float64 {
	var v uint32
	result, _, _ := purego.SyscallN(function, device, uintptr(unsafe.Pointer(&v)))
	return written(result, v)
}

// askFor is ask with a kind of what is asked for.
func askFor(function, device, kind uintptr) float64 {
	var v uint32
	result, _, _ := purego.SyscallN(function, device, kind, uintptr(unsafe.Pointer(&v)))
	return written(result, v)
}

func written(result uintptr, v uint32) float64 {
	if int32(result) != 0 {
		return 0
	}
	return float64(v)
}
