//go:build !nogpu

package vk

import (
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// DebugUtils is the extension by which Vulkan's loader says what it finds wrong.
const DebugUtils = "VK_EXT_debug_utils"

// Errors is a structure for the chain of InstanceCreateInfo. With it, and the extension
// DebugUtils, vkCreateInstance leaves its errors to Heard, such as a driver that can't be
// loaded.
func Errors() *DebugUtilsMessengerCreateInfo {
	return &DebugUtilsMessengerCreateInfo{
		Head: Head{SType: TypeDebugUtilsMessenger}, Severity: severityError, Kinds: everyKind, Callback: listener(),
	}
}

// What messages are asked for.
const (
	severityError = 0x1000
	everyKind     = 7
)

// heard are the messages since the last call of Heard, each once.
var heard struct {
	sync.Mutex
	messages []string
}

// Heard returns the errors that there were since it was last called, each once.
func Heard() []string {
	heard.Lock()
	defer heard.Unlock()
	list := heard.messages
	heard.messages = nil
	return list
}

// listener is a function that C can call. The number of such functions is limited, and
// none is ever freed.
var listener = sync.OnceValue(func() uintptr {
	return purego.NewCallback(func(_, _ uint32, data *DebugUtilsMessage, _ uintptr) uint32 {
		heard.Lock()
		defer heard.Unlock()
		text := strings.TrimRight(textAt(data.Message), ".!\n")
		if len(heard.messages) < maxMessages && !slices.Contains(heard.messages, text) {
			heard.messages = append(heard.messages, text)
		}
		return 0
	})
})

// Bounds of what a driver may say.
const (
	maxMessages     = 32
	maxMessageBytes = 1000
)

// textAt is a string of C's.
func textAt(p *byte) string {
	if p == nil {
		return ""
	}
	n := 0
	for n < maxMessageBytes && *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}
