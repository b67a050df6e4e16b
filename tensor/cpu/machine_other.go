//go:build !linux && !darwin

package cpu

import "runtime"

func processorName() string { return runtime.GOARCH }

// The memory is not known here.

func totalMemory() int64 { return 0 }

func availableMemory() int64 { return 0 }

func usableCores() int { return runtime.NumCPU() }
