package cpu

import (
	"runtime"

	"golang.org/x/sys/unix"
)

func processorName() string {
	name, _ := unix.Sysctl("machdep.cpu.brand_string")
	return name
}

func totalMemory() int64 {
	n, _ := unix.SysctlUint64("hw.memsize")
	return int64(n)
}

// availableMemory is not known here: the system compresses and swaps.
func availableMemory() int64 { return 0 }

// usableCores is the number of fast cores: the slow ones would hold up each
// phase's end.
func usableCores() int {
	if n, err := unix.SysctlUint32("hw.perflevel0.physicalcpu"); err == nil && n > 0 {
		return int(n)
	}
	return runtime.NumCPU()
}
