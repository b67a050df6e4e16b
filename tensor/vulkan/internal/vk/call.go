//go:build !nogpu

package vk

import (
	"reflect"
	"runtime"

	"github.com/ebitengine/purego"
)

// Command is the address of a Vulkan function.
type Command uintptr

// Call calls it and returns its result. An argument is a number, a handle, a pointer,
// whose target lives until the call returns, or nil.
func (c Command) Call(args ...any) Result { return Result(int32(c.Address(args...))) }

// Make calls a function that makes something, with out as its last argument. After a
// failure *out is 0, whatever the driver has left there.
func (c Command) Make(what string, out *Handle, args ...any) error {
	err := c.Call(append(args, out)...).Check(what)
	if err != nil {
		*out = 0
	}
	return err
}

// Address calls a function that returns an address.
func (c Command) Address(args ...any) uintptr {
	var words [12]uintptr
	for i, a := range args {
		switch a := a.(type) {
		case nil:
		case int:
			words[i] = uintptr(a)
		case int64:
			words[i] = uintptr(a)
		case uint32:
			words[i] = uintptr(a)
		case uint64:
			words[i] = uintptr(a)
		case Handle:
			words[i] = uintptr(a)
		default:
			words[i] = reflect.ValueOf(a).Pointer() // which moves its target to the heap
		}
	}
	r, _, _ := purego.SyscallN(uintptr(c), words[:len(args)]...)
	runtime.KeepAlive(args)
	return r
}
