//go:build !nogpu

package vulkan

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/ebitengine/purego"

	"resnet-tui/tensor/vulkan/internal/vk"
)

// spy stands between a device and its driver. It counts the calls of each function, lets
// one of them fail, and knows what the device has made and not destroyed.
type spy struct {
	t      *testing.T
	mu     sync.Mutex // of what changes while calls come
	errorf func(format string, a ...any)
	real   map[string]vk.Command
	calls  map[string]int
	live   map[object]bool
	fault  fault
	gone   string // a function that the driver does not have
}

// object is something that a driver made.
type object struct {
	kind   string
	handle uintptr
}

// fault is the nth call of a function, from 1, which fails with a result.
type fault struct {
	name   string
	nth    int
	result vk.Result
}

// spying is the spy whose device is open: functions of C's know no other way to find it.
var spying *spy

// newSpy begins to spy for the test's duration.
func newSpy(t *testing.T) *spy {
	t.Helper()
	s := &spy{t: t, errorf: t.Errorf, real: map[string]vk.Command{}, calls: map[string]int{}, live: map[object]bool{}}
	spying = s
	t.Cleanup(func() { spying = nil })
	return s
}

// open opens the device to test through the spy.
func (s *spy) open() (*device, error) {
	s.t.Helper()
	needDevice(s.t)
	in, err := connect()
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := in.choose(number(s.t))
	if err != nil {
		s.t.Fatal(err)
	}
	watched := *in
	s.real["GetDeviceProcAddr"], s.real["CreateDevice"] = in.GetDeviceProcAddr, in.CreateDevice
	watched.GetDeviceProcAddr = spyLookUp()
	watched.CreateDevice = through("CreateDevice")
	return newDevice(&watched, p)
}

// words are the arguments of any function.
type words [10]uintptr

// throughs are the spies' functions, which are never freed: one for each of Vulkan's.
var throughs = map[string]vk.Command{}

// through is a function that tells the spy, and then is Vulkan's of that name.
func through(name string) vk.Command {
	if throughs[name] == 0 {
		throughs[name] = vk.Command(purego.NewCallback(func(a, b, c, d, e, f, g, h, i, j uintptr) uintptr {
			return spying.call(name, words{a, b, c, d, e, f, g, h, i, j})
		}))
	}
	return throughs[name]
}

// spyLookUp is the spies' vkGetDeviceProcAddr.
func spyLookUp() vk.Command {
	if throughs["GetDeviceProcAddr"] == 0 {
		throughs["GetDeviceProcAddr"] = vk.Command(purego.NewCallback(func(device uintptr, name *byte) uintptr {
			return spying.lookUp(device, name)
		}))
	}
	return throughs["GetDeviceProcAddr"]
}

func (s *spy) lookUp(device uintptr, at *byte) uintptr {
	name := strings.TrimPrefix(textOf(at), "vk")
	s.real[name] = vk.Command(s.real["GetDeviceProcAddr"].Address(vk.Handle(device), at))
	if name == s.gone || s.real[name] == 0 {
		return 0
	}
	return uintptr(through(name))
}

// textOf is a string of C's.
func textOf(at *byte) string {
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(at), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(at, n))
}

// rubbish is what a driver may leave where a handle was to be, after a failure.
const rubbish = 0xbad0bad0

// call is a call of a function.
func (s *spy) call(name string, w words) uintptr {
	s.mu.Lock()
	s.calls[name]++
	nth := s.calls[name]
	made, out := makes(name)
	destroyed := destroys(name)
	gone := destroyed != "" && !s.destroy(destroyed, name, w)
	s.mu.Unlock()
	if gone {
		return 0
	}
	if f := s.fault; f.name == name && f.nth == nth {
		if out > 0 {
			*at(w[out]) = rubbish
		}
		return uintptr(uint32(f.result))
	}
	r, _, _ := purego.SyscallN(uintptr(s.real[name]), w[:]...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if made != "" && vk.Result(int32(r)) == vk.Success {
		s.live[object{made, *at(w[out])}] = true
	}
	return r
}

// destroy notes that an object goes, and reports whether it was there.
func (s *spy) destroy(kind, by string, w words) bool {
	handle := w[1]
	if kind == "Device" {
		handle = w[0]
	}
	if handle == 0 && kind != "Device" {
		return true
	}
	if o := (object{kind, handle}); s.live[o] {
		delete(s.live, o)
	} else {
		s.errorf("%s of what is no %s any more, or never was: %#x", by, strings.ToLower(kind), handle)
		return false
	}
	if kind == "Device" && len(s.live) > 0 {
		s.errorf("the device is closed while there are %v", s.live)
	}
	return true
}

// makes is the kind of object that a function makes, and which argument its handle is
// written to.
func makes(name string) (kind string, out int) {
	switch name {
	case "CreateComputePipelines":
		return "Pipeline", 5
	case "AllocateMemory":
		return "Memory", 3
	case "AllocateDescriptorSets", "AllocateCommandBuffers": // which go with their pools
		return "", 2
	}
	if kind, ok := strings.CutPrefix(name, "Create"); ok {
		return kind, 3
	}
	return "", 0
}

// destroys is the kind of object that a function destroys.
func destroys(name string) string {
	if name == "FreeMemory" {
		return "Memory"
	}
	kind, _ := strings.CutPrefix(name, "Destroy")
	if kind == name {
		return ""
	}
	return kind
}

// at is a place in memory that is not Go's to move.
func at(address uintptr) *uintptr { return *(**uintptr)(unsafe.Pointer(&address)) }

// deviceFunctions are the names of all functions of a device, and of those that can fail.
func deviceFunctions() (all, fallible []string) {
	typ := reflect.TypeFor[vk.DeviceCommands]()
	for i := range typ.NumField() {
		name := typ.Field(i).Name
		all = append(all, name)
		void := name == "GetDeviceQueue" || name == "GetBufferMemoryRequirements" || name == "UpdateDescriptorSets"
		for _, prefix := range []string{"Destroy", "Free", "Cmd"} {
			void = void || strings.HasPrefix(name, prefix)
		}
		if !void {
			fallible = append(fallible, name)
		}
	}
	return all, fallible
}

func (f fault) String() string { return fmt.Sprintf("%s, call %d: %v", f.name, f.nth, f.result) }
