package tensor

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Checker is a device whose kernels are compiled by a driver. Drivers have bugs, so its
// kernels can be compared with the Reference.
type Checker interface {
	// Check runs each kernel on small shapes, in about a second, and compares what comes
	// out. From then on the device refuses plans that need a kernel which is wrong. An
	// error says that there is no answer: the device was lost, say, or the context was
	// cancelled.
	Check(ctx context.Context) (SelfCheck, error)
	// Trust takes what an earlier Check has found in place of another.
	Trust(SelfCheck)
}

// SelfCheck is what a device's Check has found.
type SelfCheck struct {
	Key     string // Info.CheckKey: what it holds for
	When    time.Time
	Kernels int           // that were compared
	Wrong   []WrongKernel // those that are not used
}

// WrongKernel is a kernel that does not compute what it should.
type WrongKernel struct {
	Name string // "conv_weight"
	What string // was computed, and what came out: "Conv2d 3×3 is off by 0.52"
}

// Passed reports whether no kernel is wrong.
func (c SelfCheck) Passed() bool { return c.Kernels > 0 && len(c.Wrong) == 0 }

// String says it in a few words.
func (c SelfCheck) String() string {
	if len(c.Wrong) == 0 {
		return fmt.Sprintf("%d kernels compute what they should", c.Kernels)
	}
	var list []string
	for _, w := range c.Wrong {
		list = append(list, fmt.Sprintf("%s (%s)", w.Name, w.What))
	}
	return fmt.Sprintf("wrong kernels: %s", strings.Join(list, ", "))
}
