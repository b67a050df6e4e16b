package vk

import (
	"errors"
	"fmt"
)

// Result is a VkResult.
type Result int32

// The results that are told apart.
const (
	Success            Result = 0
	NotReady           Result = 1
	Timeout            Result = 2
	Incomplete         Result = 5
	OutOfHostMemory    Result = -1
	OutOfDeviceMemory  Result = -2
	InitFailed         Result = -3
	DeviceLost         Result = -4
	MemoryMapFailed    Result = -5
	LayerNotPresent    Result = -6
	NoExtension        Result = -7
	FeatureNotPresent  Result = -8
	IncompatibleDriver Result = -9
	TooManyObjects     Result = -10
)

var resultNames = map[Result]string{
	OutOfHostMemory: "out of host memory", OutOfDeviceMemory: "out of device memory", InitFailed: "initialization failed",
	DeviceLost: "the device was lost", MemoryMapFailed: "memory could not be mapped", LayerNotPresent: "a layer is missing",
	NoExtension: "an extension is missing", FeatureNotPresent: "a feature is missing",
	IncompatibleDriver: "no driver works", TooManyObjects: "too many objects",
}

// String is what the result means.
func (r Result) String() string {
	if name, ok := resultNames[r]; ok {
		return name
	}
	return fmt.Sprintf("VkResult %d", int32(r))
}

// Failure is a call that failed.
type Failure struct {
	What   string // was being done
	Result Result
}

// Error says what failed and how.
func (f *Failure) Error() string { return f.What + ": " + f.Result.String() }

// Check is nil, or the failure to do something.
func (r Result) Check(what string) error {
	if r >= Success {
		return nil
	}
	return &Failure{what, r}
}

// Is reports whether an error is a call that failed with that result.
func Is(err error, r Result) bool {
	var f *Failure
	return errors.As(err, &f) && f.Result == r
}
